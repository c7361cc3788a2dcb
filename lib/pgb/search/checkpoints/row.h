// One checkpoint's line in a table along training.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pgb/certify/verdict.h"

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

// The text fields of a row with their names, in the order of tables.
using SeriesField = std::pair<const char*, std::string SeriesRow::*>;
const std::vector<SeriesField>& series_fields();

}  // namespace pgb
