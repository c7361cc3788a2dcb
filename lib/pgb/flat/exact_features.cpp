#include "pgb/flat/exact_features.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "pgb/flat/exact_arithmetic.h"
#include "pgb/io/exact_number.h"

namespace pgb::flat_detail {
namespace {

constexpr std::size_t kLargestRelation = 4'000'000;  // entries of a matrix whose exact null space is computed
constexpr double kLargestBasis = 2e5;                // bytes of a basis of the null space
constexpr double kEntryBytes = 8;                    // of one number of the matrix, roughly

template <class A>
std::vector<typename A::Number> numbers(const io::Tensor& tensor, std::size_t begin, std::size_t end) {
  std::vector<typename A::Number> list;
  for (std::size_t k = begin; k < end; ++k) {
    const auto exact = tensor.exact.find(k);
    list.push_back(exact == tensor.exact.end() ? A::number(tensor.values[k]) : A::number(exact->second));
  }
  return list;
}

// What is rational of an activation: its slopes on both sides of 0, where it is linear there, and its value
// at 0.
struct Known {
  std::optional<std::string> positive, negative, at_zero;
};

std::optional<std::string> exact_text(const Ball& x) {
  if (!x.is_exact()) return std::nullopt;
  return to_rational(to_real(x));
}

Known known_of(const Op& op) {
  const auto at = [&](int x) {
    const Matrix<Ball> argument(1, 1, Vector<Ball>{Ball(x)});
    OpArguments<Ball> arguments;
    arguments.inputs = {argument.view()};
    return op.forward(arguments)(0, 0);
  };
  const PrecisionScope scope(128);
  Known known;
  known.at_zero = exact_text(at(0));
  if (op.linear_for_positive()) known.positive = exact_text(at(1));
  if (op.positively_homogeneous()) known.negative = exact_text(-at(-1));
  return known;
}

// Features of one sample at a time, in an arithmetic A.
template <class A>
class Features {
 public:
  using Value = typename A::Value;

  Features(const Setting& s, const std::vector<Known>& known)
      : s_(s), known_(known), z_(numbers<A>(s.problem.parameters, 0, s.graph.parameters())) {}

  // Of every value of the graph, at sample i; column `column` of `balls` encloses the results of the nodes.
  std::vector<std::vector<Value>> at(A& a, std::size_t i, const std::vector<Matrix<Ball>>& balls,
                                     std::size_t column) const {
    const std::size_t d_x = s_.graph.inputs();
    std::vector<std::vector<Value>> values(s_.graph.nodes().size() + 1);
    for (const auto& x : numbers<A>(s_.problem.x, i * d_x, (i + 1) * d_x))
      values[0].push_back(A::constant(x));
    for (std::size_t k = 0; k < s_.graph.nodes().size(); ++k) {
      const GraphNode& node = s_.graph.nodes()[k];
      std::vector<Value>& out = values[k + 1];
      const std::vector<Value>& in = values[node.inputs[0]];
      switch (node.op->kind()) {
        case OpKind::affine:
          for (std::size_t r = 0; r < s_.rows(k); ++r) {
            Value sum = s_.bias(k, r) == kNone ? Value{} : A::constant(z_[s_.bias(k, r)]);
            for (std::size_t j = 0; j < in.size(); ++j) A::add(sum, z_[s_.weight(k, r, j)], in[j]);
            out.push_back(std::move(sum));
          }
          break;
        case OpKind::elementwise:
          for (std::size_t u = 0; u < in.size(); ++u) {
            const Ball* argument = node.inputs[0] == 0 ? nullptr : &balls[node.inputs[0] - 1](u, column);
            out.push_back(activated(a, k, in[u], argument, balls[k](u, column)));
          }
          break;
        case OpKind::rename:
          out = in;
          break;
        case OpKind::sum:
          out = in;
          for (std::size_t t = 1; t < node.inputs.size(); ++t) {
            for (std::size_t u = 0; u < out.size(); ++u) A::add(out[u], 1, values[node.inputs[t]][u]);
          }
          break;
        case OpKind::product:
          for (std::size_t u = 0; u < in.size(); ++u) out.push_back(product(a, k, u, values));
          break;
        case OpKind::concatenation:
          for (const std::size_t v : node.inputs) out.insert(out.end(), values[v].begin(), values[v].end());
          break;
        case OpKind::other:
          for (std::size_t u = 0; u < s_.rows(k); ++u) out.push_back(unknown(a, k, u));
          break;
      }
    }
    return values;
  }

 private:
  // A number of its own.
  Value unknown(A& a, std::size_t k, std::size_t u) const {
    return a.atom(s_.graph.nodes().size() * (1 + u) + k, Value{}, false);
  }

  Value activated(A& a, std::size_t k, const Value& x, const Ball* argument, const Ball& result) const {
    const GraphNode& node = s_.graph.nodes()[k];
    if (A::is_zero(x) && known_[k].at_zero) return A::constant(A::number(*known_[k].at_zero));
    if (A::is_rational(x)) {
      if (node.op_name == "square") {
        Value y;
        A::add(y, A::as_number(x), x);
        return y;
      }
      if (const auto text = exact_text(result)) return A::constant(A::number(*text));
    }
    const bool positive = argument != nullptr && argument->certainly_positive();
    const bool negative = argument != nullptr && argument->certainly_negative();
    const std::optional<std::string>& slope = positive ? known_[k].positive : known_[k].negative;
    if ((!positive && !negative) || !slope) return a.atom(k, x, node.op->odd());
    Value y;
    A::add(y, A::number(*slope), x);
    return y;
  }

  // Two by two; a product of two that are not rational is a number of its own.
  Value product(A& a, std::size_t k, std::size_t u, const std::vector<std::vector<Value>>& values) const {
    const std::vector<std::size_t>& inputs = s_.graph.nodes()[k].inputs;
    Value left = values[inputs[0]][u];
    for (std::size_t t = 1; t < inputs.size(); ++t) {
      const Value& right = values[inputs[t]][u];
      if (!A::is_rational(left) && !A::is_rational(right)) return unknown(a, k, u);
      Value y;
      if (A::is_rational(left)) {
        A::add(y, A::as_number(left), right);
      } else {
        A::add(y, A::as_number(right), left);
      }
      left = std::move(y);
    }
    return left;
  }

  const Setting& s_;
  const std::vector<Known>& known_;
  std::vector<typename A::Number> z_;
};

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
  std::vector<Known> known;
  for (const GraphNode& node : s.graph.nodes()) {
    known.push_back(node.op->kind() == OpKind::elementwise ? known_of(*node.op) : Known{});
  }
  // Modulo the prime. As many draws as make more rows than columns, since one draw has one row a sample only.
  const std::size_t m = s.samples().size();
  std::vector<Echelon> echelons;
  std::size_t widest = 0;
  for (const FeatureList& list : lists) {
    echelons.emplace_back(list.features.size() + (list.one ? 1 : 0));
    widest = std::max(widest, list.features.size() + 1);
  }
  const Features<Modular> residues(s, known);
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
  const Features<Exact> exact_features(s, known);
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
