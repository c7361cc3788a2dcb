#include "pgb/flat/exact_features.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "pgb/flat/exact_arithmetic.h"
#include "pgb/flat/exact_forward.h"
#include "pgb/io/exact_number.h"

namespace pgb::flat_detail {
namespace {

constexpr std::size_t kLargestRelation = 4'000'000;  // entries of a matrix whose exact null space is computed
constexpr double kLargestBasis = 2e5;                // bytes of a basis of the null space
constexpr double kEntryBytes = 8;                    // of one number of the matrix, roughly

template <class A>
std::vector<typename A::Value> selected(const FeatureList& list,
                                        const std::vector<std::vector<typename A::Value>>& values) {
  std::vector<typename A::Value> row;
  for (const std::size_t j : list.features) row.push_back(values[list.value][j]);
  if (list.one) row.push_back(A::constant(1));
  return row;
}

std::vector<mpq_class> exact_entries(const SparseVector& v) {
  std::vector<mpq_class> entries;
  for (const SparseEntry& entry : v)
    entries.push_back(entry.exact.empty() ? mpq_class(entry.value) : mpq_class(entry.exact));
  return entries;
}

// Rows in echelon form modulo the prime, one after the other.
class Echelon {
 public:
  using Row = std::vector<mp_limb_t>;
  explicit Echelon(std::size_t columns) : columns_(columns) {}

  bool is_full() const { return rows_.size() == columns_; }
  std::size_t rank() const { return rows_.size(); }

  void add(Row row) {
    for (const auto& [pivot, other] : rows_) eliminate(row, pivot, other);
    const auto at = std::find_if(row.begin(), row.end(), [](mp_limb_t x) { return x != 0; });
    if (at == row.end()) return;
    const auto pivot = static_cast<std::size_t>(at - row.begin());
    const mp_limb_t scale = nmod_inv(*at, Modular::field());
    _nmod_vec_scalar_mul_nmod(row.data(), row.data(), static_cast<slong>(columns_), scale, Modular::field());
    for (auto& [p, other] : rows_) eliminate(other, pivot, row);
    rows_.emplace(pivot, std::move(row));
  }

  // The columns with an entry in some vector of the null space.
  std::vector<std::size_t> related() const {
    std::vector<std::size_t> list;
    for (std::size_t c = 0; c < columns_; ++c) {
      const auto row = rows_.find(c);
      bool any = row == rows_.end();
      for (std::size_t other = c + 1; !any && other < columns_; ++other) any = row->second[other] != 0;
      if (any) list.push_back(c);
    }
    return list;
  }

 private:
  void eliminate(Row& row, std::size_t pivot, const Row& other) const {
    if (row[pivot] == 0) return;
    const mp_limb_t factor = nmod_neg(row[pivot], Modular::field());
    _nmod_vec_scalar_addmul_nmod(row.data(), other.data(), static_cast<slong>(columns_), factor,
                                 Modular::field());
  }

  std::size_t columns_;
  std::map<std::size_t, Row> rows_;  // pivot -> row, reduced, 1 at the pivot
};

// Times a power of two that makes the largest entry one between 1/2 and 2.
void scale(SparseVector& v) {
  const auto exponent = [](const mpq_class& q) {
    return static_cast<long>(mpz_sizeinbase(q.get_num_mpz_t(), 2)) -
           static_cast<long>(mpz_sizeinbase(q.get_den_mpz_t(), 2));
  };
  const std::vector<mpq_class> entries = exact_entries(v);
  long largest = exponent(entries[0]);
  for (const mpq_class& q : entries) largest = std::max(largest, exponent(q));
  for (std::size_t j = 0; j < v.size(); ++j) {
    mpq_class q = entries[j];
    if (largest > 0) mpq_div_2exp(q.get_mpq_t(), q.get_mpq_t(), static_cast<mp_bitcnt_t>(largest));
    if (largest < 0) mpq_mul_2exp(q.get_mpq_t(), q.get_mpq_t(), static_cast<mp_bitcnt_t>(-largest));
    const std::string text = q.get_str();
    v[j].value = io::nearest_double(text);
    v[j].exact = io::is_double(text) ? "" : text;
  }
}

std::string megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g MB", bytes / 1e6);
  return text;
}

}  // namespace

