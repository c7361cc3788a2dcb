#include "pgb/io/problem_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "pgb/io/json_text.h"
#include "pgb/io/model_spec.h"
#include "pgb/io/sha256.h"
#include "support.h"

#include <nlohmann/json.hpp>

namespace pgb::io {
namespace {

using test::error_of;
using Shape = std::vector<std::size_t>;

const char* const base = R"({
  "model": {"input": 2, "nodes": [{"op": "linear", "weight": "w", "bias": "b", "name": "h"}, {"op": "tanh"}]},
  "parameters": {"w": [["1/3", 2]], "b": [0.5]},
  "data": {"x": [[1, 2], [3, 4]], "y": [5, 6]},
  "loss": "squared"})";

// The base problem with a JSON merge patch applied.
std::string patched(const std::string& patch) {
  Json json = Json::parse(base);
  json.merge_patch(Json::parse(patch));
  return json.dump();
}

ProblemFile problem_of(const std::string& text) {
  const test::TemporaryFile file(text, ".json");
  return read_problem_file(file.path());
}

std::string error_for(const std::string& text) {
  const test::TemporaryFile file(text, ".json");
  const std::string message = error_of([&] { read_problem_file(file.path()); });
  return message.rfind(file.path(), 0) == 0 ? message.substr(file.path().size()) : message;
}

std::string patch_error(const std::string& patch) { return error_for(patched(patch)); }

std::string nodes_error(const std::string& nodes, const std::string& output = "") {
  return patch_error(R"({"model": {"nodes": )" + nodes + (output.empty() ? "" : R"(, "output": )" + output) +
                     "}}");
}

TEST(ProblemFile, FillsDefaults) {
  const ProblemFile problem = problem_of(base);
  ASSERT_EQ(problem.model.nodes.size(), 2U);
  EXPECT_EQ(problem.model.nodes[0].inputs, std::vector<std::string>{"x"});
  EXPECT_EQ(problem.model.nodes[1].name, "1");
  EXPECT_EQ(problem.model.nodes[1].inputs, std::vector<std::string>{"h"});
  EXPECT_EQ(problem.model.output, "1");
  EXPECT_EQ(problem.x.shape, (Shape{2, 2}));
  EXPECT_EQ(problem.y.shape, (Shape{2, 1}));
  EXPECT_EQ(problem.parameters.at("w").exact.at(0), "1/3");
  EXPECT_FALSE(problem.augment);
  EXPECT_EQ(problem.loss_power, 2);
}

TEST(ProblemFile, OneDigestForOneProblem) {
  const std::string digest = problem_sha256(read_problem_file(test::corpus("problem_npz.json")));
  for (const char* name : {"problem_safetensors.json", "problem_csv.json", "problem_inline.json"}) {
    EXPECT_EQ(problem_sha256(read_problem_file(test::corpus(name))), digest) << name;
  }
  EXPECT_EQ(digest.size(), 64U);
  const ProblemFile problem = read_problem_file(test::corpus("problem_npz.json"));
  EXPECT_EQ(sha256_hex(canonical_json(problem)), digest);
  EXPECT_EQ(canonical_json(problem).find("unused"), std::string::npos);
  ProblemFile other = problem;
  other.y.values[3] = std::nextafter(other.y.values[3], 10);
  EXPECT_NE(problem_sha256(other), digest);
}

TEST(ProblemFile, CanonicalTextIsFixed) {
  const std::string text = canonical_json(problem_of(
      patched(R"({"parameters": {"b": [-0.0]}, "augment": {"kind": "exponential", "lambda": 0.5}})")));
  EXPECT_EQ(
      text,
      R"({"schema":"pgb-problem/1","model":{"input":[2],"nodes":[)"
      R"({"name":"h","op":"linear","inputs":["x"],"weight":"w","bias":"b","numbers":{},"sizes":{},"words":{}},)"
      R"({"name":"1","op":"tanh","inputs":["h"],"weight":"","bias":"","numbers":{},"sizes":{},"words":{}}],"output":"1"},)"
      R"("parameters":{"b":{"shape":[1],"values":["0x0p+0"]},"w":{"shape":[1,2],"values":["1/3","0x1p+1"]}},)"
      R"("data":{"x":{"shape":[2,2],"values":["0x1p+0","0x1p+1","0x1.8p+1","0x1p+2"]},"y":{"shape":[2,1],"values":["0x1.4p+2","0x1.8p+2"]}},)"
      R"("loss":{"kind":"squared"},"augment":{"kind":"exponential","lambda":"1/2"},"regularizer":null})");
}

