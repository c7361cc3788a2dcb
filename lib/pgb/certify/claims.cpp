#include "pgb/certify/claims.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "pgb/model/graph.h"

namespace pgb {
namespace {

constexpr long kExactBits = 1024;  // for sums and products that have to be exact
constexpr long kProofBits = 256;  // for the checker, where the producer worked in double with rigorous bounds

// Exact text of entry k.
std::string exact_entry(const io::Tensor& tensor, std::size_t k) {
  const auto exact = tensor.exact.find(k);
  return exact == tensor.exact.end() ? hex_text(tensor.values[k]) : exact->second;
}

std::string exact_entry(const SparseEntry& entry) {
  return entry.exact.empty() ? hex_text(entry.value) : entry.exact;
}

certificate::SparseVector sparse(const Vector<double>& v) {
  certificate::SparseVector entries;
  for (std::size_t k = 0; k < v.size(); ++k) {
    if (v[k] != 0) entries.push_back({k, hex_text(v[k])});
  }
  return entries;
}

const GraphNode& node_named(const Problem& problem, const std::string& name) {
  const auto& nodes = problem.model->graph()->nodes();
  return *std::find_if(nodes.begin(), nodes.end(), [&](const GraphNode& node) { return node.name == name; });
}

// A direction of orthogonal_inputs: one row of the node's weights, and its bias.
certificate::Symmetry orthogonal_input(const FlatFamily& family, std::size_t tangent,
                                       const Problem& problem) {
  const Graph& graph = *problem.model->graph();
  const GraphNode& node = node_named(problem, family.node);
  const ParameterBlock& weight = graph.blocks()[node.weight];
  const std::size_t columns = element_count(node.input_shapes[0]);
  certificate::Symmetry symmetry;
  symmetry.kind = certificate::Symmetry::Kind::orthogonal_input;
  symmetry.node = family.node;
  symmetry.vector.assign(columns + (node.bias == kNone ? 0 : 1), "0");
  for (const SparseEntry& entry : family.basis[tangent]) {
    if (entry.parameter >= weight.begin && entry.parameter < weight.end) {
      symmetry.unit = (entry.parameter - weight.begin) / columns;
      symmetry.vector[(entry.parameter - weight.begin) % columns] = exact_entry(entry);
    } else {
      symmetry.unit = entry.parameter - graph.blocks()[node.bias].begin;
      symmetry.vector[columns] = exact_entry(entry);
    }
  }
  return symmetry;
}

certificate::Symmetry symmetry_of(const FlatFamily& family, std::size_t tangent, const Problem& problem) {
  using Kind = certificate::Symmetry::Kind;
  certificate::Symmetry symmetry;
  switch (family.kind) {
    case FlatFamily::Kind::orthogonal_inputs:
      return orthogonal_input(family, tangent, problem);
    case FlatFamily::Kind::scaling:
      symmetry.kind = Kind::scaling;
      symmetry.node = family.node;
      symmetry.unit = family.unit;
      break;
    case FlatFamily::Kind::linear_maps:
      symmetry.first = family.node;
      symmetry.second = family.second;
      if (tangent < family.p * family.p) {
        symmetry.kind = Kind::linear_maps;
        symmetry.row = tangent / family.p;
        symmetry.column = tangent % family.p;
      } else {
        symmetry.kind = Kind::shift;
        symmetry.unit = tangent - family.p * family.p;
      }
      break;
    default:
      symmetry.kind = Kind::free;
      symmetry.parameter = family.basis[tangent].front().parameter;
  }
  return symmetry;
}

}  // namespace

std::vector<std::string> unknown_to_checker(const Problem& problem) {
  static const std::set<std::string> without{"conv2d",     "avg_pool2d", "max_pool2d", "global_avg_pool2d",
                                             "batch_norm", "rescale",    "permute",    "reshape"};
  std::set<std::string> unknown;
  if (const Graph* graph = problem.model->graph()) {
    for (const GraphNode& node : graph->nodes()) {
      if (without.count(node.op_name) != 0) unknown.insert(node.op_name);
    }
  }
  return {unknown.begin(), unknown.end()};
}

std::string hex_text(double x) {
  char text[48];
  std::snprintf(text, sizeof text, "%a", x);
  return text;
}

certificate::Point listed_point(const io::Tensor& point) {
  certificate::Point listed;
  listed.form = certificate::Point::Form::listed;
  for (std::size_t k = 0; k < point.size(); ++k) listed.numbers.push_back(exact_entry(point, k));
  return listed;
}

std::vector<std::pair<std::size_t, std::string>> direction_of(const FlatFamily& family,
                                                              const FlatViolation& violation) {
  const PrecisionScope scope(2048);
  std::size_t n = 0;
  for (const SparseVector& b : family.basis) {
    for (const SparseEntry& entry : b) n = std::max(n, entry.parameter + 1);
  }
  Vector<double> unit = violation.coordinates;
  for (double& c : unit) c /= violation.epsilon;  // a power of two
  const Vector<Real> v = flat_point(family, Vector<Real>(n, Real(0)), unit);
  std::vector<std::pair<std::size_t, std::string>> direction;
  for (std::size_t k = 0; k < n; ++k) {
    if (v[k] != 0) direction.emplace_back(k, to_rational(v[k]));
  }
  return direction;
}

certificate::NotCritical claim_of(const NotCritical& proof) {
  certificate::NotCritical claim;
  claim.radius = hex_text(proof.radius);
  claim.component = proof.component;
  claim.precision = proof.precision_bits;
  return claim;
}

certificate::FlatDirection claim_of(const FlatFamily& family, const FlatViolation& violation) {
  certificate::FlatDirection claim;
  for (const auto& [k, text] : direction_of(family, violation)) claim.direction.push_back({k, text});
  claim.epsilon = hex_text(violation.epsilon);
  claim.component = violation.component;
  claim.precision = violation.precision_bits;
  return claim;
}

certificate::NoLocalMinimum claim_of(const NoLocalMinimum& proof) {
  certificate::NoLocalMinimum claim;
  claim.radius = hex_text(proof.radius);
  claim.output = proof.output;
  claim.sample = proof.sample;
  claim.precision = proof.precision_bits;
  return claim;
}

certificate::CriticalPoint claim_of(const CriticalPointProof& proof, const Problem& problem,
                                    const std::vector<FlatFamily>& families) {
  certificate::CriticalPoint claim;
  claim.center = listed_point(proof.center);
  claim.radius = hex_text(proof.existence_radius);
  // Between the two radii, so that the checker's one enclosure of the Hessian is narrow enough for
  // definiteness too.
  const double between = std::sqrt(proof.existence_radius) * std::sqrt(proof.uniqueness_radius);
  claim.uniqueness_radius = hex_text(std::clamp(between, proof.existence_radius, proof.uniqueness_radius));
  claim.strict_minimum = proof.strict_minimum;
  claim.saddle = proof.saddle;
  claim.pinned = proof.pinned;
  for (const SymmetryUse& use : proof.symmetries) {
    claim.symmetries.push_back(symmetry_of(families[use.family], use.tangent, problem));
  }
  claim.regular = proof.regular;
  claim.rows = proof.regular_rows;
  if (proof.saddle) claim.direction = sparse(proof.negative_direction);
  claim.precision = std::max(kProofBits, proof.precision_bits);
  return claim;
}

certificate::CriticalPoint claim_of(const EmbeddedPoint& point, const Problem& problem) {
  certificate::CriticalPoint claim = claim_of(point.smaller, problem, point.families);
  claim.center = listed_point(point.center);
  claim.smaller_minimum = point.smaller.strict_minimum && !point.splits.empty();
  claim.strict_minimum = point.minimum;
  claim.saddle = point.saddle;
  claim.direction = sparse(point.negative_direction);
  claim.still = point.still;
  add_isolation(point.isolation, claim);
  for (const UnitSplit& split : point.splits) {
    claim.splits.push_back({split.node, split.unit, split.other, hex_text(split.share)});
  }
  return claim;
}

certificate::LevelSet claim_of(const LevelSetProof& proof) {
  certificate::LevelSet claim;
  claim.center = listed_point(proof.center);
  claim.radius = hex_text(proof.radius);
  claim.classes = proof.classes;
  claim.across = proof.across;
  claim.precision = std::max(kProofBits, proof.precision_bits);
  return claim;
}

void add_isolation(const IsolationProof& proof, certificate::CriticalPoint& claim) {
  claim.isolated = proof.proven;
  if (proof.proven) claim.multipliers = {hex_text(proof.tau), hex_text(proof.c)};
}

certificate::Rank claim_of(const RankBound& bound) {
  certificate::Rank claim;
  claim.at_least = bound.at_least;
  claim.rows = bound.rows;
  claim.columns = bound.columns;
  claim.prime = bound.prime;
  claim.precision = bound.prime == 0 ? kProofBits : kExactBits;
  return claim;
}

certificate::InterpolatingMinimum claim_of(const InterpolationProof& proof) {
  certificate::InterpolatingMinimum claim;
  claim.center = listed_point(proof.center);
  claim.radius = hex_text(proof.radius);
  claim.coordinates = proof.coordinates;
  claim.precision = std::max(kProofBits, proof.precision_bits);
  return claim;
}

certificate::NoSuboptimalLocalMinimum claim_of(const FullRankProof& proof) {
  certificate::NoSuboptimalLocalMinimum claim;
  claim.radius = hex_text(proof.radius);
  claim.coordinates = proof.coordinates;
  claim.precision = std::max(kProofBits, proof.precision_bits);
  return claim;
}

certificate::NegativeCurvature claim_of(const NegativeCurvature& proof) {
  certificate::NegativeCurvature claim;
  claim.radius = hex_text(proof.radius);
  claim.direction = sparse(proof.direction);
  claim.precision = proof.precision_bits;
  return claim;
}

certificate::SpanOrthogonal claim_of(SpanBound bound) {
  certificate::SpanOrthogonal claim;
  using Space = certificate::SpanOrthogonal::Space;
  claim.space = bound == SpanBound::functions_of_x ? Space::functions_of_x
                : is_local(bound)                  ? Space::near
                                                   : Space::model;
  claim.precision = kExactBits;
  return claim;
}

}  // namespace pgb
