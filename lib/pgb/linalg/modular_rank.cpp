#include <flint/fmpz.h>
#include <flint/nmod_mat.h>
#include <flint/ulong_extras.h>

#include <algorithm>

#include "pgb/linalg/rank.h"

namespace pgb {
namespace {

class Residues {
 public:
  Residues(std::size_t rows, std::size_t cols, mp_limb_t prime) {
    nmod_mat_init(m_, static_cast<slong>(rows), static_cast<slong>(cols), prime);
  }
  ~Residues() { nmod_mat_clear(m_); }
  Residues(const Residues&) = delete;
  Residues& operator=(const Residues&) = delete;
  nmod_mat_struct* get() { return m_; }
  mp_limb_t& operator()(std::size_t i, std::size_t j) { return nmod_mat_entry(m_, i, j); }

  // The pivot columns of the reduced row echelon form, which this becomes.
  std::vector<std::size_t> reduce() {
    const auto rank = static_cast<std::size_t>(nmod_mat_rref(m_));
    std::vector<std::size_t> pivots;
    for (std::size_t i = 0, j = 0; i < rank; ++i, ++j) {
      while ((*this)(i, j) == 0) ++j;
      pivots.push_back(j);
    }
    return pivots;
  }

 private:
  nmod_mat_t m_;
};

// x = m 2^e modulo p, e taken modulo p - 1 (Fermat).
mp_limb_t residue(const Ball& x, mp_limb_t p) {
  fmpz_t m, e;
  fmpz_init(m);
  fmpz_init(e);
  arf_get_fmpz_2exp(m, e, arb_midref(x.get()));
  const mp_limb_t power = n_powmod2(2, static_cast<mp_limb_signed_t>(fmpz_fdiv_ui(e, p - 1)), p);
  const mp_limb_t result = n_mulmod2(fmpz_fdiv_ui(m, p), power, p);
  fmpz_clear(m);
  fmpz_clear(e);
  return result;
}

}  // namespace

std::optional<RankBound> modular_rank(const Matrix<Ball>& a) {
  constexpr int kPrimes = 2;
  for (const Ball& x : a.data) {
    if (!x.is_exact()) return std::nullopt;
  }
  const std::size_t most = std::min(a.rows, a.cols);
  RankBound best;
  mp_limb_t p = UWORD(1) << 30;
  for (int round = 0; round < kPrimes && best.at_least < most; ++round) {
    p = n_nextprime(p, 1);
    Residues whole(a.rows, a.cols, p);
    for (std::size_t j = 0; j < a.cols; ++j) {
      for (std::size_t i = 0; i < a.rows; ++i) whole(i, j) = residue(a(i, j), p);
    }
    // Its columns first, and then as many rows of these.
    Residues copy(a.rows, a.cols, p);
    nmod_mat_set(copy.get(), whole.get());
    const std::vector<std::size_t> columns = copy.reduce();
    if (round > 0 && columns.size() <= best.at_least) continue;
    Residues chosen(columns.size(), a.rows, p);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      for (std::size_t i = 0; i < a.rows; ++i) chosen(k, i) = whole(i, columns[k]);
    }
    best.at_least = columns.size();
    best.columns = columns;
    best.rows = chosen.reduce();
    best.prime = p;
  }
  best.exact = best.at_least == most;
  return best;
}

}  // namespace pgb
