// Between NumPy and plain data.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "pgb/io/tensor.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb::python {

namespace py = pybind11;

// Numbers of any array-like as they are: a float is the binary number it is; text ("1/3", "0.1") is exact.
// Throws InputError, with `where` in it, for what is no finite number.
io::Tensor tensor_of(const py::handle& values, const std::string& where);

// The vector's own memory as an array of this shape: nothing is copied.
py::array_t<double> array_of(std::vector<double> values, std::vector<py::ssize_t> shape);

// The tensor as an array of its shape: of floats, or of exact text where not all its numbers are doubles.
py::object array_of(io::Tensor tensor);

// Exact rational text of every number, as a list: for numbers beyond double.
py::list texts_of(const std::vector<Real>& values);

// A point z: None for the problem's own parameters.
template <class S>
Vector<S> point_of(const io::Tensor& parameters, const py::object& z);

}  // namespace pgb::python
