// All critical points, or local minima, of a small problem in a box of parameters: a list that is proved
// complete.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/certificate/certificate.h"
#include "pgb/certify/boxes/search.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"

namespace pgb {

struct ExhaustiveOptions {
  // |z_k| <= box for every parameter: one number, or n.
  Vector<double> box{5};
  // Critical points can be listed where they are isolated; local minima also where surfaces of critical
  // points belong to units that are off, and with added neurons. See docs/theory.md, "Regions and boxes".
  boxes::Subject subject = boxes::Subject::local_minima;
  std::size_t max_boxes = 1'000'000;  // looked at in all
  double min_width = 1e-6;            // relative to the box: narrower parts stay undecided
  int threads = 1;                    // the result is the same for any number
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const boxes::SearchProgress&)> progress;
  // Called after `checkpoint_boxes` boxes, and after a quarter more each time, with what `resume` takes.
  std::function<void(const std::string& state)> checkpoint;
  std::size_t checkpoint_boxes = 20'000;
  std::string
      resume;  // the state of an unfinished search of the same problem, box and subject; "": from the start
};

struct ExhaustivePoint {
  boxes::IsolatedPoint point;
  double value_low = 0, value_high = 0;  // enclose Q there
  bool suboptimal = false;               // proven: another one listed has a lower value
};

struct ExhaustiveResult {
  enum class Status {
    complete,   // proven: the points listed are all there are in the box
    undecided,  // proven: all others are in the undecided boxes
    stopped     // the same, ended early
  };
  Status status = Status::undecided;
  std::vector<ExhaustivePoint> points;  // by value
  std::vector<boxes::UndecidedBox> undecided;
  double undecided_volume = 0;  // part of the box's volume, approx
  std::size_t examined = 0;
  std::string difficulty;  // what could not be excluded in the first undecided box
  std::string statement;   // what is proved, in words
  // For `--certificate` and pgbverify; of a problem without a digest nothing is written. Its text is also
  // what `resume` takes.
  certificate::Certificate proof;

  // Local minima (strict ones, at isolated points); and those among them that are proven not to be global.
  std::size_t minima() const;
  std::size_t suboptimal_minima() const;
};

// Throws InputError where the model does not allow a search (see boxes::can_search), or the state is of
// another problem, box or subject.
ExhaustiveResult exhaustive_search(const Problem& problem, const ExhaustiveOptions& options = {});

}  // namespace pgb
