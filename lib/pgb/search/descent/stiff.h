// A Rosenbrock method with exact coefficients for Boost.Odeint.
#pragma once

#include <boost/numeric/odeint/stepper/rosenbrock4.hpp>
#include <boost/numeric/odeint/stepper/rosenbrock4_controller.hpp>

namespace pgb::search {

// RODAS3: order 3 with an embedded solution of order 2, L-stable and stiffly accurate. The coefficients of
// Odeint's own method are rounded to 16 digits, and that error is multiplied by the ratio of fast and slow
// rates, which exceeds 1e16 here. RODAS3 has four stages; it fills the first, second, fifth and sixth of the
// six Odeint computes. A. Sandu, J. G. Verwer, J. G. Blom, E. J. Spee, G. R. Carmichael, F. A. Potra,
// "Benchmarking stiff ODE solvers for atmospheric chemistry problems II: Rosenbrock solvers", Atmospheric
// Environment 31 (1997).
template <class Value>
struct Rodas3 {
  using value_type = Value;
  using order_type = unsigned short;
  static const order_type stepper_order = 3;
  static const order_type error_order = 2;

  const Value zero{0};
  const Value gamma = Value(1) / 2;
  const Value d1 = gamma, d2 = Value(3) / 2, d3 = zero, d4 = zero;
  const Value c2 = zero, c3 = zero, c4 = zero;
  const Value a21 = zero, c21 = Value(4);
  const Value a31 = zero, a32 = zero, c31 = zero, c32 = zero;
  const Value a41 = zero, a42 = zero, a43 = zero, c41 = zero, c42 = zero, c43 = zero;
  const Value a51 = Value(2), a52 = zero, a53 = zero, a54 = zero;
  const Value c51 = Value(1), c52 = Value(-1), c53 = zero, c54 = zero;
  const Value c61 = Value(1), c62 = Value(-1), c63 = zero, c64 = zero, c65 = Value(-8) / 3;
  // of Odeint's interpolation, which is not used
  const Value d21 = zero, d22 = zero, d23 = zero, d24 = zero, d25 = zero;
  const Value d31 = zero, d32 = zero, d33 = zero, d34 = zero, d35 = zero;
};

template <class Value>
using StiffController =
    boost::numeric::odeint::rosenbrock4_controller<boost::numeric::odeint::rosenbrock4<Value, Rodas3<Value>>>;

}  // namespace pgb::search
