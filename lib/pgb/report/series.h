// Verdicts along training, one row for each checkpoint, as tables and as a page with plots.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgb/report/html.h"
#include "pgb/search/checkpoints/row.h"

namespace pgb {

// A table with a line of names on top. Fields with commas, quotes or line breaks are quoted.
std::string series_csv(const std::vector<SeriesRow>& rows);

// A table in columns for a terminal.
std::string series_text(const std::vector<SeriesRow>& rows);

// A page: loss, gradient, rank, PGB value and gap, and smallest curvature against the step, and the rows.
std::string series_html(const std::vector<SeriesRow>& rows, const HtmlOptions& options = {});

}  // namespace pgb
