// The kernels themselves, compiled once for each kind of processor. The including file names the kind,
// PGB_KERNELS, and, where its instructions do not run everywhere, renames Eigen's namespace, so that the
// linker cannot put its code where other code is meant. No function of the standard library is to be left
// that the linker could mix.
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/LU>

#include "pgb/scalar/kernels.h"

namespace pgb::kernels_detail {
namespace {

using Eigen::Index;
using Strided = Eigen::Map<Eigen::MatrixXd, 0, Eigen::OuterStride<>>;
using ConstStrided = Eigen::Map<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

ConstStrided block(const double* a, std::size_t rows, std::size_t cols, std::size_t ld) {
  return {a, static_cast<Index>(rows), static_cast<Index>(cols),
          Eigen::OuterStride<>(static_cast<Index>(ld))};
}

// Eigen's large products pack their factors and read and write the result by its indices alone. Its small
// ones go from one address that suits the packets to the next, fused there and not between, so that what they
// round depends on where the memory happens to lie: those are given copies that lie well, as is what the
// factorisations work on. Products with vectors are written out.
constexpr std::size_t kSmall = 64;

void multiply_aligned(Form form, const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, Strided out) {
  Eigen::MatrixXd c(out.rows(), out.cols());
  if (form == Form::nn) c.noalias() = a * b;
  if (form == Form::tn) c.noalias() = a.transpose() * b;
  if (form == Form::nt) c.noalias() = a * b.transpose();
  out = c;
}

// M v, or M^T v where transposed; M has `rows` rows, v is that long or as long as M has columns.
void times_vector(bool transposed, std::size_t rows, std::size_t cols, const double* m, std::size_t ld,
                  const double* v, double* to) {
  constexpr std::size_t kSums = 16;
  for (std::size_t i = 0; !transposed && i < rows; ++i) to[i] = 0;
  for (std::size_t j = 0; j < cols; ++j) {
    const double* const column = m + j * ld;
    if (!transposed) {
      for (std::size_t i = 0; i < rows; ++i) to[i] += column[i] * v[j];
      continue;
    }
    double sums[kSums] = {};
    std::size_t i = 0;
    for (; i + kSums <= rows; i += kSums) {
      for (std::size_t t = 0; t < kSums; ++t) sums[t] += column[i + t] * v[i + t];
    }
    for (; i < rows; ++i) sums[i % kSums] += column[i] * v[i];
    double sum = 0;
    for (const double part : sums) sum += part;
    to[j] = sum;
  }
}

void multiply(Form form, std::size_t rows, std::size_t cols, std::size_t inner, const double* a,
              std::size_t lda, const double* b, std::size_t ldb, double* c, std::size_t ldc) {
  Strided out(c, static_cast<Index>(rows), static_cast<Index>(cols),
              Eigen::OuterStride<>(static_cast<Index>(ldc)));
  const bool small = rows + cols + inner < kSmall;
  if (cols == 1 && !small && form != Form::nt) {
    const bool transposed = form == Form::tn;
    times_vector(transposed, transposed ? inner : rows, transposed ? rows : inner, a, lda, b, c);
    return;
  }
  if (rows == 1 || cols == 1 || inner == 1 || small) {
    multiply_aligned(form, form == Form::tn ? block(a, inner, rows, lda) : block(a, rows, inner, lda),
                     form == Form::nt ? block(b, cols, inner, ldb) : block(b, inner, cols, ldb), out);
    return;
  }
  if (form == Form::nn) out.noalias() = block(a, rows, inner, lda) * block(b, inner, cols, ldb);
  if (form == Form::tn) out.noalias() = block(a, inner, rows, lda).transpose() * block(b, inner, cols, ldb);
  if (form == Form::nt) out.noalias() = block(a, rows, inner, lda) * block(b, cols, inner, ldb).transpose();
}

bool cholesky(std::size_t n, double* a) {
  Strided whole(a, static_cast<Index>(n), static_cast<Index>(n), Eigen::OuterStride<>(static_cast<Index>(n)));
  Eigen::MatrixXd aligned = whole;
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factor(aligned);
  if (factor.info() != Eigen::Success) return false;
  whole.triangularView<Eigen::Lower>() = aligned;
  // Eigen goes on where a pivot is not a number.
  for (std::size_t i = 0; i < n; ++i) {
    const double pivot = a[i * n + i];
    if (!(pivot > 0 && pivot <= 1.7976931348623157e308)) return false;
  }
  return true;
}

void inverse(std::size_t n, const double* a, double* to) {
  const Eigen::PartialPivLU<Eigen::MatrixXd> lu(block(a, n, n, n));
  const Eigen::MatrixXd aligned = lu.inverse();
  Strided(to, static_cast<Index>(n), static_cast<Index>(n), Eigen::OuterStride<>(static_cast<Index>(n))) =
      aligned;
}

// To the nearest whole number, for |x| <= 2^51: the last place of the sum is 1.
constexpr double kShift = 0x1.8p52;

void combine_digits(std::size_t count, std::size_t size, const double* const* digits, const double* weights,
                    double p, double* x) {
  const double inverse_p = 1 / p;
  constexpr std::size_t kStrip = 256;
  for (std::size_t first = 0; first < size; first += kStrip) {
    const std::size_t n = size - first < kStrip ? size - first : kStrip;
    double sum[kStrip];
    for (std::size_t i = 0; i < n; ++i) sum[i] = 0;
    for (std::size_t d = 0; d < count; ++d) {
      const double* from = digits[d] + first;
      const double weight = weights[d];
      for (std::size_t i = 0; i < n; ++i) sum[i] += from[i] * weight;
    }
    for (std::size_t i = 0; i < n; ++i) x[first + i] = sum[i] - ((sum[i] * inverse_p + kShift) - kShift) * p;
  }
}

void times_modulo(std::size_t size, const double* x, double factor, double p, std::int32_t* y) {
  const double inverse_p = 1 / p;
  const auto whole_p = static_cast<std::int32_t>(p);
  for (std::size_t i = 0; i < size; ++i) {
    const double residue = x[i] - ((x[i] * inverse_p + kShift) - kShift) * p;
    const double product = residue * factor;
    const auto r = static_cast<std::int32_t>(product - ((product * inverse_p + kShift) - kShift) * p);
    y[i] = r + ((r >> 31) & whole_p);  // p more where negative
  }
}

}  // namespace

const Kernels PGB_KERNELS = {PGB_KERNELS_NAME, multiply, cholesky, inverse, combine_digits, times_modulo};

}  // namespace pgb::kernels_detail
