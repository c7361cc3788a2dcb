#include "pgb/flat/numerical_flats.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/model/graph.h"
#include "pgb/scalar/product.h"
#include "pgb/scalar/random.h"
#include "pgb/scalar/rounded.h"

namespace pgb {
namespace {

constexpr double kWork = 4e9;             // floating-point operations spent on factorisations, roughly
constexpr double kLargestTangents = 4e6;  // entries of the matrix of the families' tangents
constexpr double kOnTheFibre = 1e-29;     // residual, relative to the outputs, that counts as 0 in 113 bits
constexpr int kSteps = 16;                // of one correction
constexpr int kDirections = 4;

double norm(const Vector<double>& v) { return std::sqrt(dot(v.size(), v.data(), 1, v.data(), 1)); }

Vector<double> times(const Matrix<double>& a, const Vector<double>& v) {
  return multiply<double>(a, {v.data(), v.size(), 1}).data;
}

class FibreSearch {
 public:
  FibreSearch(const Problem& problem, const std::vector<FlatFamily>& families)
      : problem_(problem),
        families_(families),
        objective_(problem),
        rounded_(problem),
        z_(to_scalars<Quad>(problem.parameters)),
        start_(to_scalars<double>(problem.parameters)),
        at_z_(outputs(z_)) {
    for (const double z : start_) size_ = std::max(size_, std::abs(z));
    if (size_ == 0) size_ = 1;
    for (const Quad& phi : at_z_) scale_ = std::max(scale_, std::abs(to_double(phi)));
    if (scale_ == 0) scale_ = 1;
    with_r_ = rounded_.regularizer(start_) != 0;
    held_.assign(z_.size(), false);
    for (const QuadraticTerm& term : problem.regularizer) {
      for (std::size_t k = term.begin; k < term.end && !with_r_ && term.lambda != "0"; ++k) held_[k] = true;
    }
  }

  NumericalFlats run(std::uint64_t seed) {
    NumericalFlats result;
    const ApproxLeastSquares j(jacobian(start_));
    explained_ = tangents();
    const auto held = static_cast<std::size_t>(std::count(held_.begin(), held_.end(), true));
    const std::size_t known = j.rank() + explained_.cols + held;
    result.dimension = z_.size() > known ? z_.size() - known : 0;
    if (result.dimension == 0) return result;
    const Matrix<double> at_start = jacobian(start_);
    const std::vector<bool> cells = pattern(start_);
    DyadicRandom random(seed);
    for (int direction = 0; direction < kDirections; ++direction) {
      Vector<double> d = random.vector(z_.size());
      for (std::size_t k = 0; k < d.size(); ++k) d[k] = held_[k] ? 0 : d[k];
      // Twice, since the two projections commute only to rounding.
      for (int pass = 0; pass < 2; ++pass) {
        subtract(d, j.solve(times(at_start, d)));
        subtract(d, projected(d));
      }
      const double length = norm(d);
      if (!(length > 1e-8)) continue;
      for (double step = size_ / 8; step > 1e-4 * size_ && work_ > 0; step /= 32) {
        Vector<double> v = d;
        for (double& entry : v) entry *= step / length;
        auto flat = corrected(v);
        if (!flat || pattern(rounded(flat->point)) != cells) continue;
        result.flats.push_back(std::move(*flat));
        break;
      }
    }
    return result;
  }

 private:
  // Entries of Phi, then R.
  Vector<Quad> outputs(const Vector<Quad>& z) const {
    Vector<Quad> all = objective_.outputs(z).data;
    all.push_back(objective_.regularizer(z));
    return all;
  }

  // J, with grad R^T below it where R is not 0. Where R is 0 the penalised parameters have to stay 0: columns
  // of zeros.
  Matrix<double> jacobian(const Vector<double>& z) const {
    Matrix<double> j = rounded_.jacobian(z);
    if (!with_r_) {
      for (std::size_t k = 0; k < held_.size(); ++k) {
        if (held_[k]) std::fill_n(j.column(k), j.rows, 0.0);
      }
      return j;
    }
    const Vector<double> r = rounded_.regularizer_gradient(z);
    Matrix<double> both(j.rows + 1, j.cols);
    for (std::size_t c = 0; c < j.cols; ++c) {
      std::copy(j.column(c), j.column(c) + j.rows, both.column(c));
      both(j.rows, c) = r[c];
    }
    return both;
  }

  // An orthonormal basis of the families' tangents.
  Matrix<double> tangents() const {
    std::vector<Vector<double>> all;
    for (const FlatFamily& family : families_) {
      if (!family.keeps_regularizer) continue;
      for (Vector<double>& t : flat_tangents(family, start_)) all.push_back(std::move(t));
    }
    Matrix<double> columns(z_.size(), 0);
    for (const Vector<double>& t : all) {
      const double length = norm(t);
      if (length == 0) continue;
      for (const double entry : t) columns.data.push_back(entry / length);
      ++columns.cols;
    }
    return columns.cols == 0 ? columns : approx_range(columns);
  }

