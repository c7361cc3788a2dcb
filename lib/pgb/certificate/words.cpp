#include "pgb/certificate/certificate.h"

namespace pgb::certificate {
namespace {

std::string place(const Point& p) {
  return p.form == Point::Form::saved ? "the saved parameters" : "the given point";
}

std::string box(const Point& center, const Number& radius) {
  return "within sup-norm distance " + radius + " of " + place(center);
}

std::string words(const NotCritical& c) {
  return "no point " + box(c.center, c.radius) + " is a critical point of Q, hence none is a local minimum";
}

std::string words(const FlatDirection& c) {
  return "not a local minimum: " + place(c.center) +
         "; a flat segment starts there along which Q stays the same and, arbitrarily "
         "near, its gradient is not 0 (PGB is violated)";
}

std::string words(const NoLocalMinimum& c) {
  return "no point " + box(c.center, c.radius) + " is a local minimum of Q with its added neurons";
}

std::string words(const CriticalPoint& c) {
  const std::string pinned =
      c.pinned.empty() ? "" : " with the same " + std::to_string(c.pinned.size()) + " pinned parameters";
  return "a critical point of Q lies " + box(c.center, c.radius) + ", the only one within " +
         c.uniqueness_radius + pinned +
         (c.strict_minimum ? "; it is a strict local minimum" +
                                 std::string(c.pinned.empty() ? "" : " modulo the symmetries listed")
                           : "") +
         (c.saddle ? "; it is not a local minimum, for Q has negative curvature there in one direction" : "");
}

std::string words(const InterpolatingMinimum& c) {
  return "a global minimum of Q lies " + box(c.center, c.radius) +
         ", where every distinct input has its target (the mean, where there are several) as output";
}

std::string words(const NoSuboptimalLocalMinimum& c) {
  return "every local minimum of Q " + box(c.center, c.radius) + " is a global one";
}

std::string words(const NegativeCurvature& c) {
  return "no point " + box(c.center, c.radius) +
         " is a local minimum of Q, which has negative curvature there in one direction";
}

std::string words(const SpanOrthogonal& c) {
  const char* space = c.space == SpanOrthogonal::Space::functions_of_x ? "all functions of x"
                      : c.space == SpanOrthogonal::Space::affine_in_x  ? "all affine functions of x"
                                                                       : "all linear functions of x";
  return "a global minimum of Q: " + place(c.center) + "; the derivatives of the losses are orthogonal to " +
         space + ", and no outputs of the model are anything else";
}

std::string words(const LowerValue& c) {
  return "Q is lower at " + place(c.other) + " (other) than at every point " + box(c.center, c.radius);
}

std::string words(const Rank& c) {
  return "the Jacobian matrix of the outputs at " + place(c.center) + " has rank at least " +
         std::to_string(c.at_least);
}

}  // namespace

std::string in_words(const Claim& claim) {
  return std::visit([](const auto& c) { return words(c); }, claim);
}

}  // namespace pgb::certificate
