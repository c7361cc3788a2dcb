// Line plots as inline SVG. Colours and fonts come from the page's style sheet (classes `plot`, `series-0`,
// …), so that a plot follows its light or dark scheme.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/certify/verdict.h"

namespace pgb::report {

struct PlotAxis {
  double low = 0, high = 1;                           // low < high
  std::vector<std::pair<double, std::string>> ticks;  // position and label
  std::string label;                                  // with the unit
};

enum class Marks {
  automatic,  // every point where there are few, else the last
  none
};

struct PlotSeries {
  std::string label;  // "" keeps it out of the legend
  std::vector<std::pair<double, double>> points;
  std::size_t style = 0;  // 0 … 3: colour and form of the marks
  Marks marks = Marks::automatic;
};

// A horizontal line with words on it.
struct PlotLevel {
  double y = 0;
  std::string label;
};

// Values on a grid, drawn as shades below the curves: value (i, j) at values[j * columns + i], i along x and
// j along y, both upwards.
struct PlotShades {
  std::size_t columns = 0, rows = 0;
  std::pair<double, double> x, y;  // centres of the first and the last cell
  std::vector<double> values;      // finite
  std::string label;               // what the values are, with the unit
};

struct Plot {
  std::string id;                  // unique on the page
  std::string title, description;  // <title> and <desc>: the text alternative
  PlotAxis x, y;
  std::vector<PlotSeries> series;
  std::optional<PlotLevel> level;
  std::optional<PlotShades> shades;
};

// An <svg> element. Points outside the axes are moved to their edge; at most 400 points of a series are
// drawn.
std::string plot_svg(const Plot& plot);

// Magnitudes relative to the largest, log scale, against their number 1 … ambient, with a line at 1e-16.
// Absent where no spectrum has a finite magnitude.
std::optional<Plot> spectrum_plot(const std::vector<Spectrum>& spectra, std::size_t ambient,
                                  const std::string& id);

// Q(t) - Q(0) against t, where Q(0) is the value nearest to t = 0. Absent below two finite points.
std::optional<Plot> slice_plot(const Verdict::Slice& slice, const std::string& id);

// Curves over axes made to fit. With `logarithmic` the y axis is log10 and points with y <= 0 are left out.
// The description says of every series how many points it has, and between which values. Absent where no
// series has a point and there are no shades.
struct LinePlot {
  std::string id, title;
  std::string x_label, y_label;  // with units
  bool logarithmic = false;
  std::vector<PlotSeries> series;
  std::vector<double> x_range = {};         // values the x axis has to hold; it always holds the points
  bool x_powers = false, y_powers = false;  // the numbers given are base-10 logarithms
  std::string description = {};             // in place of that of the points
  std::optional<PlotShades> shades = {};    // the axes hold them as well
};
std::optional<Plot> line_plot(const LinePlot& data);

}  // namespace pgb::report
