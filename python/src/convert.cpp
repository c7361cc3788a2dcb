#include "convert.h"

#include <cmath>
#include <utility>

#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"
#include "pgb/model/problem.h"

namespace pgb::python {
namespace {

void append_text(const std::string& text, const std::string& where, io::Tensor& tensor) {
  try {
    std::string exact = io::canonical_rational(text);
    const double nearest = io::nearest_double(exact);
    if (!std::isfinite(nearest)) io::fail(where, "a number in the range of double", io::in_quotes(text));
    if (!io::is_double(exact)) tensor.exact[tensor.values.size()] = std::move(exact);
    tensor.values.push_back(nearest);
  } catch (const InputError& error) {
    const std::string message = error.what();
    throw InputError(message.rfind(where, 0) == 0 ? message : where + ": " + message);
  }
}

}  // namespace

io::Tensor tensor_of(const py::handle& values, const std::string& where) {
  const py::module_ numpy = py::module_::import("numpy");
  const py::array any = numpy.attr("asarray")(values);
  io::Tensor tensor;
  for (py::ssize_t axis = 0; axis < any.ndim(); ++axis) {
    tensor.shape.push_back(static_cast<std::size_t>(any.shape(axis)));
  }
  const char kind = any.dtype().kind();
  if (kind == 'O' || kind == 'U') {
    const py::list items = any.attr("ravel")().attr("tolist")();
    for (const py::handle item : items) append_text(py::str(item), where, tensor);
    return tensor;
  }
  const bool wide = any.dtype().itemsize() > 8 && kind == 'f';
  if ((kind != 'f' && kind != 'i' && kind != 'u' && kind != 'b') || wide) {
    io::fail(where, "an array of floats or integers", "one of " + std::string(py::str(any.dtype())));
  }
  const auto doubles = py::array_t<double, py::array::c_style | py::array::forcecast>::ensure(any);
  tensor.values.assign(doubles.data(), doubles.data() + doubles.size());
  for (std::size_t k = 0; k < tensor.values.size(); ++k) {
    if (!std::isfinite(tensor.values[k])) {
      io::fail(where, "finite numbers", to_text(tensor.values[k]) + " at position " + std::to_string(k));
    }
    const bool integer = kind != 'f' && std::abs(tensor.values[k]) >= 9007199254740992.0;
    if (integer) io::fail(where, "integers below 2^53", "one beyond");
  }
  return tensor;
}

py::array_t<double> array_of(std::vector<double> values, std::vector<py::ssize_t> shape) {
  auto* kept = new std::vector<double>(std::move(values));
  const py::capsule owner(kept, [](void* p) { delete static_cast<std::vector<double>*>(p); });
  return py::array_t<double>(std::move(shape), kept->data(), owner);
}

py::object array_of(io::Tensor tensor) {
  const std::vector<py::ssize_t> shape(tensor.shape.begin(), tensor.shape.end());
  if (tensor.exact.empty()) return array_of(std::move(tensor.values), shape);
  py::list texts;
  for (std::size_t k = 0; k < tensor.size(); ++k) {
    const auto exact = tensor.exact.find(k);
    texts.append(exact == tensor.exact.end() ? io::canonical_rational(tensor.values[k]) : exact->second);
  }
  return py::module_::import("numpy")
      .attr("array")(texts, py::str("object"))
      .attr("reshape")(py::cast(shape));
}

py::list texts_of(const std::vector<Real>& values) {
  py::list out;
  for (const Real& value : values) out.append(to_rational(value));
  return out;
}

template <class S>
Vector<S> point_of(const io::Tensor& parameters, const py::object& z) {
  if (z.is_none()) return to_scalars<S>(parameters);
  const io::Tensor given = tensor_of(z, "z");
  if (given.size() != parameters.size()) {
    io::fail("z", std::to_string(parameters.size()) + " numbers", std::to_string(given.size()));
  }
  return to_scalars<S>(given);
}

template Vector<double> point_of<double>(const io::Tensor&, const py::object&);
template Vector<Real> point_of<Real>(const io::Tensor&, const py::object&);

}  // namespace pgb::python
