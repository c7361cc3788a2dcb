#include "pgb/scalar/ball_product.h"

#include <flint/ulong_extras.h>
#include <gmp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "pgb/scalar/parallel.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

constexpr int kDigitBits = 22;
constexpr slong kGuardBits = 32;
constexpr slong kLargestExponent = slong{1} << 30;
// Nonzero bounds are raised to this, so that no product of two underflows.
constexpr double kLeastBound = 0x1p-500;

// Bits [position, position + kDigitBits) of the n limbs at x, those outside taken as 0.
double digit_at(mp_srcptr x, mp_size_t n, slong position) {
  if (position <= -kDigitBits || position >= 64 * n) return 0;
  mp_limb_t bits;
  if (position < 0) {
    bits = x[0] << -position;
  } else {
    const slong limb = position / 64, shift = position % 64;
    bits = x[limb] >> shift;
    if (shift > 64 - kDigitBits && limb + 1 < n) bits |= x[limb + 1] << (64 - shift);
  }
  return static_cast<double>(bits & ((mp_limb_t{1} << kDigitBits) - 1));
}

// One factor, transposed to inner x count: column i is row i of op(A), or column i of op(B).
class Factor {
 public:
  // `step` and `across` in entries: entry t of vector i is at data[t * step + i * across].
  Factor(const Ball* data, std::size_t inner, std::size_t count, std::size_t step, std::size_t across)
      : data_(data), inner_(inner), count_(count), step_(step), across_(across), exponent_(count, 0) {}

  // Exponents and widths; false: not for residues (an entry that is not finite or far out of range).
  bool measure(slong most_bits) {
    for (std::size_t i = 0; i < count_; ++i) {
      slong top = -kLargestExponent, bottom = kLargestExponent, radius_top = -kLargestExponent;
      for (std::size_t t = 0; t < inner_; ++t) {
        const arb_srcptr x = entry(i, t);
        if (!arb_is_finite(x)) return false;
        if (!arf_is_zero(arb_midref(x))) {
          const slong e = arf_abs_bound_lt_2exp_si(arb_midref(x));
          if (e < -kLargestExponent || e > kLargestExponent) return false;
          top = std::max(top, e);
          bottom = std::min(bottom, e - arf_bits(arb_midref(x)));
        }
        if (!mag_is_zero(arb_radref(x))) {
          exact_ = false;
          const fmpz e = MAG_EXP(arb_radref(x));
          if (COEFF_IS_MPZ(e) || e < -kLargestExponent || e > kLargestExponent) return false;
          radius_top = std::max(radius_top, static_cast<slong>(e));
        }
      }
      if (top > bottom) {
        exponent_[i] = top;
        width_ = std::max(width_, top - bottom);
      } else {
        exponent_[i] = std::max(radius_top, -kLargestExponent);
      }
    }
    cut_ = width_ > most_bits;
    width_ = std::clamp(width_, slong{1}, most_bits);
    return true;
  }

  std::size_t count() const { return count_; }
  slong exponent(std::size_t i) const { return exponent_[i]; }
  slong width() const { return width_; }
  bool cut() const { return cut_; }
  bool exact() const { return exact_; }
  std::size_t digits() const { return static_cast<std::size_t>((width_ + kDigitBits - 1) / kDigitBits); }

  // Digit planes, inner x count each, sign included.
  std::vector<Matrix<double>> split(int threads) const {
    std::vector<Matrix<double>> planes(digits(), Matrix<double>(inner_, count_));
    parallel_for(count_, threads, nullptr, [&](std::size_t i, bool) {
      for (std::size_t t = 0; t < inner_; ++t) {
        const arf_srcptr x = arb_midref(entry(i, t));
        if (arf_is_zero(x)) continue;
        mp_srcptr limbs;
        mp_size_t n;
        ARF_GET_MPN_READONLY(limbs, n, x);
        const double sign = arf_sgn(x) < 0 ? -1 : 1;
        // The whole number is limbs 2^shift, cut off at the point.
        const slong shift = arf_abs_bound_lt_2exp_si(x) - 64 * n + width_ - exponent_[i];
        for (std::size_t d = 0; d < planes.size(); ++d) {
          planes[d](t, i) = sign * digit_at(limbs, n, static_cast<slong>(d) * kDigitBits - shift);
        }
      }
    });
    return planes;
  }

