// Seeded mutations of accepted certificates that leave something unproven: they are rejected, all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "support/random.h"
#include "verifier/examples.h"

namespace pgb::test {
namespace {

std::string random_field(Random& random, const Json& object) {
  std::size_t at = random.index(object.size());
  for (const auto& item : object.items()) {
    if (at-- == 0) return item.key();
  }
  return "";
}

// A text that is not a certificate of anything true, whatever the random choices; "" where this way does not
// apply.
std::string damaged(Random& random, const std::vector<Example>& all, std::size_t which) {
  Json c = all[which].certificate;
  const std::string part = random.coin() ? "/statement" : "/proof";
  switch (random.index(9)) {
    case 0: {  // a field dropped that has to be there
      Json& object = random.coin() ? c : c[Json::json_pointer(part)];
      const std::string field = random_field(random, object);
      object.erase(field);
      // Less may be claimed, and a minor may do without its prime.
      const bool optional =
          field == "strict_minimum" || field == "smaller_minimum" || field == "isolated" || field == "prime";
      return optional ? "" : c.dump();
    }
    case 1: {  // a field given twice
      const std::string text = c.dump();
      const std::size_t brace = text.find("\"statement\":{") + 13;
      return text.substr(0, brace) + "\"kind\":\"rank\"," + text.substr(brace);
    }
    case 2:  // an unknown field
      c[Json::json_pointer(part)]["tolerance"] = "1";
      return c.dump();
    case 3: {  // a value of another type
      const Json::json_pointer place = random_place(random, c, part);
      static const std::vector<Json> others{nullptr, false,          1.5,   "nan", "1/0",
                                            -1,      Json::object(), "inf", 1e300};
      c[place] = others[random.index(others.size())];
      return c.dump();
    }
    case 4: {  // the problem of another certificate, with or without its digest
      const Json& other = all[random.index(all.size())].certificate;
      if (other["problem_sha256"] == c["problem_sha256"]) return "";
      (random.coin() ? c["problem"] : c["problem_sha256"]) = other["problem"];
      c["problem_sha256"] = random.coin() ? other["problem_sha256"] : c["problem_sha256"];
      return c["problem"] == other["problem"] && c["problem_sha256"] == other["problem_sha256"] ? ""
                                                                                                : c.dump();
    }
    case 5: {  // one number of the problem moved by one ulp
      std::vector<Json::json_pointer> places = places_in(c, "/problem");
      const auto is_number = [&](const Json::json_pointer& p) {
        return c[p].is_string() && c[p].get<std::string>().find("0x") != std::string::npos;
      };
      places.erase(std::remove_if(places.begin(), places.end(), [&](const auto& p) { return !is_number(p); }),
                   places.end());
      Json& value = c[places[random.index(places.size())]];
      const double before = std::strtod(value.get<std::string>().c_str(), nullptr);
      value = hex(std::nextafter(before, random.coin() ? 1e9 : -1e9));
      return c.dump();
    }
    case 6: {  // a digit of the digest
      std::string digest = c["problem_sha256"];
      char& digit = digest[random.index(digest.size())];
      digit = digit == '0' ? '1' : '0';
      c["problem_sha256"] = digest;
      return c.dump();
    }
    case 7:  // a precision that is not allowed
      c["proof"]["precision"] = std::vector<int>{0, 1, 52, 65537, 1000000}[random.index(5)];
      return c.dump();
    default: {  // cut short, or bytes changed into what is not JSON
      const std::string text = c.dump();
      return text.substr(0, random.index(text.size()));
    }
  }
}

TEST(Mutations, DamagedCertificatesAreRejected) {
  const std::vector<Example> all = examples();
  std::map<std::string, std::size_t> count;
  for (std::size_t which = 0; which < all.size(); ++which) {
    std::size_t& done = count[all[which].certificate["statement"]["kind"]];
    for_each_trial(220, [&](Random& random) {
      Random own(random.seed() + 1000003 * which);
      const std::string text = damaged(own, all, which);
      if (text.empty()) return;
      ++done;
      const verifier::Outcome o = outcome(text);
      EXPECT_FALSE(o.accepted) << all[which].name << ", seed " << random.seed() << "\n"
                               << text << "\n"
                               << o.message;
    });
  }
  for (const auto& [kind, done] : count) {
    std::printf("%s: %zu damaged certificates, all rejected\n", kind.c_str(), done);
    EXPECT_GE(done, trials(200)) << kind;
  }
}

// Numbers of any size, for every operation: an answer, in little time.
TEST(Mutations, ExtremeNumbersNeitherCrashNorHang) {
  static const std::vector<std::string> numbers{"1e1900", "-1e1900", "1e-1900", "-1e-1900",
                                                "1e300",  "1e18",    "-1e6",    "1/3"};
  static const std::vector<std::string> ops{"relu",    "leaky_relu", "elu",   "selu", "softplus",
                                            "sigmoid", "tanh",       "erf",   "gelu", "silu",
                                            "exp",     "sin",        "square"};
  for_each_trial(150, [](Random& random) {
    ProblemText text(1);
    text.linear("h", {{0.5}, {-0.25}}, {0.5, 1})
        .op(ops[random.index(ops.size())])
        .linear("f", {{1, -1}}, {0.125});
    text.op(ops[random.index(ops.size())])
        .data({{-1}, {1}}, {{1}, {-1}}, random.coin() ? "logistic" : "squared");
    text.added("1/10");
    const auto any = [&] { return numbers[random.index(numbers.size())]; };
    Json changes = Json::array();
    for (std::size_t k = 0; k < 10; k += random.between(1, 4)) changes.push_back(Json::array({k, any()}));
    const std::string radius = random.coin() ? "1e-1900" : random.coin() ? "1e1900" : "1";
    const Json center{{"saved_plus", changes}}, precision = random.coin() ? 53 : 1000;
    const Json claims[][2] = {
        {{{"kind", "not-critical"}, {"center", center}, {"radius", radius}},
         {{"component", random.index(10)}, {"precision", precision}}},
        {{{"kind", "critical-point"},
          {"center", center},
          {"radius", radius},
          {"uniqueness_radius", "1e1901"}},
         {{"pinned", Json::array()}, {"symmetries", Json::array()}, {"precision", precision}}},
        {{{"kind", "lower-value"}, {"center", center}, {"radius", radius}, {"other", "saved"}},
         {{"precision", precision}}},
        {{{"kind", "flat-direction"}, {"center", center}},
         {{"direction", sparse({{8, any()}, {9, any()}})},
          {"epsilon", "1e1900"},
          {"component", 7},
          {"precision", precision}}},
        {{{"kind", "no-suboptimal-local-minimum"}, {"center", center}, {"radius", radius}},
         {{"coordinates", {0, 6}}, {"precision", precision}}}};
    for (const auto& claim : claims) {
      const std::string message = outcome(certificate(text, claim[0], claim[1])).message;
      EXPECT_FALSE(message.empty());
    }
  });
}

}  // namespace
}  // namespace pgb::test
