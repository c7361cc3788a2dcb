// Seeded mutations of the numbers of accepted certificates: where they are accepted still, the statement is
// compared with what is known of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "support/random.h"
#include "verifier/examples.h"

namespace pgb::test {
namespace {

// Numbers of statement and proof replaced by others of the same form. What is accepted has to be true, which
// is known of these examples for every such change: see the formulas.
std::string nudged(Random& random, const std::string& before) {
  static const std::vector<std::string> numbers{"0",    "1",   "-1",   "1/2",  "2",     "-1/3",
                                                "1e-3", "1/8", "3/64", "1000", "1e-30", "-0x1p-40"};
  if (random.coin(0.3)) return numbers[random.index(numbers.size())];
  if (random.coin(0.3)) return before[0] == '-' ? before.substr(1) : '-' + before;
  return hex(std::ldexp(random.uniform(), static_cast<int>(random.index(20)) - 14));
}

void nudge(Random& random, Json& c) {
  for (std::size_t changes = random.between(1, 3); changes > 0; --changes) {
    const Json::json_pointer place = random_place(random, c, random.coin() ? "/statement" : "/proof");
    Json& value = c[place];
    if (value.is_number_unsigned())
      value = value.get<std::size_t>() > 50 ? 53 + random.index(200) : random.index(6);
    else if (value == "saved")
      value = {{"saved_plus", Json::array({Json::array({random.index(5), nudged(random, "1/4")})})}};
    else if (value.is_string() && (std::isdigit(value.get<std::string>().back()) != 0))
      value = nudged(random, value);
    else if (value.is_boolean() || value.is_array())
      value = value.is_array() && !value.empty() && random.coin() ? Json::array({value[0]}) : value;
  }
}

double number(const std::string& text) {
  const std::size_t slash = text.find('/');
  const double top = std::strtod(text.c_str(), nullptr);
  return slash == std::string::npos ? top : top / std::strtod(text.c_str() + slash + 1, nullptr);
}

// The centre, for an example whose saved parameters are `saved`; accepted certificates have one of the known
// forms.
Numbers center_of(const Json& point, Numbers saved) {
  if (point.is_array()) {
    for (std::size_t k = 0; k < saved.size(); ++k) saved[k] = number(point[k]);
  } else if (point.is_object()) {
    for (const Json& change : point["saved_plus"]) saved[change[0]] += number(change[1]);
  }
  return saved;
}

struct Truth {
  std::string example;
  Numbers saved;
  std::function<bool(const Json& statement, const Numbers& center, double radius)> holds;
};

bool split_is_true(const Json& s, const Numbers& z, double r) {
  const double room = r + 1e-14;
  const bool near =
      std::fabs(z[0] - embedded_minimum.w) < room && std::fabs(z[2] + z[3] - embedded_minimum.a) < room;
  if (!s.contains("splits")) return false;  // not an isolated critical point
  const double share = number(s["splits"][0]["share"]);
  const bool minimum = !s.contains("strict_minimum") || (share > 0 && share < 1);
  const bool isolated = !s.contains("isolated") || (share != 0 && share != 1);
  return near && z[0] == z[1] && minimum && isolated && (!s.contains("saddle") || share < 0 || share > 1);
}

// v_1 sigmoid(w_1 . x) + v_2 sigmoid(w_2 . x) on (1, 0), (0, 1), (1/2, 1/2) with targets 0, 0, 1, z = (w_1,
// w_2, v).
double three_sample_loss(const Numbers& z) {
  const auto s = [](double t) { return 1 / (1 + std::exp(-t)); };
  const double x[3][2] = {{1, 0}, {0, 1}, {0.5, 0.5}};
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    const double f = z[4] * s(z[0] * x[i][0] + z[1] * x[i][1]) + z[5] * s(z[2] * x[i][0] + z[3] * x[i][1]);
    sum += (f - (i == 2)) * (f - (i == 2)) / 3;
  }
  return sum;
}

// Not farther than r from the surface w_11 = w_12, w_21 = w_22, f = 1/3, and no lower value is near the point
// that it comes to.
bool level_set_is_true(const Numbers& z, double r) {
  const auto s = [](double t) { return 1 / (1 + std::exp(-t)); };
  const double room = 2 * r + 1e-14, f = z[4] * s(z[0]) + z[5] * s(z[2]);
  if (std::fabs(z[0] - z[1]) > room || std::fabs(z[2] - z[3]) > room) return false;
  if (r < 1e-3 && std::fabs(f - 1. / 3) > 4 * room * (1 + std::fabs(z[4]) + std::fabs(z[5]))) return false;
  const Numbers on{z[0], z[0], z[2], z[2], z[4], (1. / 3 - z[4] * s(z[0])) / s(z[2])};
  std::mt19937_64 engine(1);
  for (int k = 0; k < 500; ++k) {
    Numbers moved = on;
    for (double& c : moved) c += std::ldexp(static_cast<double>(engine() >> 11) * 0x1p-52 - 1, -7 - k % 4);
    if (three_sample_loss(moved) < 2. / 9 - 1e-15) return false;
  }
  return true;
}

std::vector<Truth> truths() {
  const double slack = 1 + 1e-12;
  const auto far = [=](double x, double from, double radius) {
    return std::fabs(x - from) * slack >= radius;
  };
  const auto near = [=](double x, double from, double radius) {
    return std::fabs(x - from) <= radius * slack;
  };
  return {
      // Q = (w - 1)^2 + (b - 1)^2
      {"critical-point",
       {1, 1},
       [=](const Json&, const Numbers& z, double r) { return near(z[0], 1, r) && near(z[1], 1, r); }},
      {"not-critical",
       {0, 0},
       [=](const Json&, const Numbers& z, double r) { return far(z[0], 1, r) || far(z[1], 1, r); }},
      {"lower-value",
       {0, 0},
       [=](const Json& s, const Numbers& z, double r) {
         const Numbers o = center_of(s["other"], {0, 0});
         const double dw = std::fmax(0, std::fabs(z[0] - 1) - r), db = std::fmax(0, std::fabs(z[1] - 1) - r);
         return (o[0] - 1) * (o[0] - 1) + (o[1] - 1) * (o[1] - 1) <= (dw * dw + db * db) * slack;
       }},
      // See embedded_minimum: w_1 = w_2, v_1 = share (v_1 + v_2); a minimum for shares between 0 and 1, a
      // saddle outside.
      {"split minimum",
       {embedded_minimum.w, embedded_minimum.w, embedded_minimum.a / 2, embedded_minimum.a / 2},
       split_is_true},
      {"split saddle",
       {embedded_minimum.w, embedded_minimum.w, 2 * embedded_minimum.a, -embedded_minimum.a},
       split_is_true},
      {"split, isolated",
       {embedded_minimum.w, embedded_minimum.w, 2 * embedded_minimum.a, -embedded_minimum.a},
       split_is_true},
      {"level-set",
       {-1, -1, -1, -1, level_set_weight, level_set_weight},
       [](const Json&, const Numbers& z, double r) { return level_set_is_true(z, r); }},
      {"rank", {0, 0}, [](const Json& s, const Numbers&, double) { return s["at_least"] <= 2; }},
      // Q = ((-v tanh w) - 1)^2 / 2 + …: d_w^2 Q etc. at (w, v); d^T H d < 0 for some d only where H is not
      // semidefinite
      {"negative-curvature",
       {0, 0},
       [](const Json&, const Numbers& z, double) {
         const double t = std::tanh(z[0]), s = 1 - t * t, v = z[1], r = v * t + 1;  // Q = r^2
         const double ww = 2 * v * v * s * s - 4 * r * v * t * s, wv = 2 * t * v * s + 2 * r * s,
                      vv = 2 * t * t;
         return ww < 0 || ww * vv - wv * wv < 0;
       }},
      // residuals of f = w x + c on (-1, 1), (1, -1) with added neurons: c - w - 1 and c + w + 1
      {"no-local-minimum",
       {0, 0, 0, 0, 0},
       [=](const Json&, const Numbers& z, double r) {
         return far(z[1], 0, r) || far(z[0], -1, r) || r < 0.5;
       }},
      // Q = (w - 1)^2 + (b - 1)^2: its only critical point is listed, or outside
      {"box-tree",
       {0, 0},
       [=](const Json& s, const Numbers& z, double) {
         bool outside = false, listed = !s["undecided"].empty();
         for (std::size_t k = 0; k < 2; ++k)
           outside = outside || far(z[k], 1, number(s["radii"][s["radii"].size() == 1 ? 0 : k]));
         for (const Json& p : s["points"]) {
           const Numbers at = center_of(p["center"], {0, 0});
           const bool true_point = near(at[0], 1, number(p["radius"])) && near(at[1], 1, number(p["radius"]));
           if (!true_point || p.contains("maximum") || p.contains("saddle")) return false;
           listed = true;
         }
         return outside || listed;
       }},
      // Both samples have the input 1 and the targets 0 and 2: a minimum where w + b = 1
      {"interpolating-minimum, mean",
       {1, 0},
       [=](const Json&, const Numbers& z, double r) { return std::fabs(z[0] + z[1] - 1) <= 2 * r * slack; }},
      {"span-orthogonal, functions",
       {1, 0},
       [](const Json&, const Numbers& z, double) { return std::fabs(z[0] + z[1] - 1) < 1e-12; }},
  };
}

TEST(Nudges, CertificatesAreAcceptedOnlyIfTrue) {
  for (const Truth& truth : truths()) {
    const Json good = example(truth.example);
    std::size_t accepted_ones = 0, all = 0;
    for_each_trial(400, [&](Random& random) {
      Json c = good;
      nudge(random, c);
      if (c == good) return;
      ++all;
      const verifier::Outcome o = outcome(c);
      if (!o.accepted) return;
      ++accepted_ones;
      const Json& s = c["statement"];
      const double radius = s.contains("radius") ? number(s["radius"]) : 0;
      EXPECT_TRUE(truth.holds(s, center_of(s["center"], truth.saved), radius))
          << truth.example << ", seed " << random.seed() << "\n"
          << c["statement"].dump() << c["proof"].dump();
    });
    std::printf("%s: %zu nudged certificates, %zu accepted, all of them true\n", truth.example.c_str(), all,
                accepted_ones);
  }
}

// v s(w x + u) + c and the like with exact flat directions: a direction that is not flat is never accepted.
// Known for every direction from the outputs at a few steps, in long double.
TEST(Nudges, FlatDirectionsAreAcceptedOnlyIfFlat) {
  struct Flat {
    std::string example;
    std::function<long double(const std::vector<long double>& z, long double x)> output;
    std::vector<long double> z;
  };
  const auto relu = [](long double t) { return t > 0 ? t : 0; };
  const std::vector<Flat> flats{
      {"added-neurons",
       [](const auto& z, long double x) { return z[0] * x + z[1] + z[2] * std::exp(z[4] * x + z[3]); },
       {0, 0, 0, 0, 0}},
      {"free-parameters",
       [](const auto& z, long double x) { return z[2] * std::tanh(z[0] * x + z[1]) + z[3]; },
       {0, 0, 0, 0}},
      {"moves together",
       [](const auto& z, long double x) { return (z[2] + 5 * z[3]) * std::tanh(z[1] * std::tanh(z[0] * x)); },
       {0, 0, 1, 0}},
      {"difference",
       [](const auto& z, long double x) {
         return z[4] * std::tanh(z[2] * std::tanh(z[0] * x) + z[3] * std::tanh(z[1] * x));
       },
       {1, 1, 1, -1, 0}},
      {"equal units",
       [](const auto& z, long double x) {
         return z[4] * std::tanh(z[0] * x + z[2]) + z[5] * std::tanh(z[1] * x + z[3]) + z[6];
       },
       {1, 1, 0.25, 0.25, 0.5, 0.25, 0}},
      {"multiples",
       [=](const auto& z, long double x) {
         return z[4] * relu(z[0] * x + z[2]) + z[5] * relu(z[1] * x + z[3]) + z[6];
       },
       {1, 3, 0.5, 1.5, 0.5, 0.25, 0}}};
  for (const Flat& flat : flats) {
    const Json good = example(flat.example);
    std::size_t accepted_ones = 0;
    for_each_trial(400, [&](Random& random) {
      Json c = good;
      for (std::size_t i = random.between(1, 3); i > 0; --i) {
        Json& direction = c["proof"]["direction"];
        if (random.coin(0.3)) c["proof"]["component"] = random.index(flat.z.size());
        if (random.coin(0.3)) c["proof"]["epsilon"] = nudged(random, "1/4");
        if (random.coin(0.3))
          direction.push_back(Json::array({random.index(flat.z.size()), nudged(random, "1")}));
        if (random.coin() && !direction.empty())
          direction[random.index(direction.size())][1] = nudged(random, "1");
      }
      if (!accepted(c)) return;
      ++accepted_ones;
      for (const long double t : {0.25L, 0.5L, 1.0L}) {
        std::vector<long double> moved = flat.z;
        for (const Json& entry : c["proof"]["direction"])
          moved[entry[0]] += t * number(c["proof"]["epsilon"]) * number(entry[1]);
        for (const long double x : {-1.0L, 1.0L})
          EXPECT_NEAR(static_cast<double>(flat.output(moved, x) - flat.output(flat.z, x)), 0, 1e-12)
              << flat.example << ", seed " << random.seed() << "\n"
              << c["proof"].dump();
      }
    });
    std::printf("%s: %zu nudged directions accepted, all of them flat\n", flat.example.c_str(),
                accepted_ones);
  }
}

}  // namespace
}  // namespace pgb::test
