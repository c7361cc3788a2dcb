// What the list of features says without numbers: switches and exchanges of units.
#include <algorithm>
#include <map>
#include <numeric>

#include "pgb/certify/boxes/network.h"

namespace pgb::boxes {

std::vector<Network::Switch> Network::switches() const {
  std::vector<Switch> all;
  for (std::size_t k = 0; k < parameters_ && analytic_; ++k) {
    if (uses_[k] != 1) continue;
    std::vector<bool> reached(features_.size()), is_behind(parameters_, true);
    for (const std::size_t f : outputs_) reached[f] = true;
    for (std::size_t f = features_.size(); f-- > inputs_;) {
      if (!reached[f]) continue;
      if (features_[f].bias != npos) is_behind[features_[f].bias] = false;
      for (const auto& [h, w] : features_[f].terms) {
        if (w != npos) is_behind[w] = false;
        if (w == npos || w != k) reached[h] = true;
      }
    }
    Switch s{k, {}};
    for (std::size_t j = 0; j < parameters_; ++j) {
      const bool fed = is_behind[j] && uses_[j] > 0 && lambdas_[j].is_zero();
      if (fed) s.behind.push_back(j);
    }
    const bool is_bias =
        std::any_of(features_.begin(), features_.end(), [k](const Feature& f) { return f.bias == k; });
    if (!s.behind.empty() && !is_behind[k] && !is_bias) all.push_back(std::move(s));
  }
  return all;
}

// Whether every feature at z' is one at z, up to its sign, and every output itself.
bool Network::image(Symmetry& symmetry) const {
  using Key = std::vector<std::size_t>;
  const auto key = [&](const Feature& f, std::size_t bias,
                       std::vector<std::pair<std::size_t, std::size_t>> terms) {
    std::sort(terms.begin(), terms.end());
    Key k{static_cast<std::size_t>(f.kind), f.activation, bias};
    for (const auto& [h, w] : terms) k.insert(k.end(), {h, w});
    return k;
  };
  const auto to = [&](std::size_t k) { return k == npos ? npos : symmetry.order[k]; };
  std::map<Key, std::size_t> known;
  for (std::size_t f = inputs_; f < features_.size(); ++f) {
    std::vector<std::pair<std::size_t, std::size_t>> terms;
    for (const Term& t : features_[f].terms) terms.emplace_back(t.feature, t.weight);
    known.emplace(key(features_[f], features_[f].bias, terms), f);
  }
  std::vector<std::size_t> images(features_.size());
  std::iota(images.begin(), images.end(), std::size_t{0});
  std::vector<bool> minus(features_.size());
  for (std::size_t f = inputs_; f < features_.size(); ++f) {
    const Feature& feature = features_[f];
    std::vector<std::pair<std::size_t, std::size_t>> terms;
    std::size_t turned = 0, count = feature.bias == npos ? 0 : 1;
    if (feature.bias != npos && symmetry.negated[feature.bias]) ++turned;
    for (const auto& [h, w] : feature.terms) {
      terms.emplace_back(images[h], to(w));
      turned += minus[h] != (w != npos && symmetry.negated[w]) ? 1 : 0;
      ++count;
    }
    const bool product = feature.kind == Feature::Kind::product;
    const bool passes = feature.kind == Feature::Kind::affine ||
                        (feature.kind == Feature::Kind::activation && activations_[feature.activation].odd());
    if (turned != 0 && !product && !(passes && turned == count)) return false;
    const auto found = known.find(key(feature, to(feature.bias), terms));
    if (found == known.end()) return false;
    images[f] = found->second;
    minus[f] = product ? turned % 2 == 1 : turned > 0;
  }
  for (const std::size_t f : outputs_) {
    if (images[f] != f || minus[f]) return false;
  }
  for (std::size_t k = 0; k < parameters_; ++k) {
    const Interval &a = lambdas_[k], &b = lambdas_[symmetry.order[k]];
    if (a.low != b.low || a.high != b.high) return false;
  }
  return true;
}

// Candidates: two affine features that read the same, each read by one activation and that by one weight; or
// one of them with its sign turned. What image() confirms.
std::vector<Network::Symmetry> Network::symmetries() const {
  struct Unit {
    std::size_t row = 0, outgoing = npos;
  };
  std::vector<Unit> units;
  for (std::size_t f = inputs_; f < features_.size(); ++f) {
    if (features_[f].kind != Feature::Kind::affine) continue;
    Unit unit{f, npos};
    std::size_t readers = 0, activation = npos;
    for (std::size_t g = f + 1; g < features_.size(); ++g) {
      for (const Term& t : features_[g].terms) {
        if (t.feature == f) ++readers, activation = features_[g].kind == Feature::Kind::activation ? g : npos;
      }
    }
    if (readers != 1 || activation == npos) continue;
    readers = 0;
    for (std::size_t g = activation + 1; g < features_.size(); ++g) {
      for (const Term& t : features_[g].terms) {
        if (t.feature == activation) ++readers, unit.outgoing = t.weight;
      }
    }
    if (readers == 1 && unit.outgoing != npos) units.push_back(unit);
  }
  std::vector<Symmetry> all;
  const auto parameters_of = [&](const Unit& unit) {
    std::vector<std::size_t> list{unit.outgoing};
    for (const Term& t : features_[unit.row].terms) list.push_back(t.weight);
    if (features_[unit.row].bias != npos) list.push_back(features_[unit.row].bias);
    return list;
  };
  const auto try_it = [&](const Unit& a, const Unit& b) {
    const std::vector<std::size_t> p = parameters_of(a), q = parameters_of(b);
    if (p.size() != q.size() ||
        std::count(p.begin(), p.end(), npos) + std::count(q.begin(), q.end(), npos) > 0)
      return;
    Symmetry s{std::vector<std::size_t>(parameters_), std::vector<bool>(parameters_), a.outgoing, b.outgoing};
    std::iota(s.order.begin(), s.order.end(), std::size_t{0});
    for (std::size_t i = 0; i < p.size(); ++i) {
      s.order[p[i]] = q[i];
      s.order[q[i]] = p[i];
      if (a.row == b.row) s.negated[p[i]] = true;
    }
    if (image(s)) all.push_back(std::move(s));
  };
  for (std::size_t a = 0; a < units.size(); ++a) {
    try_it(units[a], units[a]);
    for (std::size_t b = a + 1; b < units.size(); ++b) try_it(units[a], units[b]);
  }
  return all;
}

}  // namespace pgb::boxes
