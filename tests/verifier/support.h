// Problems and certificates written by hand.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/io/problem_file.h"
#include "support/random.h"
#include "verifier/verify.h"

namespace pgb::test {

using Json = nlohmann::json;
using Numbers = std::vector<double>;
using Rows = std::vector<Numbers>;

std::string hex(double value);  // exact

// The canonical JSON of a problem, put together piece by piece.
class ProblemText {
 public:
  explicit ProblemText(std::size_t inputs);

  // y = W x + b with new tensors "<name>.weight" and "<name>.bias" (none where `bias` is empty). An empty
  // `input` is the node before.
  ProblemText& linear(const std::string& name, const Rows& weight, const Numbers& bias = {},
                      const std::string& input = "");
  // The same with the tensors of another node.
  ProblemText& tied(const std::string& name, const std::string& other, bool bias);
  ProblemText& op(const std::string& op, const std::vector<std::string>& inputs = {},
                  const std::string& name = "");
  ProblemText& number(const std::string& attribute, double value);  // of the last node
  ProblemText& data(const Rows& x, const Rows& y, const std::string& loss = "squared");
  ProblemText& classes(const Rows& x, const std::vector<int>& y);
  ProblemText& added(const std::string& lambda, const Numbers& a = {}, const Numbers& b = {});
  ProblemText& regularized(const std::string& lambda);

  Json json;

 private:
  Json tensor(const std::vector<std::size_t>& shape, const Numbers& values) const;
  std::string before() const;
};

// The certificate's JSON, problem and digest included.
Json certificate(const ProblemText& problem, const Json& statement, const Json& proof);

// What pgbverify does with a text; a certificate that cannot be read is rejected.
verifier::Outcome outcome(const std::string& text);
verifier::Outcome outcome(const Json& certificate);

bool accepted(const Json& certificate);

// The places of all values inside the one at `under`, itself included; one of them.
std::vector<Json::json_pointer> places_in(const Json& json, const std::string& under);
Json::json_pointer random_place(Random& random, const Json& json, const std::string& under);

// A fully connected network in double precision, written on its own: sizes.front() inputs, tanh or relu
// between.
struct Network {
  std::vector<std::size_t> sizes;
  std::string activation = "tanh";
  bool bias = true;
  Numbers z;  // weight before bias, layer by layer

  std::size_t parameters() const;
  Numbers operator()(const Numbers& x) const;
  ProblemText problem() const;  // without data
};

}  // namespace pgb::test
