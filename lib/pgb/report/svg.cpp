#include "pgb/report/svg.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "pgb/report/plain_text.h"

namespace pgb::report {
namespace {

constexpr double width = 480, left = 56, right = 28, bottom = 46, plot_height = 226, row = 19;
constexpr std::size_t most_points = 400, most_markers = 40;

std::string coordinate(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, 1);
  std::string out = error == std::errc() ? std::string(buffer, end) : "0";
  if (out.size() > 2 && out.compare(out.size() - 2, 2, ".0") == 0) out.resize(out.size() - 2);
  return out == "-0" ? "0" : out;
}

std::string point(double x, double y) { return coordinate(x) + ',' + coordinate(y); }

std::string line(const std::string& style, double x1, double y1, double x2, double y2) {
  return "<path class=\"" + style + "\" d=\"M" + point(x1, y1) + 'L' + point(x2, y2) + "\"/>\n";
}

std::string words(const std::string& style, double x, double y, const std::string& text) {
  return "<text class=\"" + style + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\">" +
         escape_markup(text) + "</text>\n";
}

std::string series_class(const PlotSeries& series) { return "series-" + std::to_string(series.style % 4); }

// Circles for even styles, squares for odd ones: series differ by more than their colour.
std::string marker(const PlotSeries& series, double x, double y) {
  const std::string style = " class=\"marker " + series_class(series) + '"';
  if (series.style % 2 == 0)
    return "<circle" + style + " cx=\"" + coordinate(x) + "\" cy=\"" + coordinate(y) + "\" r=\"3\"/>\n";
  return "<rect" + style + " x=\"" + coordinate(x - 2.7) + "\" y=\"" + coordinate(y - 2.7) +
         "\" width=\"5.4\" height=\"5.4\"/>\n";
}

class Canvas {
 public:
  explicit Canvas(const Plot& plot) : plot_(plot) {
    const auto named = [](const PlotSeries& s) { return !s.label.empty(); };
    top_ = row * (1.8 + static_cast<double>(std::count_if(plot.series.begin(), plot.series.end(), named)));
  }

  std::string draw() const {
    const std::string id = escape_markup(plot_.id);
    return "<svg class=\"plot\" viewBox=\"0 0 " + coordinate(width) + ' ' +
           coordinate(top_ + plot_height + bottom) + "\" role=\"img\" aria-labelledby=\"" + id + "-title " +
           id + "-desc\">\n<title id=\"" + id + "-title\">" + escape_markup(plot_.title) +
           "</title>\n<desc id=\"" + id + "-desc\">" + escape_markup(plot_.description) + "</desc>\n" +
           legend() + axes() + level() + curves() + "</svg>\n";
  }

 private:
  double x(double value) const {
    const double t = (value - plot_.x.low) / (plot_.x.high - plot_.x.low);
    return left + std::clamp(t, 0.0, 1.0) * (width - left - right);
  }
  double y(double value) const {
    const double t = (value - plot_.y.low) / (plot_.y.high - plot_.y.low);
    return top_ + (1 - std::clamp(t, 0.0, 1.0)) * plot_height;
  }

  std::string legend() const {
    std::string out;
    double at = row * 0.7;
    for (const PlotSeries& series : plot_.series) {
      if (series.label.empty()) continue;
      out += line("curve " + series_class(series), left, at - 4, left + 30, at - 4);
      out += marker(series, left + 15, at - 4) + words("legend", left + 38, at, series.label);
      at += row;
    }
    return out;
  }

  std::string axes() const {
    const double floor = top_ + plot_height;
    std::string out = words("label", 0, top_ - row * 0.7, plot_.y.label);
    for (const auto& [value, label] : plot_.y.ticks) {
      out += line("grid", left, y(value), width - right, y(value)) +
             words("tick end", left - 7, y(value) + 4, label);
    }
    for (const auto& [value, label] : plot_.x.ticks) {
      out += line("axis", x(value), floor, x(value), floor + 4) +
             words("tick middle", x(value), floor + 17, label);
    }
    return out + line("axis", left, floor, width - right, floor) +
           words("label end", width - right, floor + 38, plot_.x.label);
  }

  std::string level() const {
    if (!plot_.level) return "";
    const double at = y(plot_.level->y);
    const std::string& label = plot_.level->label;
    return line("level", left, at, width - right, at) +
           (label.empty() ? "" : words("tick end halo", width - right, at - 5, label));
  }

  std::string curves() const {
    std::string out;
    for (const PlotSeries& series : plot_.series) {
      const auto& points = series.points;
      if (points.empty()) continue;
      const std::size_t count = std::min(points.size(), most_points);
      std::string path, markers;
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t at = count == 1 ? 0 : k * (points.size() - 1) / (count - 1);
        const double px = x(points[at].first), py = y(points[at].second);
        path += (k == 0 ? "M" : "L") + point(px, py);
        const bool last = k + 1 == count;
        const bool marked = points.size() <= most_markers || last;
        if (marked && series.marks == Marks::automatic) markers += marker(series, px, py);
      }
      if (count > 1) out += "<path class=\"curve " + series_class(series) + "\" d=\"" + path + "\"/>\n";
      out += markers;
    }
    return out;
  }

  const Plot& plot_;
  double top_ = 0;
};

}  // namespace

std::string plot_svg(const Plot& plot) { return Canvas(plot).draw(); }

}  // namespace pgb::report
