// Branch and prune over a box of parameters: where critical points of Q are, and where none can be.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/certificate/box_tree.h"
#include "pgb/io/tensor.h"
#include "pgb/model/problem.h"

namespace pgb::boxes {

using Subject = certificate::BoxTree::Subject;

struct SearchProgress {
  std::size_t examined = 0, open = 0, points = 0;
  double decided = 0;  // of the box's volume
};

struct SearchOptions {
  Subject subject = Subject::local_minima;
  std::size_t max_boxes = 1'000'000;  // examined before the rest is left undecided
  double min_width =
      1e-6;  // boxes narrower than that in every coordinate, relative to the whole, stay undecided
  bool second_order = true;  // Hessian enclosures, critical points and exchanges of units; n up to 40
  // For suboptimal_local_minima: N columns of J that may be independent.
  std::vector<std::size_t> columns;
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;  // set it to end early; what is open stays undecided
  std::function<void(const SearchProgress&)> progress;
  // After `checkpoint_boxes` boxes, and after a quarter more each time: what has been proved so far, for
  // resume().
  std::function<void(certificate::BoxTree)> checkpoint;
  std::size_t checkpoint_boxes = 20'000;
};

// A critical point of Q that exists and is nondegenerate.
struct IsolatedPoint {
  enum class Kind { minimum, maximum, saddle, unclassified };
  Kind kind = Kind::unclassified;
  Vector<double> center;
  double radius = 0;             // it lies that near the centre (sup-norm) ...
  double uniqueness_radius = 0;  // ... and no other one in that box
  Vector<double> direction;      // of negative curvature there, for a saddle
};

struct UndecidedBox {
  Vector<double> low, high;
};

struct SearchResult {
  // Proven: all critical points (local minima, ...) in the box are among `points`, or in one of the undecided
  // boxes; with none of these the list is complete. The points are all there and differ.
  std::vector<IsolatedPoint> points;
  std::vector<UndecidedBox> undecided;
  double undecided_volume = 0;  // as a part of the box's, approx
  std::size_t examined = 0;     // boxes
  bool stopped = false;
  certificate::BoxTree claim;  // the proof; its undecided parts can be taken up again with resume()
  // Of an undecided box, or where the work ended, of one of the last that were cut: which inequality fails,
  // and by how much.
  std::string difficulty;

  bool complete() const { return undecided.empty(); }
};

// Whether the model is a graph of linear maps, elementwise operations, sums, products and concatenations,
// with the added neurons, if there are any, penalised as the theorem asks (every a, no b and W). If not `why`
// is the reason, a sentence without its end.
bool can_search(const Problem& problem, std::string* why = nullptr);

// The box |z_k - center_k| <= radii_k (one radius, or n), rounded outwards where its ends are no doubles.
// The result is the same for any number of threads. With added neurons (lambda > 0) only a = 0 is looked at,
// where every critical point lies; the subject must be minima then. Throws InputError where can_search() is
// false, std::invalid_argument for radii that do not fit.
SearchResult search_box(const Problem& problem, const io::Tensor& center, const Vector<double>& radii,
                        const SearchOptions& options = {});

// Goes on with the undecided parts of an earlier result of the same problem and subject.
SearchResult resume(const Problem& problem, const certificate::BoxTree& claim,
                    const SearchOptions& options = {});

}  // namespace pgb::boxes
