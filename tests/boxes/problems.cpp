#include "boxes/problems.h"

#include "certify/cases.h"
#include "pgb/certificate/certificate.h"

namespace pgb::test {

Problem logistic_weight() {
  return loaded(problem_json(R"({"input": 1, "nodes": [{"op": "linear", "weight": "w"}, {"op": "sigmoid"}]})",
                             R"({"w": [[0]]})", "[[16], [1]]", "[[0.75], [0.75]]"));
}

Problem two_logistic_weights() {
  return loaded(problem_json(R"({"input": 2, "nodes": [{"op": "linear", "weight": "w"}, {"op": "sigmoid"}]})",
                             R"({"w": [[0, 0]]})", "[[16, 0], [1, 0], [0, 16], [0, 1]]",
                             "[[0.75], [0.75], [0.75], [0.75]]"));
}

Problem tanh_unit(Bias bias) {
  const std::string hidden = bias == Bias::hidden ? R"(, "bias": "u")" : "";
  const std::string output = bias == Bias::output ? R"(, "bias": "c")" : "";
  const std::string more = bias == Bias::hidden   ? R"(, "u": [0])"
                           : bias == Bias::output ? R"(, "c": [0])"
                                                  : "";
  return loaded(problem_json(R"({"input": 1, "nodes": [{"op": "linear", "weight": "w")" + hidden +
                                 R"(}, {"op": "tanh"}, {"op": "linear", "weight": "a")" + output + "}]}",
                             R"({"w": [[0]], "a": [[0]])" + more + "}", "[[1], [2], [3]]",
                             bias == Bias::none ? "[[1], [3], [1]]" : "[[1], [3], [2]]"));
}

Problem augmented_samples(std::size_t samples) {
  return loaded(problem_json(R"({"input": 1, "nodes": [{"op": "linear", "weight": "w"}, {"op": "tanh"}]})",
                             R"({"w": [[0]]})", samples == 1 ? "[[1]]" : "[[1], [2]]",
                             samples == 1 ? "[[2]]" : "[[0.5], [1.5]]", "squared", augmented("1/10")));
}

io::Tensor origin(const Problem& problem) {
  return to_tensor(Vector<double>(problem.model->parameters(), 0.0));
}

verifier::Outcome checked(const Problem& problem, const boxes::SearchResult& result) {
  certificate::Certificate c;
  c.producer = "test";
  c.problem_sha256 = problem.sha256;
  c.problem = problem.canonical;
  c.claim = result.claim;
  const certificate::Certificate read =
      certificate::read_certificate(certificate::write_certificate(c), "certificate");
  return verifier::verify(read, io::read_problem_text(*read.problem, "problem"));
}

}  // namespace pgb::test
