#include "stages.h"

#include <pybind11/stl.h>

#include <string>
#include <utility>

#include "convert.h"
#include "pgb/certify/critical_point.h"
#include "pgb/derivatives/objective.h"
#include "pgb/flat/family.h"
#include "pgb/scalar/precision.h"
#include "pgb/span/span.h"

namespace pgb::python {
namespace {

constexpr long kDouble = 53;

// Calls work(double()) up to 53 bits, and work(Real()) at the precision asked for beyond them.
template <class Work>
py::object at_precision(long bits, Work&& work) {
  if (bits <= kDouble) return work(double());
  const PrecisionScope scope(bits);
  return work(Real());
}

// Entries as an array, or as exact text where they are more than doubles.
py::object numbers(std::vector<double> values, std::vector<py::ssize_t> shape) {
  return array_of(std::move(values), std::move(shape));
}
py::object numbers(const std::vector<Real>& values, const std::vector<py::ssize_t>& shape) {
  return py::make_tuple(texts_of(values), py::cast(shape));
}
py::object number(double value) { return py::float_(value); }
py::object number(const Real& value) { return py::str(to_rational(value)); }

py::ssize_t size(std::size_t n) { return static_cast<py::ssize_t>(n); }

// d_y x m, column by column, is [m, d_y] row by row.
template <class S>
py::object samples_first(Matrix<S> a) {
  const std::vector<py::ssize_t> shape{size(a.cols), size(a.rows)};
  return numbers(std::move(a.data), shape);
}

template <class S>
py::object row_major(const Matrix<S>& a) {
  std::vector<S> values;
  values.reserve(a.data.size());
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.cols; ++j) values.push_back(a(i, j));
  }
  return numbers(std::move(values), {size(a.rows), size(a.cols)});
}

py::object value_gradient(const Problem& problem, const py::object& z, long bits) {
  return at_precision(bits, [&](auto kind) -> py::object {
    using S = decltype(kind);
    const auto result = Objective<S>(problem).value_gradient(point_of<S>(problem.parameters, z));
    return py::make_tuple(number(result.value), numbers(result.gradient, {size(result.gradient.size())}));
  });
}

py::object outputs(const Problem& problem, const py::object& z, long bits) {
  return at_precision(bits, [&](auto kind) -> py::object {
    using S = decltype(kind);
    return samples_first(Objective<S>(problem).outputs(point_of<S>(problem.parameters, z)));
  });
}

py::object output_gradient(const Problem& problem, const py::object& z, long bits) {
  return at_precision(bits, [&](auto kind) -> py::object {
    using S = decltype(kind);
    const Objective<S> objective(problem);
    return samples_first(objective.output_gradient(objective.outputs(point_of<S>(problem.parameters, z))));
  });
}

py::object jacobian(const Problem& problem, const py::object& z, long bits) {
  return at_precision(bits, [&](auto kind) -> py::object {
    using S = decltype(kind);
    return row_major(Objective<S>(problem).jacobian(point_of<S>(problem.parameters, z)));
  });
}

py::object hessian(const Problem& problem, const py::object& z, long bits) {
  return at_precision(bits, [&](auto kind) -> py::object {
    using S = decltype(kind);
    const Vector<S> point = point_of<S>(problem.parameters, z);
    return row_major(HessianOperator<S>(problem, point).dense());
  });
}

py::object hessian_product(const Problem& problem, const py::object& v, const py::object& z, long bits) {
  return at_precision(bits, [&](auto kind) -> py::object {
    using S = decltype(kind);
    const Vector<S> point = point_of<S>(problem.parameters, z);
    Vector<S> product = HessianOperator<S>(problem, point)(point_of<S>(problem.parameters, v));
    const std::vector<py::ssize_t> shape{size(product.size())};
    return numbers(std::move(product), shape);
  });
}

py::list families(const Problem& problem) {
  py::list out;
  for (const FlatFamily& family : flat_families(problem)) {
    py::dict entry;
    entry["kind"] = kind_name(family.kind);
    entry["where"] = family.where;
    entry["why_exact"] = family.why_exact;
    entry["dimension"] = family.dimension;
    entry["straight"] = family.straight;
    entry["symmetry"] = family.symmetry;
    entry["keeps_regularizer"] = family.keeps_regularizer;
    py::list basis;
    for (const SparseVector& v : family.basis) {
      py::dict direction;
      for (const SparseEntry& e : v) {
        direction[py::int_(e.parameter)] =
            e.exact.empty() ? py::object(py::float_(e.value)) : py::str(e.exact);
      }
      basis.append(direction);
    }
    entry["basis"] = basis;
    out.append(entry);
  }
  return out;
}

py::dict span(const Problem& problem, std::uint64_t seed) {
  SpanOptions options;
  options.seed = seed;
  PerturbedSpan span;
  {
    const py::gil_scoped_release release;
    span = perturbed_gradient_span(problem, flat_families(problem), options);
  }
  py::dict out;
  out["ambient"] = span.ambient();
  out["upper_bound"] = span.upper_bound();
  out["unperturbed_rank"] = span.unperturbed_rank();
  out["unperturbed_rank_certified"] = span.unperturbed_rank_certified();
  out["rank"] = span.rank();
  out["rank_certified"] = span.rank_certified();
  out["rank_reason"] = span.rank_reason();
  out["precision_bits"] = span.precision_bits();
  out["value"] = span.approx_value();
  py::list spectra;
  for (const Spectrum& spectrum : span.spectra()) {
    py::dict entry;
    entry["label"] = spectrum.label;
    entry["precision_bits"] = spectrum.precision_bits;
    entry["log10_magnitudes"] = array_of(spectrum.magnitudes, {size(spectrum.magnitudes.size())});
    spectra.append(entry);
  }
  out["spectra"] = spectra;
  return out;
}

py::dict critical_point(const Problem& problem, const py::object& center, int threads) {
  CriticalPointOptions options;
  options.threads = threads;
  const PrecisionScope scope(256);
  const Vector<Real> point = point_of<Real>(problem.parameters, center);
  CriticalPointProof proof;
  {
    const py::gil_scoped_release release;
    proof = certify_critical_point(problem, point, flat_families(problem), options);
  }
  py::dict out;
  out["exists"] = proof.exists;
  out["failure"] = proof.failure;
  if (!proof.exists) return out;
  out["existence_radius"] = proof.existence_radius;
  out["uniqueness_radius"] = proof.uniqueness_radius;
  out["center"] = numbers(to_scalars<Real>(proof.center), {size(proof.center.size())});
  out["pinned"] = proof.pinned;
  out["strict_minimum"] = proof.strict_minimum;
  out["saddle"] = proof.saddle;
  out["curvature_bound"] = proof.curvature_bound;
  out["precision_bits"] = proof.precision_bits;
  return out;
}

}  // namespace

void add_stages(py::module_& m) {
  m.def("value_gradient", &value_gradient);
  m.def("outputs", &outputs);
  m.def("output_gradient", &output_gradient);
  m.def("jacobian", &jacobian);
  m.def("hessian", &hessian);
  m.def("hessian_product", &hessian_product);
  m.def("flat_families", &families);
  m.def("perturbed_gradient_span", &span);
  m.def("certify_critical_point", &critical_point);
}

}  // namespace pgb::python