  // Upper bounds of |midpoint| and of the radius, over 2^exponent.
  void bounds(Matrix<double>& middle, Matrix<double>& radius, int threads) const {
    middle = radius = Matrix<double>(inner_, count_);
    parallel_for(count_, threads, nullptr, [&](std::size_t i, bool) {
      mag_t bound;
      mag_init(bound);
      const auto scaled = [&] {
        mag_mul_2exp_si(bound, bound, -exponent_[i]);
        return mag_is_zero(bound) ? 0 : std::max(mag_get_d(bound), kLeastBound);
      };
      for (std::size_t t = 0; t < inner_; ++t) {
        arf_get_mag(bound, arb_midref(entry(i, t)));
        middle(t, i) = scaled();
        mag_set(bound, arb_radref(entry(i, t)));
        radius(t, i) = scaled();
      }
      mag_clear(bound);
    });
  }

  // The exact entry.
  arb_srcptr entry(std::size_t i, std::size_t t) const { return data_[t * step_ + i * across_].get(); }
  const Ball* vector(std::size_t i) const { return data_ + i * across_; }
  std::size_t step() const { return step_; }

 private:
  const Ball* data_;
  std::size_t inner_, count_, step_, across_;
  std::vector<slong> exponent_;
  slong width_ = 0;
  bool cut_ = false, exact_ = true;
};

// Primes whose product M is above 2^bits, and what puts a number together from its residues.
class Moduli {
 public:
  Moduli(std::size_t inner, slong bits) {
    // k (q / 2 + 1)^2 <= 2^52, and q below 2^25 as the kernels ask.
    const double largest = std::min(2 * std::sqrt(0x1p52 / static_cast<double>(inner)) - 4, 0x1p24);
    auto q = static_cast<mp_limb_t>(largest);
    product_.assign(1, 1);
    while (bit_count(product_) <= bits) {
      do --q;
      while (n_is_prime(q) == 0);
      primes_.push_back(q);
      product_.push_back(0);
      product_.back() =
          mpn_mul_1(product_.data(), product_.data(), static_cast<mp_size_t>(product_.size() - 1), q);
      if (product_.back() == 0) product_.pop_back();
    }
    const auto n = static_cast<mp_size_t>(product_.size());
    for (const mp_limb_t p : primes_) {
      std::vector<mp_limb_t> rest(product_.size());
      mpn_divrem_1(rest.data(), 0, product_.data(), n, p);
      const mp_limb_t inverse = n_invmod(mpn_mod_1(rest.data(), n, p), p);
      factors_.push_back(centred(inverse, p));
      rests_.push_back(std::move(rest));
    }
  }

  std::size_t count() const { return primes_.size(); }
  double prime(std::size_t s) const { return static_cast<double>(primes_[s]); }
  double factor(std::size_t s) const { return factors_[s]; }  // of residue s in the sum of digits below
  // 2^(kDigitBits d) modulo the prime, of least magnitude.
  std::vector<double> weights(std::size_t s, std::size_t digits) const {
    std::vector<double> w;
    mp_limb_t power = 1;
    for (std::size_t d = 0; d < digits; ++d) {
      w.push_back(centred(power, primes_[s]));
      power = (power << kDigitBits) % primes_[s];
    }
    return w;
  }

