// The stages of the library on a problem: values, derivatives, flat families, span, proofs.
#pragma once

#include <pybind11/pybind11.h>

namespace pgb::python {

void add_stages(pybind11::module_& module);

}  // namespace pgb::python