TEST(ProblemFile, CanonicalNumbersReadBack) {
  ProblemFile problem = problem_of(base);
  problem.y.values = {5e-324, -1.7976931348623157e308};
  const std::string text = canonical_json(problem);
  EXPECT_NE(text.find(R"("y":{"shape":[2,1],"values":["0x1p-1074","-0x1.fffffffffffffp+1023"]})"),
            std::string::npos)
      << text;
  EXPECT_TRUE(Json::accept(text));
}

TEST(ProblemFile, NamesUnknownAndMissingFields) {
  EXPECT_EQ(patch_error(R"({"agument": 1})"), ": unknown field \"agument\" (did you mean \"augment\"?)");
  for (const char* field : {"model", "parameters", "data", "loss"}) {
    EXPECT_EQ(patch_error(std::string("{\"") + field + "\": null}"),
              std::string(": missing field \"") + field + "\"");
  }
  EXPECT_EQ(error_for("[]"), ": expected an object, found an empty array");
  EXPECT_EQ(error_for(R"({"loss": "mse", "loss": "mse"})"), ": key \"loss\" appears twice in one object");
  EXPECT_EQ(patch_error(R"({"data": {"z": 1}})"),
            ": field \"data\": unknown field \"z\"; known are \"file\", \"x\", \"y\"");
  EXPECT_EQ(patch_error(R"({"data": {"y": null}})"), ": field \"data\": missing field \"y\"");
  EXPECT_EQ(patch_error(R"({"model": {"inputs": 1}})"),
            ": field \"model\": unknown field \"inputs\" (did you mean \"input\"?)");
}

TEST(ProblemFile, ChecksNodes) {
  EXPECT_EQ(nodes_error(R"([{"op": "rellu"}])"),
            ": field \"model\": node \"0\": unknown op \"rellu\" (did you mean \"relu\"?)");
  EXPECT_NE(nodes_error(R"([{"op": "transformer"}])").find("unknown op \"transformer\"; known are"),
            std::string::npos);
  EXPECT_EQ(nodes_error(R"([{"op": "relu", "slope": 1}])"),
            ": field \"model\": node \"0\" (relu): unknown field \"slope\"; known are \"op\", \"name\", "
            "\"inputs\"");
  EXPECT_EQ(nodes_error(R"([{"name": "a"}])"), ": field \"model\": node \"a\": missing field \"op\"");
  EXPECT_EQ(
      nodes_error("[]"),
      ": field \"model\": field \"nodes\": expected an array of at least one node, found an empty array");
  EXPECT_EQ(nodes_error("[3]"), ": field \"model\": node 0: expected an object, found the number 3");
  EXPECT_EQ(nodes_error(R"([{"op": "linear"}])"), ": field \"model\": node \"0\": missing field \"weight\"");
  EXPECT_EQ(nodes_error(R"([{"op": "relu", "name": "x"}])"),
            ": field \"model\": node \"x\": expected a name other than \"x\", which is the model's input, "
            "found \"x\"");
  EXPECT_EQ(nodes_error(R"([{"op": "relu", "name": "1"}, {"op": "relu"}])"),
            ": field \"model\": node \"1\": two nodes have this name");
  EXPECT_EQ(
      nodes_error(R"([{"op": "relu", "inputs": ["h"]}])"),
      ": field \"model\": node \"0\": field \"inputs\": expected \"x\" or the name of a node, found \"h\"");
  EXPECT_EQ(nodes_error(R"([{"op": "relu", "inputs": ["b"]}, {"op": "relu", "name": "b"}])"),
            ": field \"model\": node \"0\": field \"inputs\": expected nodes before this one, found \"b\", "
            "which comes later");
  EXPECT_EQ(nodes_error(R"([{"op": "relu", "name": "a", "inputs": ["a"]}])"),
            ": field \"model\": node \"a\": field \"inputs\": expected nodes before this one, found the node "
            "itself");
  EXPECT_EQ(nodes_error(R"([{"op": "add"}])"),
            ": field \"model\": node \"0\": expected two inputs or more, found 1");
  EXPECT_EQ(nodes_error(R"([{"op": "relu", "inputs": []}])"),
            ": field \"model\": node \"0\": expected one input, found 0");
  EXPECT_EQ(nodes_error(R"([{"op": "relu"}])", "\"y\""),
            ": field \"model\": field \"output\": expected the name of a node, found \"y\"");
  EXPECT_EQ(nodes_error(R"([{"op": "add", "inputs": ["x", "x"]}, {"op": "relu"}])", "\"0\""), "");
  EXPECT_NE(patch_error(R"({"model": {"input": 0}})").find("expected an integer from 1"), std::string::npos);
  EXPECT_NE(patch_error(R"({"model": {"input": [2147483647, 2147483647, 2147483647]}})")
                .find("declared sizes are too large"),
            std::string::npos);
}

