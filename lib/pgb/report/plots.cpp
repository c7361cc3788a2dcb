// The plots of a verdict: what is drawn, and the same in words.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/report/svg.h"

namespace pgb::report {
namespace {

constexpr double double_precision = -16;  // log10

// Beyond these no axis can be drawn: log10 of a magnitude, and a step or loss.
constexpr double most_log = 1e9, most_value = 1e300;

std::vector<double> drawable_logs(const std::vector<double>& values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](double v) { return std::abs(v) < most_log; });
  return out;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// The least of {1, 2, 5} 10^k (or of `leads`) with at most `count` steps over `range`, which is positive and
// not near the ends of the range of a double.
double nice_step(double range, int count, const std::vector<double>& leads) {
  double unit = std::pow(10.0, std::floor(std::log10(range / count)));
  for (;; unit *= 10) {
    for (const double lead : leads) {
      if (lead * unit * count >= range) return lead * unit;
    }
  }
}

void add_ticks(PlotAxis& axis, double step) {
  const double first = std::ceil(axis.low / step - 1e-9), last = std::floor(axis.high / step + 1e-9);
  for (double k = first; k <= last; ++k)
    axis.ticks.emplace_back(k * step, rounded(k * step, Notation::typeset));
}

// 1 … ambient, the last tick at ambient itself.
PlotAxis count_axis(std::size_t ambient) {
  PlotAxis axis;
  axis.high = static_cast<double>(ambient);
  const double step = std::max(1.0, nice_step(axis.high, 5, {1, 2, 5}));
  for (double k = 0; k <= axis.high * 0.86; k += step) {
    axis.ticks.emplace_back(k, count_text(static_cast<std::size_t>(k)));
  }
  axis.ticks.emplace_back(axis.high, "N = " + count_text(ambient));
  axis.label = "number of the value, largest first";
  return axis;
}

PlotAxis log_axis(double low) {
  PlotAxis axis;
  axis.low = low;
  axis.high = 0;
  const double step = std::max(1.0, nice_step(-low, 6, {1, 2, 4, 8}));
  for (double k = 0; k >= low - 1e-9; k -= step) axis.ticks.emplace_back(k, power_of_ten(std::lround(k)));
  axis.label = "size relative to the largest";
  return axis;
}

// An axis over the values times 10^-e, with 10^e in its label where the values are far from 1.
struct ScaledAxis {
  PlotAxis axis;
  double unit = 1;
};

ScaledAxis scaled_axis(double low, double high, const std::string& name) {
  ScaledAxis out;
  const double size = std::max(std::abs(low), std::abs(high));
  const long exponent = size > 0 ? std::max(-300L, std::lround(std::floor(std::log10(size)))) : 0;
  const bool far = exponent < -2 || exponent > 3;
  if (far) out.unit = std::pow(10.0, static_cast<double>(exponent));
  out.axis.label = far ? name + ", in units of " + power_of_ten(exponent) : name;
  out.axis.low = low / out.unit;
  out.axis.high = high / out.unit;
  if (!(out.axis.low < out.axis.high)) out.axis.high = out.axis.low + 1;
  add_ticks(out.axis, nice_step(out.axis.high - out.axis.low, 5, {1, 2, 5}));
  return out;
}

// Powers of ten between low and high, both log10.
PlotAxis powers_axis(double low, double high, const std::string& label) {
  PlotAxis axis;
  axis.low = std::floor(low);
  axis.high = std::max(std::ceil(high), axis.low + 1);
  axis.label = label;
  const double step = std::max(1.0, nice_step(axis.high - axis.low, 6, {1, 2, 5}));
  for (double k = std::ceil(axis.low / step); k * step <= axis.high; ++k) {
    axis.ticks.emplace_back(k * step, power_of_ten(std::lround(k * step)));
  }
  return axis;
}

// "loss: 12 points, from 3.1 to 0.2, between 0.1 and 3.2."
std::string in_words(const PlotSeries& series, const std::string& name) {
  const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [low, high] = std::minmax_element(series.points.begin(), series.points.end(), less);
  const auto text = [](double v) { return rounded(v, Notation::typeset, 3); };
  std::string out = capitalised(printable(series.label.empty() ? name : series.label)) + ": " +
                    counted(series.points.size(), "point");
  if (low->second == high->second) return out + " at " + text(low->second) + ".";
  return out + ", from " + text(series.points.front().second) + " to " + text(series.points.back().second) +
         ", between " + text(low->second) + " and " + text(high->second) + ".";
}

}  // namespace

