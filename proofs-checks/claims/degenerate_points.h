// Proofs about critical points that lie on curves and surfaces of critical points, by arguments made for one
// network each.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb::claims {

// What was shown of a problem's saved point, or of a point within `distance` (sup-norm) of it.
struct PointProof {
  bool proven = false;
  double distance = 0;
  double radius = 0;  // of the box the argument needs
  double curvature =
      0;  // proven lower bound of the Hessian's eigenvalues across the level set, where the argument has one
  std::string shown;  // the statement, or what failed
};

// Bottom of a valley. Split z into (p, s), s the coordinates `across`. Let s*(p) be such that Q(p, s*(p)) = q
// and grad_s Q(p, s*(p)) = 0 for all p within a distance of the saved ones, with one number q, and let the
// block H_ss be positive definite on the box |z - saved| <= radius. Then Q(p, .) is strictly convex on the
// box, so Q >= q wherever s*(p) lies in it: every (p, s*(p)) is a local minimum, on a level set of them.
//
// bottom(z) encloses s*(p) for all p of the box z (entries `across` of z are not to be read). That it has the
// two properties has to be shown by the caller; balls only check here that they are not contradicted.
PointProof certify_valley(const Problem& problem, const std::vector<std::size_t>& across,
                          const std::function<Vector<Ball>(const Vector<Ball>& z)>& bottom);

// A 2-2-1 network v_1 s(w_1 . x) + v_2 s(w_2 . x) (z = w row by row, then v) on three samples, the inputs of
// entries that add up to 1 and the third the mean of the others, the targets y = (0, 0, 1). With w_j = (c_j,
// c_j) and v_1 s(c_1) + v_2 s(c_2) = 1/3 all outputs are 1/3, and r = (1/3, 1/3, -2/3), which is orthogonal
// to 1 and to both coordinates of the inputs, so to all columns of J: these points are critical and have the
// same Q. The hypotheses on the data are tested exactly. `activation`: sigmoid or tanh.
PointProof certify_three_samples(const Problem& problem, const std::string& activation);

// A network v_1 tanh(w_1 x) + v_2 tanh(w_2 x) (z = w_1, w_2, v_1, v_2) whose two units are copies of the one
// of a tanh(w x). Let (a*, w*) be the critical point of that net near (v_1 + v_2, w_1), proven by Krawczyk's
// test. Then all (w*, w*, t, a* - t) have the same outputs and are critical.
//
// certify_split: these points form a valley near the saved one.
// certify_isolated_segment: they are, near the saved one, all points with these outputs, so that the gradient
// vanishes on the whole flat set and the condition holds, local minimum or not. Proof: at z* the columns
// tanh(w x_i) and x_i tanh'(w x_i) are independent, so with three samples J has rank 2 and g spans its left
// kernel. With v_1 fixed its right kernel is k = (v_2, -v_1) in (w_1, w_2), and <g, D^2 Phi [k, k]> = v_1 v_2
// a* sum_i g_i tanh''(w* x_i) x_i^2 =: h. Solving the two equations of range J for the other two coordinates
// (implicit functions, smooth in v_1 as well) leaves <g, Phi> as a function of the step along k with value
// and slope 0 at 0 and second derivative h; if h is not 0, it has no other zero near.
PointProof certify_split(const Problem& problem);
//
// certify_segment: for every t with t / a* from `from` to `to` the point is a local minimum (the Hessian
// across the segment is positive definite, over boxes that cover this part of it), or none of them is (it has
// negative curvature along k).
PointProof certify_isolated_segment(const Problem& problem);
PointProof certify_segment(const Problem& problem, double from, double to, bool minima);

// A network v . relu(w x + b) + c on one input (z = w, b, v, c) with rational numbers. On the box of `radius`
// every unit is active or inactive on all samples, the same ones as at the saved point, so the outputs are
// affine functions of x; the residuals at the saved point are exactly orthogonal to 1 and x. By convexity Q
// is nowhere smaller on the box. All in rational numbers.
PointProof certify_affine_region(const Problem& problem);

}  // namespace pgb::claims
