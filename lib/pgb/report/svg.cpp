#include "pgb/report/svg.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"

namespace pgb::report {
namespace {

constexpr double width = 480, left = 56, right = 28, bottom = 46, plot_height = 226, row = 19;
constexpr std::size_t most_points = 400, most_markers = 40, shade_levels = 12;

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
    const auto rows = std::count_if(plot.series.begin(), plot.series.end(), named) + (plot.shades ? 1 : 0);
    top_ = row * (1.8 + static_cast<double>(rows));
    if (plot.shades && !plot.shades->values.empty()) {
      const auto& values = plot.shades->values;
      low_ = *std::min_element(values.begin(), values.end());
      high_ = *std::max_element(values.begin(), values.end());
    }
  }

  std::string draw() const {
    const std::string id = escape_markup(plot_.id);
    return "<svg class=\"plot\" viewBox=\"0 0 " + coordinate(width) + ' ' +
           coordinate(top_ + plot_height + bottom) + "\" role=\"img\" aria-labelledby=\"" + id + "-title " +
           id + "-desc\">\n<title id=\"" + id + "-title\">" + escape_markup(plot_.title) +
           "</title>\n<desc id=\"" + id + "-desc\">" + escape_markup(plot_.description) + "</desc>\n" +
           legend() + shades() + axes() + level() + curves() + "</svg>\n";
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
    return plot_.shades ? out + shade_legend(at) : out;
  }

  // `outline` holds rectangles.
  static std::string shade(std::size_t level, const std::string& outline) {
    const double opacity = static_cast<double>(level) / static_cast<double>(shade_levels);
    return "<path class=\"shade\" fill-opacity=\"" + rounded(opacity, Notation::plain, 2) + "\" d=\"" +
           outline + "\"/>\n";
  }

  static std::string rectangle(double x1, double y1, double x2, double y2) {
    return 'M' + point(x1, y1) + 'H' + coordinate(x2) + 'V' + coordinate(y2) + 'H' + coordinate(x1) + 'Z';
  }

  std::size_t shade_level(double value) const {
    const double share = high_ > low_ ? (value - low_) / (high_ - low_) : 0;
    return std::min(shade_levels - 1, static_cast<std::size_t>(share * static_cast<double>(shade_levels)));
  }

  // The levels in a row, with the values at both ends.
  std::string shade_legend(double at) const {
    constexpr double step = 8;
    std::string out;
    for (std::size_t level = 0; level < shade_levels; ++level) {
      const double from = left + step * static_cast<double>(level);
      out += shade(level, rectangle(from, at - 10, from + step, at));
    }
    return out + words("legend", left + step * static_cast<double>(shade_levels) + 8, at,
                       plot_.shades->label + ", " + rounded(low_, Notation::typeset, 3) + " to " +
                           rounded(high_, Notation::typeset, 3));
  }

  // One rectangle for each run of cells of one level in a row of the grid.
  std::string shades() const {
    if (!plot_.shades || plot_.shades->values.empty()) return "";
    const PlotShades& grid = *plot_.shades;
    const auto edge = [](const std::pair<double, double>& range, std::size_t cells, std::size_t k) {
      const double step = cells > 1 ? (range.second - range.first) / static_cast<double>(cells - 1) : 0;
      return range.first + step * (static_cast<double>(k) - 0.5);
    };
    std::vector<std::string> outlines(shade_levels);
    for (std::size_t j = 0; j < grid.rows; ++j) {
      const double above = y(edge(grid.y, grid.rows, j + 1)), below = y(edge(grid.y, grid.rows, j));
      for (std::size_t i = 0; i < grid.columns;) {
        const std::size_t level = shade_level(grid.values[j * grid.columns + i]), first = i;
        while (i < grid.columns && shade_level(grid.values[j * grid.columns + i]) == level) ++i;
        outlines[level] +=
            rectangle(x(edge(grid.x, grid.columns, first)), above, x(edge(grid.x, grid.columns, i)), below);
      }
    }
    std::string out;
    for (std::size_t level = 0; level < shade_levels; ++level) {
      if (!outlines[level].empty()) out += shade(level, outlines[level]);
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
  double top_ = 0, low_ = 0, high_ = 0;  // of the shades
};

}  // namespace

std::string plot_svg(const Plot& plot) { return Canvas(plot).draw(); }

}  // namespace pgb::report