std::optional<Plot> line_plot(const LinePlot& data) {
  Plot plot;
  plot.id = data.id;
  plot.title = data.title;
  double x_low = most_value, x_high = -most_value, y_low = most_value, y_high = -most_value;
  for (PlotSeries series : data.series) {
    const auto drawable = [&](const auto& p) {
      return std::abs(p.first) < most_value && std::abs(p.second) < most_value &&
             (!data.logarithmic || p.second > 0);
    };
    const auto dropped = [&](const auto& p) { return !drawable(p); };
    series.points.erase(std::remove_if(series.points.begin(), series.points.end(), dropped),
                        series.points.end());
    if (series.points.empty()) continue;
    plot.description += (plot.description.empty() ? "" : " ") + in_words(series, data.y_label);
    for (auto& [x, y] : series.points) {
      if (data.logarithmic) y = std::log10(y);
      x_low = std::min(x_low, x);
      x_high = std::max(x_high, x);
      y_low = std::min(y_low, y);
      y_high = std::max(y_high, y);
    }
    plot.series.push_back(std::move(series));
  }
  if (plot.series.empty() && !data.shades) return std::nullopt;
  if (!data.description.empty()) plot.description = data.description;
  std::vector<double> x_range = data.x_range;
  if (data.shades) {
    x_range.insert(x_range.end(), {data.shades->x.first, data.shades->x.second});
    y_low = std::min(y_low, data.shades->y.first);
    y_high = std::max(y_high, data.shades->y.second);
  }
  for (const double x : x_range) {
    x_low = std::min(x_low, x);
    x_high = std::max(x_high, x);
  }
  const double size = std::max(std::abs(y_low), std::abs(y_high));
  const double margin = data.shades      ? 0
                        : y_high > y_low ? 0.06 * (y_high - y_low)
                        : size > 0       ? 0.5 * size
                                         : 0.5;
  const ScaledAxis x = data.x_powers ? ScaledAxis{powers_axis(x_low, x_high, data.x_label), 1}
                                     : scaled_axis(x_low, x_high, data.x_label);
  const ScaledAxis y = data.logarithmic || data.y_powers
                           ? ScaledAxis{powers_axis(y_low, y_high, data.y_label), 1}
                           : scaled_axis(y_low - margin, y_high + margin, data.y_label);
  for (PlotSeries& series : plot.series) {
    for (auto& [px, py] : series.points) {
      px /= x.unit;
      py /= y.unit;
    }
  }
  plot.shades = data.shades;
  if (plot.shades) {
    for (double* end : {&plot.shades->x.first, &plot.shades->x.second}) *end /= x.unit;
    for (double* end : {&plot.shades->y.first, &plot.shades->y.second}) *end /= y.unit;
  }
  plot.x = x.axis;
  plot.y = y.axis;
  return plot;
}

std::optional<Plot> spectrum_plot(const std::vector<Spectrum>& spectra, std::size_t ambient,
                                  const std::string& id) {
  Plot plot;
  plot.id = id;
  plot.title = "Spectrum of the span of gradients";
  double low = double_precision - 2;
  std::size_t most = std::max<std::size_t>(ambient, 1);
  for (const Spectrum& spectrum : spectra) {
    const std::vector<double> values = drawable_logs(spectrum.magnitudes);
    if (values.empty()) continue;
    const double largest = *std::max_element(values.begin(), values.end());
    const double least = *std::min_element(values.begin(), values.end()) - largest;
    PlotSeries series;
    series.style = plot.series.size();
    series.label = printable(spectrum.label) + " (" + std::to_string(spectrum.precision_bits) + " bits" + ")";
    for (std::size_t k = 0; k < values.size(); ++k) {
      series.points.emplace_back(static_cast<double>(k + 1), values[k] - largest);
    }
    plot.description += (plot.description.empty() ? "" : " ") + capitalised(printable(spectrum.label)) +
                        ": " + counted(values.size(), "value") + ", the smallest " +
                        power_of_ten(std::lround(least)) + " times the largest.";
    low = std::min(low, std::floor(least * 1.03));
    most = std::max(most, values.size());
    plot.series.push_back(std::move(series));
  }
  if (plot.series.empty()) return std::nullopt;
  plot.x = count_axis(most);
  plot.y = log_axis(low);
  plot.level = PlotLevel{double_precision, "double precision, " + power_of_ten(-16)};
  return plot;
}

std::optional<Plot> slice_plot(const Verdict::Slice& slice, const std::string& id) {
  std::vector<std::pair<double, double>> points;
  for (const auto& [t, value] : slice.points) {
    if (std::abs(t) < most_value && std::abs(value) < most_value) points.emplace_back(t, value);
  }
  std::sort(points.begin(), points.end());
  if (points.size() < 2) return std::nullopt;
  const auto nearer = [](const auto& a, const auto& b) { return std::abs(a.first) < std::abs(b.first); };
  const std::pair<double, double> origin = *std::min_element(points.begin(), points.end(), nearer);
  double low = 0, high = 0;
  for (auto& [t, value] : points) {
    value -= origin.second;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  Plot plot;
  plot.id = id;
  plot.title = "Loss: " + printable(slice.label);
  const double margin = 0.06 * (high - low);
  const ScaledAxis x = scaled_axis(points.front().first, points.back().first, "step t");
  const ScaledAxis y = scaled_axis(low - margin, high + margin, "Q(t) − Q(0)");
  plot.x = x.axis;
  plot.y = y.axis;
  plot.description = counted(points.size(), "point") + " for t from " +
                     rounded(points.front().first, Notation::typeset, 3) + " to " +
                     rounded(points.back().first, Notation::typeset, 3) + "; Q(t) − Q(0) lies between " +
                     rounded(low, Notation::typeset, 3) + " and " + rounded(high, Notation::typeset, 3) + ".";
  for (auto& [t, value] : points) {
    t /= x.unit;
    value /= y.unit;
  }
  plot.series.push_back({"", std::move(points), 1, Marks::none});
  plot.series.push_back({"", {{origin.first / x.unit, 0}}, 1, Marks::automatic});
  plot.level = PlotLevel{0, ""};
  return plot;
}

}  // namespace pgb::report
