#include <algorithm>
#include <cstdio>

#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/search/family/family.h"

namespace pgb::search {
namespace {

using report::count_text;
using report::counted;

constexpr std::size_t kShownVariants = 20, kShownRows = 12;

std::string rounded(double x) { return report::rounded(x); }

std::string row_text(const io::Tensor& t, std::size_t i) {
  const std::size_t width = t.shape[0] == 0 ? 0 : t.size() / t.shape[0];
  std::string text;
  for (std::size_t c = 0; c < width && c < 6; ++c)
    text += (c == 0 ? "" : ", ") + rounded(t.values[i * width + c]);
  return '(' + text + (width > 6 ? ", ..." : "") + ')';
}

}  // namespace

std::string Draw::text() const {
  switch (kind) {
    case Kind::normal:
      return "normal with standard deviation " + rounded(scale);
    case Kind::uniform:
      return "uniform on [" + rounded(from) + ", " + rounded(to) + "]";
    case Kind::log_uniform:
      return std::string(positive ? "" : "of either sign, ") + "magnitudes log-uniform on [" + rounded(from) +
             ", " + rounded(to) + "]";
    case Kind::choice:
      break;
  }
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + rounded(value);
  return "one of " + text;
}

std::string explanation(const Family& family) {
  std::string text = "  " + report::printable(family.name) + '\n';
  for (const std::string& line : report::wrap(report::printable(family.about), 96)) {
    if (!family.about.empty()) text += "  " + line + '\n';
  }
  text += "  " + counted(family.problems(), "problem") + ", " + counted(family.starts, "start") + " each, " +
          count_text(family.problems() * family.starts) + " in all; seed " + std::to_string(family.seed) +
          "\n\n";
  for (std::size_t k = 0; k < family.variants.size() && k < kShownVariants; ++k) {
    const Variant& v = family.variants[k];
    text += "  " + report::pad_left(counted(v.problems, "problem"), 16) + "  " + report::printable(v.title) +
            ": " + counted(v.parameters, "parameter") + ", " +
            (v.population ? std::string("Gaussian inputs") : counted(v.data.samples(), "sample")) +
            "; starts " + v.start.draw.text() + '\n';
  }
  if (family.variants.size() > kShownVariants) {
    text += "  ... and " + counted(family.variants.size() - kShownVariants, "further variant") + '\n';
  }
  if (family.variants.front().population) return text;
  const io::ProblemFile first = family.problem(0).file;
  text += "\n  Data of the first problem, x and y\n";
  const std::size_t m = first.x.shape[0];
  for (std::size_t i = 0; i < m && i < kShownRows; ++i) {
    text += "    " + report::pad_right(row_text(first.x, i), 40) + row_text(first.y, i) + '\n';
  }
  if (m > kShownRows) text += "    ... and " + counted(m - kShownRows, "further sample") + '\n';
  return text;
}

}  // namespace pgb::search