std::vector<FeatureRelations> feature_relations(const Setting& s, const std::vector<FeatureList>& lists) {
  std::vector<FeatureRelations> results(lists.size());
  // Modulo the prime. As many draws as make more rows than columns, since one draw has one row a sample only.
  const std::size_t m = s.samples().size();
  std::vector<Echelon> echelons;
  std::size_t widest = 0;
  for (const FeatureList& list : lists) {
    echelons.emplace_back(list.features.size() + (list.one ? 1 : 0));
    widest = std::max(widest, list.features.size() + 1);
  }
  const Features<Modular> residues(s);
  s.for_each_sample([&](std::size_t i, const std::vector<Matrix<Ball>>& balls, std::size_t column) {
    for (std::size_t draw = 0; draw < (widest + 8) / m + 1; ++draw) {
      if (std::all_of(echelons.begin(), echelons.end(), [](const Echelon& e) { return e.is_full(); }))
        return false;
      Modular modular(draw * s.problem.samples() + i);
      const auto values = residues.at(modular, i, balls, column);
      for (std::size_t l = 0; l < lists.size(); ++l) {
        if (echelons[l].is_full()) continue;
        Echelon::Row row;
        for (const Modular::Value& v : selected<Modular>(lists[l], values)) row.push_back(v.residue);
        echelons[l].add(std::move(row));
      }
    }
    return true;
  });
  // Over the rational numbers, for the features that are left: one row for each sample and atom.
  using Rows = std::vector<std::vector<std::string>>;
  std::vector<std::vector<std::size_t>> related(lists.size());
  std::vector<Rows> matrices(lists.size());
  bool any = false;
  for (std::size_t l = 0; l < lists.size(); ++l) {
    if (echelons[l].is_full()) continue;
    related[l] = echelons[l].related();
    FeatureRelations& result = results[l];
    result.involved = related[l].size();
    result.dimension = lists[l].features.size() + (lists[l].one ? 1 : 0) - echelons[l].rank();
    // Cramer's rule: entries of `rank` times the bits of one of the matrix.
    const double rank = static_cast<double>(result.involved - result.dimension);
    const double bytes = static_cast<double>(result.dimension) * rank * rank * kEntryBytes;
    if (bytes > kLargestBasis) {
      result.skipped = "a basis of " + std::to_string(result.dimension) + " exact relations between " +
                       std::to_string(result.involved) + " features may take " + megabytes(bytes) +
                       ", more than " + megabytes(kLargestBasis);
      continue;
    }
    matrices[l].resize(result.involved);
    any = true;
  }
  if (!any) return results;
  const Features<Exact> exact_features(s);
  s.for_each_sample([&](std::size_t i, const std::vector<Matrix<Ball>>& balls, std::size_t column) {
    Exact exact;
    const auto values = exact_features.at(exact, i, balls, column);
    for (std::size_t l = 0; l < lists.size(); ++l) {
      if (matrices[l].empty()) continue;
      const std::vector<Exact::Value> all = selected<Exact>(lists[l], values);
      std::map<std::size_t, std::size_t> row_of;  // atom -> row
      std::size_t rows = matrices[l][0].size() + 1;
      for (const std::size_t j : related[l]) {
        for (const auto& term : all[j].terms) rows += row_of.emplace(term.first, rows).second ? 1 : 0;
      }
      for (std::size_t c = 0; c < related[l].size(); ++c) {
        std::vector<std::string>& entries = matrices[l][c];
        entries.push_back(all[related[l][c]].constant.get_str());
        entries.resize(rows, "0");
        for (const auto& [atom, coefficient] : all[related[l][c]].terms)
          entries[row_of.at(atom)] = coefficient.get_str();
      }
    }
    return true;
  });
  for (std::size_t l = 0; l < lists.size(); ++l) {
    if (matrices[l].empty()) continue;
    auto basis = exact_relations(matrices[l], kLargestRelation);
    if (!basis) {
      results[l].skipped = "the exact null space of " + std::to_string(matrices[l][0].size()) + " x " +
                           std::to_string(matrices[l].size()) + " numbers, more than " +
                           std::to_string(kLargestRelation) + " in all";
      continue;
    }
    results[l].basis = std::move(*basis);
    results[l].dimension = results[l].basis.size();
    for (SparseVector& v : results[l].basis) {
      scale(v);
      for (SparseEntry& entry : v) entry.parameter = related[l][entry.parameter];
    }
  }
  return results;
}

}  // namespace pgb::flat_detail
