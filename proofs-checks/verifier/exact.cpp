#include "verifier/exact.h"

#include <algorithm>

namespace pgb::verifier {

using Op = Feature::Op;

Exact::Exact(const Rational& constant) {
  if (constant != 0) terms[{}] = constant;
}

Rational Exact::constant() const { return is_zero() ? Rational(0) : terms.begin()->second; }

Exact& Exact::add_product(const Exact& a, const Exact& b) {
  for (const auto& [atoms, factor] : a.terms) {
    for (const auto& [others, coefficient] : b.terms) {
      Indices all(atoms);
      all.insert(all.end(), others.begin(), others.end());
      std::sort(all.begin(), all.end());
      Rational& sum = terms[all];
      sum += factor * coefficient;
      const bool fits =
          mpz_sizeinbase(sum.get_num_mpz_t(), 2) + mpz_sizeinbase(sum.get_den_mpz_t(), 2) < 100000;
      require(fits && terms.size() <= 20000, "an exact value has too many digits or terms for the checker");
      if (sum == 0) terms.erase(all);
    }
  }
  return *this;
}

std::string Exact::text() const {
  std::string text;
  for (const auto& [atoms, coefficient] : terms) {
    text += coefficient.get_str() + ":";
    for (const std::size_t atom : atoms) text += std::to_string(atom) + "*";
  }
  return text;
}

ExactNetwork::ExactNetwork(const Setting& setting, const Rationals& z) : s_(setting), z_(z) {}

// s(x) = c s(c x) with c = -1 or 1 for odd s, chosen so that opposite numbers become equal arguments of an
// atom.
Exact ExactNetwork::activated(const Activation& s, const Exact& x, const Ball& enclosed) {
  using Kind = Activation::Kind;
  const bool rational = x.is_rational();
  if (s.piecewise() && (rational ? x.constant() >= 0 : enclosed.is_positive()))
    return Exact().add_product(Rational(s.scale), x);
  if (s.homogeneous() && (rational || enclosed.is_negative()))
    return Exact().add_product(Rational(s.slope), x);
  if (s.kind == Kind::square) return Exact().add_product(x, x);
  if (x.is_zero() && s.kind == Kind::sigmoid) return Rational(1, 2);
  if (x.is_zero() && s.kind != Kind::softplus) return Rational(s.kind == Kind::exp ? 1 : 0);
  const Rational c(s.odd() && x.terms.begin()->second < 0 ? -1 : 1);
  const std::string key = std::to_string(int(s.kind)) + " " + Rational(s.slope).get_str() + " " +
                          Rational(s.scale).get_str() + " " + Exact().add_product(c, x).text();
  Exact y;
  y.terms[{atoms_.emplace(key, atoms_.size()).first->second}] = c;
  return y;
}

Exacts ExactNetwork::features(std::size_t sample, const State& enclosed) {
  Exacts value(s_.features.size());
  for (std::size_t f = 0; f < value.size(); ++f) {
    const Feature& feature = s_.features[f];
    if (!feature.feeds_output) continue;
    const auto source = [&](std::size_t t) -> const Exact& { return value[feature.terms[t].feature]; };
    if (feature.op == Op::input) value[f] = s_.x[sample * s_.inputs + f];
    if (feature.op == Op::activation)
      value[f] = activated(feature.activation, source(0), enclosed.value[feature.terms[0].feature]);
    if (feature.op == Op::product) value[f].add_product(source(0), source(1));
    if (feature.bias != none) value[f] = z_[feature.bias];
    for (std::size_t t = 0; feature.op == Op::affine && t < feature.terms.size(); ++t) {
      const std::size_t w = feature.terms[t].weight;
      value[f].add_product(w == none ? Rational(1) : z_[w], source(t));
    }
  }
  return value;
}

Exacts exact_gradient(const Loss& loss, const Exacts& q, const Balls& enclosed, const Rational* y) {
  using Kind = Loss::Kind;
  Exacts gradient;
  for (std::size_t k = 0; k < q.size(); ++k) {
    const Rational d(loss.kind == Kind::mse || loss.kind == Kind::cross_entropy ? q.size() : 1);
    const Rational target = loss.class_targets() ? Rational(*y == Rational(k) ? 1 : 0) : y[k];
    Exact u = q[k];
    if (loss.class_targets()) {  // equal outputs have the probabilities 1 / d
      require(u.add_product(Rational(-1), q[0]).is_zero(), "the outputs of a sample are not exactly equal");
      gradient.emplace_back(Rational(1 / d - target));
    } else if (loss.least_squares()) {
      gradient.push_back(Exact().add_product(Rational(2 / d), u.add_product(Rational(-1), target)));
    } else if (loss.kind == Kind::polynomial_hinge && (Ball(1) - enclosed[k] * Ball(target)).is_negative()) {
      gradient.emplace_back(Rational(0));
    } else {
      require(u.is_rational(), "the output of a sample is not known as a rational number");
      const Rational off = u.constant() - target, margin = 1 - u.constant() * target;
      Rational slope = 3 * off * abs(off);  // absolute_cubed
      if (loss.kind == Kind::polynomial_hinge) {
        slope = -target * loss.power * (margin > 0 ? 1 : 0);
        for (int p = 1; p < loss.power; ++p) slope *= margin;
      }
      require(loss.kind != Kind::logistic || u.is_zero(), "the output of a sample is not exactly 0");
      gradient.emplace_back(loss.kind == Kind::logistic ? Rational(-target / 2) : slope);
    }
  }
  return gradient;
}

}  // namespace pgb::verifier