  // x = sum_s y_s M / q_s modulo M, of least magnitude, for 0 <= y_s < q_s; |x| < M / 4 is known.
  template <class Digit>
  void put_together(arf_t x, std::vector<mp_limb_t>& sum, const Digit& y) const {
    const auto n = static_cast<mp_size_t>(product_.size());
    sum.assign(product_.size() + 1, 0);
    double share = 0;
    for (std::size_t s = 0; s < primes_.size(); ++s) {
      const std::int32_t digit = y(s);
      sum[product_.size()] += mpn_addmul_1(sum.data(), rests_[s].data(), n, static_cast<mp_limb_t>(digit));
      share += static_cast<double>(digit) / prime(s);
    }
    // The sum is x + whole M; share is off the quotient by far less than the quarter that is to spare.
    const auto whole = static_cast<mp_limb_t>(share + 0.5);
    sum[product_.size()] -= mpn_submul_1(sum.data(), product_.data(), n, whole);
    const bool negative = (sum.back() >> 63) != 0;
    if (negative) mpn_neg(sum.data(), sum.data(), n + 1);
    mp_size_t used = n + 1;
    while (used > 0 && sum[static_cast<std::size_t>(used - 1)] == 0) --used;
    if (used == 0) {
      arf_zero(x);
    } else {
      arf_set_mpn(x, sum.data(), used, negative ? 1 : 0);
    }
  }

 private:
  static slong bit_count(const std::vector<mp_limb_t>& x) {
    return static_cast<slong>(mpn_sizeinbase(x.data(), static_cast<mp_size_t>(x.size()), 2)) - 1;
  }
  static double centred(mp_limb_t r, mp_limb_t p) {
    return r > p / 2 ? -static_cast<double>(p - r) : static_cast<double>(r);
  }

  std::vector<mp_limb_t> primes_, product_;
  std::vector<double> factors_;
  std::vector<std::vector<mp_limb_t>> rests_;  // M / q_s
};

// Residues of every column block for every prime: digits[s], rows x cols, ready to be put together.
std::vector<std::vector<std::int32_t>> residues(const Factor& a, const Factor& b, std::size_t inner,
                                                const Moduli& moduli, int threads) {
  constexpr std::size_t kBlock = 1024;
  const std::vector<Matrix<double>> left = a.split(threads), right = b.split(threads);
  const std::size_t blocks = (b.count() + kBlock - 1) / kBlock;
  std::vector<std::vector<std::int32_t>> found(moduli.count(),
                                               std::vector<std::int32_t>(a.count() * b.count()));
  parallel_for(moduli.count() * blocks, threads, nullptr, [&](std::size_t task, bool) {
    const std::size_t s = task / blocks, first = task % blocks * kBlock,
                      cols = std::min(kBlock, b.count() - first);
    const double p = moduli.prime(s);
    const auto reduced = [&](const std::vector<Matrix<double>>& planes, std::size_t from, std::size_t count) {
      std::vector<const double*> digits;
      for (const Matrix<double>& plane : planes) digits.push_back(plane.column(from));
      std::unique_ptr<double[]> r(new double[inner * count]);  // not set to 0 first
      kernels().combine_digits(digits.size(), inner * count, digits.data(),
                               moduli.weights(s, digits.size()).data(), p, r.get());
      return r;
    };
    const auto ra = reduced(left, 0, a.count()), rb = reduced(right, first, cols);
    const std::unique_ptr<double[]> c(new double[a.count() * cols]);
    kernels().multiply(Form::tn, a.count(), cols, inner, ra.get(), inner, rb.get(), inner, c.get(),
                       a.count());
    kernels().times_modulo(a.count() * cols, c.get(), moduli.factor(s), p,
                           found[s].data() + first * a.count());
  });
  return found;
}

// |A| rad B + rad A (|B| + rad B), over 2^(E_i + F_j), rounded up.
Matrix<double> propagated(const Factor& a, const Factor& b, std::size_t inner, int threads) {
  if (a.exact() && b.exact()) return {};
  Matrix<double> a_middle, a_radius, b_middle, b_radius;
  a.bounds(a_middle, a_radius, threads);
  b.bounds(b_middle, b_radius, threads);
  Matrix<double> sum = multiply_tn<double>(a_middle, b_radius);
  if (!a.exact()) {
    for (std::size_t t = 0; t < b_middle.data.size(); ++t) b_middle.data[t] += b_radius.data[t];
    const Matrix<double> rest = multiply_tn<double>(a_radius, b_middle);
    for (std::size_t t = 0; t < sum.data.size(); ++t) sum.data[t] += rest.data[t];
  }
  const double inflation = 1 + static_cast<double>(2 * inner + 16) * 0x1p-53;
  for (double& x : sum.data) x = std::isnan(x) ? std::numeric_limits<double>::infinity() : x * inflation;
  return sum;
}

