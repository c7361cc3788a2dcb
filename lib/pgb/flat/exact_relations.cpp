// Null spaces over the rational numbers.
#include <flint/fmpq_mat.h>
#include <flint/nmod_mat.h>
#include <flint/ulong_extras.h>

#include "pgb/flat/setting.h"
#include "pgb/io/exact_number.h"

namespace pgb::flat_detail {
namespace {

class RationalMatrix {
 public:
  RationalMatrix(std::size_t rows, std::size_t cols) {
    fmpq_mat_init(value_, static_cast<slong>(rows), static_cast<slong>(cols));
  }
  ~RationalMatrix() { fmpq_mat_clear(value_); }
  RationalMatrix(const RationalMatrix&) = delete;
  RationalMatrix& operator=(const RationalMatrix&) = delete;
  fmpq_mat_struct* get() { return value_; }
  fmpq* at(std::size_t r, std::size_t c) {
    return fmpq_mat_entry(value_, static_cast<slong>(r), static_cast<slong>(c));
  }

 private:
  fmpq_mat_t value_;
};

std::string text_of(const fmpq* q) {
  char* raw = fmpq_get_str(nullptr, 10, q);
  const std::string text = raw;
  flint_free(raw);
  return text;
}

// Rank modulo a 62-bit prime: at most the rank over the rational numbers. Rows that hold a denominator
// divisible by the prime cannot occur for dyadic data; others make the answer 0, which is a valid lower
// bound.
std::size_t rank_modulo_prime(RationalMatrix& a) {
  const mp_limb_t prime = n_nextprime(mp_limb_t{1} << 61, 1);
  const slong rows = fmpq_mat_nrows(a.get()), cols = fmpq_mat_ncols(a.get());
  nmod_mat_t reduced;
  nmod_mat_init(reduced, rows, cols, prime);
  bool good = true;
  for (slong r = 0; r < rows && good; ++r) {
    for (slong c = 0; c < cols && good; ++c) {
      const fmpq* q = fmpq_mat_entry(a.get(), r, c);
      const mp_limb_t denominator = fmpz_fdiv_ui(fmpq_denref(q), prime);
      good = denominator != 0;
      if (good) {
        nmod_mat_entry(reduced, r, c) =
            nmod_div(fmpz_fdiv_ui(fmpq_numref(q), prime), denominator, reduced->mod);
      }
    }
  }
  const std::size_t rank = good ? static_cast<std::size_t>(nmod_mat_rank(reduced)) : 0;
  nmod_mat_clear(reduced);
  return rank;
}

}  // namespace

std::optional<std::vector<SparseVector>> exact_relations(const std::vector<std::vector<std::string>>& h,
                                                         std::size_t limit) {
  const std::size_t features = h.size(), samples = h.empty() ? 0 : h[0].size();
  if (features == 0) return std::vector<SparseVector>{};
  // Samples down, features across: a relation is a vector of the null space.
  RationalMatrix a(samples, features);
  for (std::size_t j = 0; j < features; ++j) {
    for (std::size_t i = 0; i < samples; ++i) fmpq_set_str(a.at(i, j), h[j][i].c_str(), 10);
  }
  if (rank_modulo_prime(a) == features) return std::vector<SparseVector>{};
  if (features * samples > limit) return std::nullopt;
  const auto rank = static_cast<std::size_t>(fmpq_mat_rref(a.get(), a.get()));
  std::vector<std::size_t> pivots;
  for (std::size_t r = 0, c = 0; r < rank; ++r, ++c) {
    while (fmpq_is_zero(a.at(r, c)) != 0) ++c;
    pivots.push_back(c);
  }
  std::vector<SparseVector> relations;
  std::size_t next_pivot = 0;
  for (std::size_t c = 0; c < features; ++c) {
    if (next_pivot < rank && pivots[next_pivot] == c) {
      ++next_pivot;
      continue;
    }
    SparseVector v{{c, 1.0}};
    for (std::size_t r = 0; r < next_pivot; ++r) {
      if (fmpq_is_zero(a.at(r, c)) != 0) continue;
      fmpq_neg(a.at(r, c), a.at(r, c));
      const std::string exact = text_of(a.at(r, c));
      v.push_back({pivots[r], io::nearest_double(exact), io::is_double(exact) ? "" : exact});
    }
    relations.push_back(std::move(v));
  }
  return relations;
}

}  // namespace pgb::flat_detail
