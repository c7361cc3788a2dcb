// Verdicts along training: one row for each checkpoint, as a table for programs and as a page with plots.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgb/certify/verdict.h"
#include "pgb/report/html.h"

namespace pgb {

// What a series keeps of a verdict. Reals are decimal text as in the verdict, "" where there is none.
struct SeriesRow {
  std::string file;            // of the parameters
  double step = 0;             // of training: the last number in the file's name, else its place in the list
  std::string problem_sha256;  // of the problem with these parameters
  std::string settings;        // what else the verdict depends on
  Answer answer = Answer::undecided;
  bool certified = false;
  std::string reason, explanation;
  std::string loss, gradient_norm;  // at the saved point
  std::string distance;  // from the saved point to the critical point found; "" where there is none
  std::string unperturbed_rank, rank, ambient;
  std::string pgb_value, gap, smallest_curvature;
  double seconds = 0;
};

SeriesRow series_row(const Verdict& verdict, const std::string& file, double step);

// One line of JSON without a line break at its end, schema "pgb-series/1"; and the inverse, which throws
// InputError with `where` for anything else.
std::string series_json(const SeriesRow& row);
SeriesRow read_series_row(const std::string& line, const std::string& where);

// A table with a line of names on top. Fields with commas, quotes or line breaks are quoted.
std::string series_csv(const std::vector<SeriesRow>& rows);

// A table in columns for a terminal.
std::string series_text(const std::vector<SeriesRow>& rows);

// A page: loss, gradient, rank, PGB value and gap, and smallest curvature against the step, and the rows.
std::string series_html(const std::vector<SeriesRow>& rows, const HtmlOptions& options = {});

}  // namespace pgb