  Vector<double> projected(const Vector<double>& v) const {
    if (explained_.cols == 0) return Vector<double>(v.size(), 0);
    return times(explained_, multiply_tn<double>(explained_, {v.data(), v.size(), 1}).data);
  }

  static void subtract(Vector<double>& v, const Vector<double>& w) {
    for (std::size_t k = 0; k < v.size(); ++k) v[k] -= w[k];
  }

  // The signs of the arguments of piecewise activations.
  std::vector<bool> pattern(const Vector<double>& z) const {
    std::vector<bool> signs;
    const Graph* graph = problem_.model->graph();
    if (graph == nullptr) return signs;
    const auto values = graph->values<double>(z, rounded_.x());
    for (const GraphNode& node : graph->nodes()) {
      if (!node.op->has_cells() || node.inputs[0] == 0) continue;
      for (const double v : values[node.inputs[0] - 1].data) signs.push_back(v > 0);
    }
    return signs;
  }

  // From z + v to the fibre; nothing where that fails, or ends at z, or along the families.
  std::optional<NumericalFlat> corrected(const Vector<double>& v) {
    NumericalFlat flat;
    flat.point = z_;
    for (std::size_t k = 0; k < v.size(); ++k) flat.point[k] += Quad(v[k]);
    double last = 0;
    for (int step = 0; step < kSteps; ++step) {
      const Vector<Quad> now = outputs(flat.point);
      Vector<double> residual;
      flat.residual = 0;
      for (std::size_t e = 0; e < now.size(); ++e) {
        residual.push_back(to_double(Quad(now[e] - at_z_[e])));
        flat.residual = std::max(flat.residual, std::abs(residual[e]));
      }
      if (!std::isfinite(flat.residual)) return std::nullopt;
      work_ -= 4.0 * static_cast<double>(now.size()) * static_cast<double>(v.size()) *
               static_cast<double>(std::min(now.size(), v.size()));
      if (flat.residual <= kOnTheFibre * scale_)
        return moved(flat, norm(v)) ? std::optional(flat) : std::nullopt;
      if ((step > 1 && !(flat.residual < 0.5 * last)) || (step > 0 && work_ < 0)) return std::nullopt;
      last = flat.residual;
      if (!with_r_) residual.pop_back();
      const Vector<double> correction = ApproxLeastSquares(jacobian(rounded(flat.point))).solve(residual);
      for (std::size_t k = 0; k < v.size(); ++k) flat.point[k] -= Quad(correction[k]);
    }
    return std::nullopt;
  }

  bool moved(NumericalFlat& flat, double first) const {
    Vector<double> v;
    for (std::size_t k = 0; k < z_.size(); ++k) v.push_back(to_double(Quad(flat.point[k] - z_[k])));
    const double length = norm(v);
    for (const double entry : v) flat.distance = std::max(flat.distance, std::abs(entry));
    if (!(length > first / 2 && length < 2 * first)) return false;
    subtract(v, projected(v));
    return norm(v) > length / 2;
  }

  const Problem& problem_;
  const std::vector<FlatFamily>& families_;
  Objective<Quad> objective_;
  Objective<double> rounded_;
  Vector<Quad> z_;
  Vector<double> start_;
  Vector<Quad> at_z_;
  Matrix<double> explained_;
  double size_ = 0, scale_ = 0;
  double work_ = kWork;     // that is left for corrections
  bool with_r_ = false;     // R is not 0
  std::vector<bool> held_;  // parameters that have to stay 0 with R
};

}  // namespace

NumericalFlats approx_numerical_flats(const Problem& problem, const std::vector<FlatFamily>& families,
                                      const NumericalFlatOptions& options) {
  const auto rows = static_cast<double>(problem.ambient() + 1),
             n = static_cast<double>(problem.model->parameters());
  double tangents = 0;
  for (const FlatFamily& family : families) tangents += n * static_cast<double>(family.dimension);
  const double small = std::min(rows, n), bytes = 8 * (2 * rows * n + 2 * tangents);
  NumericalFlats none;
  const auto skip = [&](const std::string& why) {
    none.skipped = Skipped{"numerical flats", why};
    return none;
  };
  const std::string matrix = "a " + std::to_string(problem.ambient()) + " x " +
                             std::to_string(problem.model->parameters()) + " matrix";
  if (4 * small * rows * n > kWork) return skip(matrix + " would be factored");
  if (tangents > kLargestTangents) {
    return skip("the tangents of the exact families have " +
                std::to_string(static_cast<std::size_t>(tangents)) + " entries");
  }
  if (bytes > static_cast<double>(options.max_memory))
    return skip(matrix + " does not fit the memory allowed");
  return FibreSearch(problem, families).run(options.seed);
}

}  // namespace pgb