TEST(ProblemFile, ReadsAttributes) {
  const Json json = Json::parse(R"({"input": [3, 8, 8], "output": "g", "nodes": [
    {"op": "conv2d", "weight": "k", "stride": 2, "padding": [1, 0], "groups": 3},
    {"op": "batch_norm", "weight": "s", "bias": "t", "running_mean": "m", "running_var": "v", "eps": 1e-5},
    {"op": "max_pool2d", "kernel_size": [2, 3]}, {"op": "leaky_relu", "negative_slope": "0.25"},
    {"op": "softplus", "beta": 2}, {"op": "elu", "alpha": 1.5}, {"op": "gelu", "approximate": "tanh", "name": "g"}]})");
  const ModelSpec model = read_model(json, "m");
  EXPECT_EQ(model.input, (Shape{3, 8, 8}));
  EXPECT_EQ(model.nodes[0].sizes,
            (std::map<std::string, Shape>{{"stride", {2, 2}}, {"padding", {1, 0}}, {"groups", {3}}}));
  EXPECT_EQ(tensor_names(model.nodes[1]), (std::vector<std::string>{"s", "t", "m", "v"}));
  EXPECT_EQ(model.nodes[1].numbers.at("eps"), 1e-5);
  EXPECT_EQ(model.nodes[2].sizes.at("kernel_size"), (Shape{2, 3}));
  EXPECT_EQ(model.nodes[3].numbers.at("negative_slope"), 0.25);
  EXPECT_EQ(model.nodes[6].words.at("approximate"), "tanh");
  const auto one = [](const std::string& node) {
    return error_of([&] { read_model(Json::parse(R"({"input": 1, "nodes": [)" + node + "]}"), "m"); });
  };
  EXPECT_EQ(one(R"({"op": "leaky_relu", "negative_slope": "0.1"})"),
            "m: node \"0\": field \"negative_slope\": expected a JSON number, or exact text that is a "
            "double, found the string \"0.1\"");
  EXPECT_EQ(one(R"({"op": "gelu", "approximate": "sigmoid"})"),
            "m: node \"0\": field \"approximate\": expected one of \"none\", \"tanh\", found \"sigmoid\"");
  EXPECT_EQ(one(R"({"op": "conv2d", "weight": "w", "stride": [1, 2, 3]})"),
            "m: node \"0\": field \"stride\": expected 2 integers, found 3");
  EXPECT_NE(one(R"({"op": "conv2d", "weight": "w", "stride": 0})").find("expected an integer from 1"),
            std::string::npos);
  EXPECT_NE(one(R"({"op": "conv2d", "weight": "w", "padding": -1})").find("expected an integer from 0"),
            std::string::npos);
  EXPECT_NE(one(R"({"op": "conv2d", "weight": "w", "stride": 1.0})").find("expected an integer"),
            std::string::npos);
  EXPECT_EQ(one(R"({"op": "avg_pool2d"})"), "m: node \"0\": missing field \"kernel_size\"");
  EXPECT_EQ(one(R"({"op": "batch_norm", "running_mean": "a"})"),
            "m: node \"0\": missing field \"running_var\"");
}

TEST(ProblemFile, FindsTensors) {
  EXPECT_EQ(
      patch_error(
          R"({"parameters": {"w": null, "fc1.weigth": [1]}, "model": {"nodes": [{"op": "linear", "weight": "fc1.weight"}]}})"),
      ": field \"parameters\": missing tensor \"fc1.weight\" of node \"0\" (did you mean \"fc1.weigth\"?)");
  EXPECT_EQ(patch_error(R"({"parameters": {"w": [[1, 2], [3]]}})"),
            ": field \"parameters\": tensor \"w\" at [1]: expected 2 elements as in the others, found 1");
  EXPECT_EQ(patch_error(R"({"augment": {"kind": "exponential", "lambda": 1}, "parameters": {"aug.w": [1]}})"),
            ": field \"parameters\": expected of the tensors aug.* only \"aug.W\", \"aug.a\", \"aug.b\", "
            "found \"aug.w\"");
}

