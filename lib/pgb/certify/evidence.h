// The numbers that go with a verdict but decide nothing: span, PGB value, curvature, slices of the loss.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/certify/check.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/verdict.h"
#include "pgb/flat/family.h"
#include "pgb/model/problem.h"

namespace pgb {

constexpr std::size_t kDenseHessian = 1500;  // parameters up to which all curvatures are computed

// Three quarters of the memory that is free, as the system tells it; 4 GiB where it does not.
std::size_t default_memory();

// The options with nothing left to be guessed.
CheckOptions completed(CheckOptions options);

// Whether Phi(z) = J(z) h(z): by structure (certified), or tested in double.
void add_gradient_basis(const Problem& subject, const CheckOptions& options, Verdict& v);

// s(z): the dimension of the orbit of z under the symmetries found that keep R too, the rank of their
// tangents in double.
std::size_t symmetry_dimension(const Problem& subject, const std::vector<FlatFamily>& families,
                               const CheckOptions& options);

// Ranks, spectra, what was skipped; the PGB value and the gap where R has no part in them. `numerical_flats`
// are points.
void add_span(const Problem& subject, const std::vector<FlatFamily>& families,
              const std::vector<Vector<double>>& numerical_flats, const CheckOptions& options, Verdict& v);

// Smallest eigenvalue of the Hessian besides the zeros of `symmetries` dimensions, with counts where all are
// known. Returns its eigenvector where there is one.
Vector<double> add_curvature(const Problem& subject, std::size_t symmetries, const CheckOptions& options,
                             Verdict& v);

// Q along z + t * direction, t from -length to length.
void add_slice(const Problem& subject, const std::string& label, const Vector<double>& direction,
               double length, Verdict& v);

}  // namespace pgb
