#include <array>
#include <cstdio>

#include "pgb/certificate/certificate.h"
#include "pgb/io/exact_number.h"

namespace pgb::certificate {
namespace {

std::string place(const Point& p) {
  return p.form == Point::Form::saved ? "the saved parameters" : "the given point";
}

bool is_zero(const Number& number) { return io::canonical_rational(number) == "0"; }

// As written where that is short, with a few decimal digits of what nobody reads with ease.
std::string length(const Number& number) {
  constexpr std::size_t longest = 40;
  if (number.size() <= longest && number.find_first_of("xX/") == std::string::npos) return number;
  char text[64];
  std::snprintf(text, sizeof text, "about %.3g", io::nearest_double(io::canonical_rational(number)));
  return number.size() <= longest ? number + " (" + text + ")" : text;
}

std::string box(const Point& center, const Number& radius) {
  if (is_zero(radius)) return "at " + place(center);
  return "within sup-norm distance " + length(radius) + " of " + place(center);
}

// "no point of the box is such", or "the centre: not such" for a box of one point.
std::string nowhere(const Point& center, const Number& radius, const std::string& such) {
  return is_zero(radius) ? place(center) + ": not " + such
                         : "no point " + box(center, radius) + " is " + such;
}

std::string words(const NotCritical& c) {
  return nowhere(c.center, c.radius, "a critical point of Q") + ", hence not a local minimum";
}

std::string words(const FlatDirection& c) {
  return "not a local minimum: " + place(c.center) +
         "; a flat segment starts there along which Q stays the same and, arbitrarily "
         "near, its gradient is not 0 (the PGB condition is violated)";
}

std::string words(const NoLocalMinimum& c) {
  return nowhere(c.center, c.radius, "a local minimum of Q with its added neurons");
}

std::string words(const CriticalPoint& c) {
  const std::string held = std::to_string(c.pinned.size() + c.still.size());
  const bool smaller = !c.splits.empty();
  std::string text = "a critical point of Q lies " + box(c.center, c.radius) + ", the only one within " +
                     length(c.uniqueness_radius);
  if (held != "0") text += " with the same " + held + " pinned parameters";
  if (smaller) {
    text += " (distances in the smaller network, in which each of the " + std::to_string(c.splits.size()) +
            " split units is one with its twin), and so are all points that split it with other shares";
  }
  if (c.smaller_minimum) text += "; in the smaller network it is a strict local minimum";
  if (c.strict_minimum) {
    text += std::string("; it is a ") + (smaller ? "" : "strict ") + "local minimum";
    if (smaller) text += ", strict modulo the shares";
    if (!c.pinned.empty()) text += std::string(smaller ? " and" : " modulo") + " the symmetries listed";
  }
  if (c.maximum) {
    text += "; it is a local maximum of Q" +
            std::string(c.pinned.empty() ? "" : " in the parameters that are not pinned");
  }
  if (c.regular) text += "; it is regular, so the PGB condition holds there";
  if (c.isolated) {
    text += "; nearby the same outputs are found only at what symmetries" +
            std::string(smaller ? " and other shares" : "") + " make of it, so the PGB condition holds there";
  }
  if (c.saddle) text += "; it is not a local minimum, for Q has negative curvature there in one direction";
  return text;
}

std::string words(const InterpolatingMinimum& c) {
  return "a global minimum of Q lies " + box(c.center, c.radius) +
         ", where every distinct input has its target (the mean, where there are several) as output";
}

std::string words(const NoSuboptimalLocalMinimum& c) {
  return "every local minimum of Q " + box(c.center, c.radius) + " is a global one";
}

std::string words(const NegativeCurvature& c) {
  return nowhere(c.center, c.radius, "a local minimum of Q") +
         ": it has negative curvature there in one direction";
}

std::string words(const SpanOrthogonal& c) {
  using Space = SpanOrthogonal::Space;
  const char* space = c.space == Space::functions_of_x ? "all functions of x"
                      : c.space == Space::model        ? "all functions of x that the model can be"
                                                       : "all functions of x that the model is near it";
  return std::string("a ") + (c.space == Space::near ? "local" : "global") +
         " minimum of Q: " + place(c.center) + "; the derivatives of the losses are orthogonal to " + space +
         ", so the PGB condition holds there";
}

std::string words(const LevelSet& c) {
  return "a local minimum of Q lies " + box(c.center, c.radius) +
         ", on a surface of local minima with the same outputs, so the PGB condition holds there";
}

std::string words(const LowerValue& c) {
  return "Q is lower at " + place(c.other) + " (other) than at every point " + box(c.center, c.radius);
}

std::string words(const Rank& c) {
  return "the Jacobian matrix of the outputs has rank at least " + std::to_string(c.at_least) + " " +
         box(c.center, c.radius);
}

// "2 strict minima, 1 maximum"
std::string counted(const std::vector<CriticalPoint>& points) {
  std::array<std::size_t, 4> counts{};
  for (const CriticalPoint& p : points) ++counts[p.strict_minimum ? 0 : p.maximum ? 1 : p.saddle ? 2 : 3];
  constexpr std::array<std::array<const char*, 2>, 4> names{{{"strict local minimum", "strict local minima"},
                                                             {"local maximum", "local maxima"},
                                                             {"saddle", "saddles"},
                                                             {"of no known kind", "of no known kind"}}};
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(counts[i]) + ' ' + names[i][counts[i] == 1 ? 0 : 1];
  }
  return text;
}

std::string words(const BoxTree& c) {
  const char* subject = c.subject == BoxTree::Subject::critical_points ? "critical point"
                        : c.subject == BoxTree::Subject::local_minima
                            ? "local minimum"
                            : "local minimum that is not a global one";
  const std::string radius = c.radii.size() == 1 ? c.radii[0] : "";
  const std::string where = radius.empty() ? "in the box about " + place(c.center) : box(c.center, radius);
  std::string exceptions;
  if (!c.points.empty()) {
    exceptions =
        " other than the critical points listed (" + counted(c.points) + ", each the only one in its box)";
  }
  if (!c.undecided.empty()) {
    exceptions += std::string(exceptions.empty() ? " outside" : ", and outside") + " the " +
                  std::to_string(c.undecided.size()) + " undecided boxes";
  }
  if (exceptions.empty() && !radius.empty())
    return nowhere(c.center, radius, std::string("a ") + subject + " of Q");
  return "there is no " + std::string(subject) + " of Q " + where + exceptions;
}

}  // namespace

std::string in_words(const Claim& claim) {
  return std::visit([](const auto& c) { return words(c); }, claim);
}

}  // namespace pgb::certificate