void by_dots(const Factor& a, const Factor& b, std::size_t inner, Matrix<Ball>& c, std::size_t i,
             std::size_t j) {
  c(i, j) = dot<Ball>(inner, a.vector(i), a.step(), b.vector(j), b.step());
}

}  // namespace

Matrix<Ball> multiply_by_residues(Form form, ConstView<Ball> a, ConstView<Ball> b, int threads) {
  const std::size_t inner = form == Form::tn ? a.rows : a.cols;
  Factor left =
      form == Form::tn ? Factor(a.data, inner, a.cols, 1, a.rows) : Factor(a.data, inner, a.rows, a.rows, 1);
  Factor right =
      form == Form::nt ? Factor(b.data, inner, b.rows, b.rows, 1) : Factor(b.data, inner, b.cols, 1, b.rows);
  Matrix<Ball> c(left.count(), right.count());
  const slong bits = working_precision(), most = bits + kGuardBits;
  constexpr slong kMostBits = 2000;  // far beyond, the digits' sums would not be exact
  constexpr std::size_t kMostInner = std::size_t{1} << 24;
  if (inner == 0 || c.data.empty()) return c;
  if (most > kMostBits || inner > kMostInner || !left.measure(most) || !right.measure(most)) {
    parallel_for(right.count(), threads, nullptr, [&](std::size_t j, bool) {
      for (std::size_t i = 0; i < c.rows; ++i) by_dots(left, right, inner, c, i, j);
    });
    return c;
  }
  const slong width = left.width() + right.width();
  const Moduli moduli(inner, width + static_cast<slong>(n_clog(inner + 1, 2)) + 2);
  const std::vector<std::vector<std::int32_t>> digits = residues(left, right, inner, moduli, threads);
  const Matrix<double> spread = propagated(left, right, inner, threads);
  const bool cut = left.cut() || right.cut();

  parallel_for(right.count(), threads, nullptr, [&](std::size_t j, bool) {
    std::vector<mp_limb_t> sum;
    mag_t more, least;
    mag_init(more);
    mag_init(least);
    for (std::size_t i = 0; i < c.rows; ++i) {
      const arb_ptr x = c(i, j).get();
      const std::size_t at = j * c.rows + i;
      const slong exponent = left.exponent(i) + right.exponent(j);
      moduli.put_together(arb_midref(x), sum, [&](std::size_t s) { return digits[s][at]; });
      arf_mul_2exp_si(arb_midref(x), arb_midref(x), exponent - width);
      arb_set_round(x, x, bits);
      if (!spread.data.empty() && spread.data[at] > 0) {
        mag_set_d(more, spread.data[at]);
        mag_mul_2exp_si(more, more, exponent);
        mag_add(arb_radref(x), arb_radref(x), more);
      }
      if (!cut) {
        if (!arb_is_finite(x)) by_dots(left, right, inner, c, i, j);
        continue;
      }
      // k (2^-w + 2^-v + 2^-(w + v)) <= 3 k 2^-min(w, v)
      mag_set_ui(more, 3 * inner);
      mag_mul_2exp_si(more, more, exponent - std::min(left.width(), right.width()));
      arf_get_mag_lower(least, arb_midref(x));
      mag_mul_2exp_si(least, least, -bits);
      mag_add(least, least, arb_radref(x));
      if (mag_cmp(more, least) > 0) {
        by_dots(left, right, inner, c, i, j);
      } else {
        mag_add(arb_radref(x), arb_radref(x), more);
      }
    }
    mag_clear(more);
    mag_clear(least);
  });
  return c;
}

// Measured at 106 bits: about 12 ns a term of a dot product, 0.4 ns a term for all primes, 0.5 us an entry of
// the result, 0.3 us an entry of the factors.
bool residues_pay(std::size_t rows, std::size_t inner, std::size_t cols) {
  const double r = static_cast<double>(rows), k = static_cast<double>(inner), c = static_cast<double>(cols);
  return 12 * r * k * c > 2 * (0.4 * r * k * c + 500 * r * c + 300 * (r * k + k * c) + 20000);
}

}  // namespace pgb
