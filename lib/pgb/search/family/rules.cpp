#include "pgb/search/family/rules.h"

#include <cmath>

#include "pgb/search/local/activation.h"

namespace pgb::search {
namespace {

constexpr std::uint64_t kDataStream = 0xda7a;

// m rows of the inputs, before repetition.
std::vector<double> input_rows(const InputRule& rule, std::size_t d_x, Random& random) {
  if (rule.kind == InputRule::Kind::fixed) return rule.fixed.values;
  std::vector<double> rows;
  if (rule.kind == InputRule::Kind::random) {
    for (std::size_t i = 0; i < rule.samples * d_x; ++i) rows.push_back(rule.draw(random));
    return rows;
  }
  std::vector<std::size_t> at(d_x, 0);
  for (bool more = true; more;) {
    for (std::size_t c = 0; c < d_x; ++c) {
      const auto last = static_cast<double>(rule.points[c] - 1);
      const double t = last == 0 ? 0.5 : static_cast<double>(at[c]) / last;
      rows.push_back(rule.from + (rule.to - rule.from) * t);
    }
    more = false;
    for (std::size_t c = d_x; c-- > 0 && !more;) {
      more = ++at[c] < rule.points[c];
      if (!more) at[c] = 0;
    }
  }
  return rows;
}

}  // namespace

double Draw::operator()(Random& random) const {
  switch (kind) {
    case Kind::uniform:
      return random.uniform(from, to);
    case Kind::normal:
      return scale * random.normal();
    case Kind::log_uniform: {
      const double magnitude = std::exp(random.uniform(std::log(from), std::log(to)));
      return !positive && random.uniform() < 0.5 ? -magnitude : magnitude;
    }
    case Kind::choice:
      break;
  }
  return values[random.index(values.size())];
}

std::size_t DataRule::samples() const {
  std::size_t m = 0;
  switch (x.kind) {
    case InputRule::Kind::fixed:
      m = x.fixed.shape.at(0);
      break;
    case InputRule::Kind::random:
      m = x.samples;
      break;
    case InputRule::Kind::grid:
      m = 1;
      for (const std::size_t p : x.points) m *= p;
  }
  return m * x.repeat;
}

bool DataRule::is_random() const {
  return x.kind == InputRule::Kind::random || y.kind == TargetRule::Kind::random ||
         y.kind == TargetRule::Kind::teacher;
}

std::size_t DataRule::count(std::size_t limit) const {
  std::size_t total = is_random() ? sets : 1;
  if (y.kind == TargetRule::Kind::patterns) {
    for (std::size_t i = 0; i < samples() * d_y; ++i) {
      if (total > limit / y.values.size()) return 0;
      total *= y.values.size();
    }
  }
  return total <= limit ? total : 0;
}

Data make_data(const DataRule& rule, std::uint64_t seed, std::size_t variant, std::size_t member) {
  const std::size_t m = rule.samples(), sets = rule.is_random() ? rule.sets : 1;
  Random random{seed, kDataStream, variant, member % sets};
  std::size_t pattern = member / sets;
  Data data;
  data.x.shape = {m, rule.d_x};
  data.y.shape = {m, rule.d_y};
  const std::vector<double> rows = input_rows(rule.x, rule.d_x, random);
  for (std::size_t i = 0; i < m; ++i) {
    const std::size_t row = i / rule.x.repeat;
    for (std::size_t c = 0; c < rule.d_x; ++c) data.x.values.push_back(rows[row * rule.d_x + c]);
  }
  if (rule.x.kind == InputRule::Kind::fixed && rule.x.repeat == 1) data.x.exact = rule.x.fixed.exact;
  std::vector<double> teacher;
  if (rule.y.kind == TargetRule::Kind::teacher) {
    for (std::size_t k = 0; k < parameter_count(rule.y.teacher); ++k) teacher.push_back(rule.y.draw(random));
  }
  if (rule.y.kind == TargetRule::Kind::fixed) {
    data.y.values = rule.y.fixed.values;
    data.y.exact = rule.y.fixed.exact;
    return data;
  }
  for (std::size_t i = 0; i < m; ++i) {
    std::vector<double> outputs;
    if (!teacher.empty()) outputs = network_outputs(rule.y.teacher, teacher, &data.x.values[i * rule.d_x]);
    for (std::size_t k = 0; k < rule.d_y; ++k) {
      double y = 0;
      if (rule.y.kind == TargetRule::Kind::patterns) {
        y = rule.y.values[pattern % rule.y.values.size()];
        pattern /= rule.y.values.size();
      } else if (rule.y.kind == TargetRule::Kind::random) {
        y = rule.y.draw(random);
      } else {
        y = outputs[k] + (rule.y.noise > 0 ? rule.y.noise * random.normal() : 0);
      }
      data.y.values.push_back(y);
    }
  }
  return data;
}

std::size_t parameter_count(const Widths& net) {
  std::size_t n = 0;
  for (std::size_t k = 0; k + 1 < net.widths.size(); ++k) {
    n += net.widths[k + 1] * (net.widths[k] + (net.bias[k] ? 1 : 0));
  }
  return n;
}

std::vector<double> network_outputs(const Widths& net, const std::vector<double>& parameters,
                                    const double* x) {
  std::vector<double> h(x, x + net.widths.front());
  const double* z = parameters.data();
  for (std::size_t k = 0; k + 1 < net.widths.size(); ++k) {
    const std::size_t in = net.widths[k], out = net.widths[k + 1];
    const double* bias = z + in * out;
    std::vector<double> next(out);
    const Activation activation =
        activation_named(k + 2 < net.widths.size() ? net.activation : net.output_activation);
    for (std::size_t j = 0; j < out; ++j) {
      double p = net.bias[k] ? bias[j] : 0;
      for (std::size_t i = 0; i < in; ++i) p += z[j * in + i] * h[i];
      next[j] = activation_value(activation, p);
    }
    z = bias + (net.bias[k] ? out : 0);
    h = std::move(next);
  }
  return h;
}

}  // namespace pgb::search