TEST(ProblemFile, RefusesOtherFormats) {
  EXPECT_NE(patch_error(R"({"parameters": "net.onnx"})").find("an ONNX file is a model"), std::string::npos);
  EXPECT_NE(patch_error(R"({"model": "net.txt"})").find("expected a .json or .onnx file"), std::string::npos);
  for (const char* name : {"w.pt", "w.PTH"}) {
    const std::string message = patch_error(std::string(R"({"parameters": ")") + name + "\"}");
    EXPECT_NE(message.find("no such file"), std::string::npos) << message;
  }
  EXPECT_NE(patch_error(R"({"parameters": "w.npy"})").find("one array without a name"), std::string::npos);
  EXPECT_NE(
      patch_error(R"({"parameters": "w.h5"})").find("expected a .safetensors, .npz, .pt, .pth or .json file"),
      std::string::npos);
  EXPECT_NE(patch_error(R"({"data": "d.npy"})").find("one array without a name"), std::string::npos);
  EXPECT_NE(patch_error(R"({"parameters": "none.npz"})").find("none.npz: no such file"), std::string::npos);
}

TEST(ProblemFile, ChecksSamples) {
  const auto data = [](const std::string& x, const std::string& y, const std::string& loss = "squared") {
    return patch_error(R"({"data": {"x": )" + x + R"(, "y": )" + y + R"(}, "loss": ")" + loss + "\"}");
  };
  EXPECT_EQ(data("[]", "[]"), ": field \"data\": x: expected at least one sample, found shape [0]");
  EXPECT_EQ(data("1", "[]"), ": field \"data\": x: expected at least one sample, found shape []");
  EXPECT_EQ(data("[[1,2]]", "[1,2]"), ": field \"data\": y: expected 1 samples as in x, found shape [2]");
  EXPECT_EQ(data("[[1,2,3]]", "[1]"),
            ": field \"data\": x: expected shape [1, 2] (samples, then the model's input), found [1, 3]");
  EXPECT_EQ(data("[[1,2]]", "[[]]"),
            ": field \"data\": y: expected shape [samples] or [samples, outputs], found [1, 0]");
  EXPECT_EQ(data("[[1,2]]", "[[1,2,3]]"), "");
  EXPECT_EQ(data("[[1,2]]", "[[2]]", "cross_entropy"), "");
  EXPECT_EQ(data("[[1,2]]", "[[1,2]]", "cross_entropy"),
            ": field \"data\": y: expected one class index for each sample, found shape [1, 2]");
  EXPECT_EQ(data("[[1,2]]", "[-1]", "cross_entropy"),
            ": field \"data\": y: expected class indices (integers from 0), found -1.0 for sample 0");
  EXPECT_NE(data("[[1,2]]", "[0.5]", "cross_entropy"), "");
  EXPECT_NE(data("[[1,2]]", "[1e300]", "cross_entropy"), "");
  EXPECT_NE(data("[[1,2]]", "[\"1/3\"]", "cross_entropy").find("found \"1/3\" for sample 0"),
            std::string::npos);
  EXPECT_EQ(data("[[1,2],[1,2]]", "[1,0]", "logistic"),
            ": field \"data\": y: expected labels -1 or 1 for the loss \"logistic\", found 0.0 at element 1");
  EXPECT_EQ(problem_of(patched(R"({"model": {"input": [1, 2, 1]}})")).x.shape, (Shape{2, 1, 2, 1}));
  EXPECT_EQ(problem_of(patched(R"({"model": {"input": 1}, "data": {"x": [1, 2]}})")).x.shape, (Shape{2, 1}));
}

TEST(ProblemFile, ChecksLosses) {
  EXPECT_NE(patch_error(R"({"loss": "sqared"})").find("found \"sqared\" (did you mean \"squared\"?)"),
            std::string::npos);
  EXPECT_EQ(problem_of(patched(R"({"loss": {"kind": "polynomial_hinge", "p": 3}})")).loss_power, 3);
  EXPECT_NE(patch_error(R"({"loss": {"kind": "polynomial_hinge", "p": 1.5}})").find("at least 2"),
            std::string::npos);
  EXPECT_NE(patch_error(R"({"loss": {"kind": "mse", "p": 3}})").find("only for the loss"), std::string::npos);
  EXPECT_NE(patch_error(R"({"loss": {"kind": "mse", "q": 3}})").find("unknown field \"q\""),
            std::string::npos);
  EXPECT_NE(patch_error(R"({"loss": 3})").find("a non-empty string"), std::string::npos);
}

