// Verdicts along training: many files of parameters of one problem, each checked in a process of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pgb/certify/check.h"
#include "pgb/model/problem.h"
#include "pgb/search/checkpoints/row.h"

namespace pgb {

struct Checkpoint {
  std::string file;
  double step = 0;  // the last number in the file's name: 1200 in "run3/step001200.pt"
};

// The files that match a shell pattern, in order of their steps; where one has no number all are numbered as
// they come. Throws InputError where none matches.
std::vector<Checkpoint> matching_checkpoints(const std::string& pattern);

struct CheckpointOptions {
  CheckOptions check;    // `threads` processes work side by side, each on one thread
  std::string settings;  // kept in the rows: what verdicts depend on besides the problem
  std::vector<SeriesRow>
      known;  // of an earlier run; used where file, settings and the problem's digest are the same
  std::function<void(std::size_t done, std::size_t of)> progress = {};
  std::function<void(const std::vector<SeriesRow>& so_far)> save = {};  // called after each row
};

struct CheckpointResult {
  std::vector<SeriesRow> rows;       // in the order of the checkpoints
  std::size_t kept = 0;              // of them known before
  std::vector<std::string> refused;  // checkpoints that could not be checked: one line each
  bool complete = false;             // a row for every checkpoint
};

// Loads every checkpoint before any is checked, so that bad input ends the call (InputError) before anything
// is saved. Processes are forked: call it from a program's only thread. `check.stop` ends it early; what was
// found is kept.
CheckpointResult check_checkpoints(const std::vector<Checkpoint>& checkpoints,
                                   const std::function<Problem(const std::string& file)>& load,
                                   const CheckpointOptions& options);

// The rows of a file that `series_lines` wrote; none where there is no such file. What a kill left half
// written at its end is dropped. Throws InputError for anything else.
std::vector<SeriesRow> read_series_file(const std::string& path);

// A line for each row.
std::string series_lines(const std::vector<SeriesRow>& rows);

}  // namespace pgb