TEST(ProblemFile, ChecksLambdas) {
  const auto augment = [](const std::string& lambda) {
    return patch_error(R"({"augment": {"kind": "exponential", "lambda": )" + lambda + "}}");
  };
  const auto regularizer = [](const std::string& lambda) {
    return patch_error(R"({"regularizer": {"kind": "l2", "lambda": )" + lambda + "}}");
  };
  EXPECT_EQ(augment("\"1/10\""), "");
  EXPECT_EQ(augment("0"), ": field \"augment\": field \"lambda\": expected a number > 0, found the number 0");
  EXPECT_NE(augment("\"-1/2\""), "");
  EXPECT_NE(augment("\"one\"").find("expected an exact number"), std::string::npos);
  EXPECT_NE(augment("[1]").find("found an array"), std::string::npos);
  EXPECT_EQ(regularizer("\"0\""), "");
  EXPECT_EQ(regularizer("-1"),
            ": field \"regularizer\": field \"lambda\": expected a number >= 0, found the number -1");
  EXPECT_NE(patch_error(R"({"augment": {"kind": "exponential"}})").find("missing field \"lambda\""),
            std::string::npos);
  EXPECT_NE(
      patch_error(R"({"augment": {"kind": "linear", "lambda": 1}})").find("expected one of \"exponential\""),
      std::string::npos);
  EXPECT_NE(patch_error(R"({"regularizer": {"kind": "l1", "lambda": 1}})").find("expected one of \"l2\""),
            std::string::npos);
  EXPECT_EQ(problem_of(patched(R"({"regularizer": {"kind": "l2", "lambda": "1e-4"}})")).regularizer->lambda,
            "1/10000");
}

TEST(ProblemFile, CsvColumns) {
  const test::TemporaryFile csv("a,b,c\n1,2,3\n4,5,6\n", ".csv");
  const auto with = [&](const std::string& rest) {
    return patched(R"({"data": {"x": null, "y": null, "file": ")" + csv.path() + "\"" + rest + "}}");
  };
  EXPECT_EQ(problem_of(with("")).x.values, (std::vector<double>{1, 2, 4, 5}));
  EXPECT_EQ(problem_of(with("")).y.values, (std::vector<double>{3, 6}));
  const auto swapped = with(R"(, "y": "a")");  // merge_patch with null removes, so later keys win here
  EXPECT_EQ(problem_of(Json::parse(swapped).dump()).x.values, (std::vector<double>{2, 3, 5, 6}));
  EXPECT_EQ(problem_of(with(R"(, "x": ["c", 0], "y": [1])")).x.values, (std::vector<double>{3, 1, 6, 4}));
  EXPECT_NE(error_for(with(R"(, "x": ["c", 0])")).find("x takes the last column"), std::string::npos);
  EXPECT_NE(error_for(with(R"(, "x": ["d"], "y": 0)")).find("expected one of the columns"),
            std::string::npos);
  EXPECT_NE(error_for(with(R"(, "x": [], "y": 0)")).find("at least one column"), std::string::npos);
}

TEST(ProblemFile, FlagsWin) {
  const test::TemporaryFile file(patched(R"({"augment": {"kind": "exponential", "lambda": 1}})"), ".json");
  ProblemOverrides flags;
  flags.loss = "mse";
  flags.lambda = "1/7";
  const ProblemFile problem = read_problem_file(file.path(), flags);
  EXPECT_EQ(problem.loss, "mse");
  EXPECT_EQ(problem.augment->lambda, "1/7");
  flags.lambda = std::nullopt;
  flags.augment = "none";
  EXPECT_FALSE(read_problem_file(file.path(), flags).augment);
  flags.lambda = "1";
  EXPECT_NE(error_of([&] { read_problem_file(file.path(), flags); }), "");
  flags = {};
  flags.parameters = "no.npz";
  EXPECT_EQ(error_of([&] { read_problem_file(file.path(), flags); }), "no.npz: no such file");
}

TEST(ProblemFile, FlagsAlone) {
  ProblemOverrides flags;
  EXPECT_EQ(error_of([&] { read_problem_file("", flags); }),
            "command line: expected a problem file or --model, found neither");
  flags.model = test::corpus("net.json");
  flags.parameters = test::corpus("weights.npz");
  flags.data = test::corpus("train.csv");
  flags.loss = "squared";
  const ProblemFile problem = read_problem_file("", flags);
  EXPECT_EQ(problem.x.shape, (Shape{4, 2}));
  flags.augment = "exponential";
  EXPECT_EQ(error_of([&] { read_problem_file("", flags); }), "--augment: expected also --lambda, found none");
  flags.lambda = "x";
  EXPECT_NE(error_of([&] { read_problem_file("", flags); }).find("--lambda: expected an exact number"),
            std::string::npos);
}

}  // namespace
}  // namespace pgb::io
