#include "pgb/io/architecture.h"

#include <gtest/gtest.h>

#include "pgb/io/inspect.h"
#include "support.h"

namespace pgb::io {
namespace {

using test::error_of;
using Shape = std::vector<std::size_t>;

Tensors tensors(const std::vector<std::pair<std::string, Shape>>& shapes) {
  Tensors all;
  for (const auto& [name, shape] : shapes) {
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    all[name] = {shape, std::vector<double>(count, 0.5), {}};
  }
  return all;
}

// "name op weight bias; …"
std::string nodes(const std::string& text, const Tensors& all) {
  std::string out;
  for (const NodeSpec& node : read_architecture(text, all, "--arch").nodes)
    out += node.name + ' ' + node.op + ' ' + node.weight + ' ' + node.bias + "; ";
  return out;
}

std::string refusal(const std::string& text, const Tensors& all) {
  return error_of([&] { read_architecture(text, all, "--arch"); });
}

TEST(Architecture, FindsTheTensorsOfALayerByShape) {
  const Tensors named = tensors({{"hidden.weight", {3, 4}}, {"hidden.bias", {3}}, {"output.weight", {2, 3}}});
  EXPECT_EQ(nodes("4-3-ReLU-2", named),
            "hidden linear hidden.weight hidden.bias; relu_1 relu  ; output linear output.weight ; ");
  const ModelSpec spec = read_architecture("4-3-tanh-2", named, "--arch");
  EXPECT_EQ(spec.input, Shape{4});
  EXPECT_EQ(spec.output, "output");
  EXPECT_EQ(spec.nodes[1].inputs, std::vector<std::string>{"hidden"});
}

TEST(Architecture, OrdersLayersOfOneShapeByTheNumberInTheirNames) {
  const Tensors numbered = tensors(
      {{"0.weight", {2, 2}}, {"2.weight", {2, 2}}, {"10.weight", {2, 2}}, {"10.bias", {2}}, {"aug.a", {2}}});
  EXPECT_EQ(
      nodes("2-2-relu-2-relu-2", numbered),
      "0 linear 0.weight ; relu_1 relu  ; 2 linear 2.weight ; relu_2 relu  ; 10 linear 10.weight 10.bias; ");
  EXPECT_EQ(refusal("2-2-2", tensors({{"b.weight", {2, 2}}, {"a.weight", {2, 2}}})),
            "--arch: expected tensors of shape [2, 2] whose names tell the layer, found \"a.weight\", "
            "\"b.weight\"; "
            "describe the model in a file");
}

TEST(Architecture, TakesAttributesInParentheses) {
  const Tensors w = tensors({{"W1", {1, 1}}, {"b1", {1}}});
  EXPECT_EQ(read_architecture("1-1-leaky_relu(0.25)", w, "").nodes[1].numbers.at("negative_slope"), 0.25);
  EXPECT_EQ(read_architecture("1 - 1 - GELU(tanh)", w, "").nodes[1].words.at("approximate"), "tanh");
  EXPECT_EQ(read_architecture("1-1-elu(2)", w, "").nodes[0].bias, "b1");
}

TEST(Architecture, SaysWhatDoesNotFit) {
  const Tensors w = tensors({{"fc.weight", {2, 3}}, {"fc.bias", {2}}});
  EXPECT_EQ(refusal("2-3", w),
            "--arch: expected a weight of shape [3, 2] ([out, in], as in PyTorch) for layer 1, found "
            "\"fc.weight\" [2, 3], "
            "which is transposed");
  EXPECT_EQ(
      refusal("3-5", w),
      "--arch: expected a weight of shape [5, 3] for layer 1, found \"fc.bias [2]\", \"fc.weight [2, 3]\"");
  EXPECT_NE(refusal("3-2-rellu", w).find("unknown op \"rellu\" (did you mean"), std::string::npos);
  EXPECT_NE(refusal("3-2", tensors({{"fc.weight", {2, 3}}, {"bn.weight", {2}}}))
                .find("found \"bn.weight\" left over"),
            std::string::npos);
  EXPECT_NE(refusal("3-2", tensors({{"fc.weight", {2, 3}}, {"fc.bias", {3}}}))
                .find("tensor \"fc.bias\": expected shape [2], found [3]"),
            std::string::npos);
  for (const char* text :
       {"", "-", "3", "relu-3-2", "3--2", "3-0", "3-2.5", "3-2-relu(1)", "3-2-linear", "3-9999999999"})
    EXPECT_EQ(refusal(text, w).rfind("--arch: expected ", 0), 0U) << text << ": " << refusal(text, w);
}

TEST(Inspect, ShowsWhatEachKindOfFileHolds) {
  const auto holds = [](const std::string& name, const std::vector<std::string>& parts) {
    const std::string text = inspect_file(test::corpus(name));
    for (const std::string& part : parts)
      EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  };
  holds("torch/state_dict.pt", {": PyTorch state dict, 9 tensors, ", "0.weight", "[3, 2]"});
  holds("weights.npz", {": numpy arrays, "});
  holds("weights.safetensors", {": safetensors, "});
  holds("version1.npy", {": numpy array\n", "[2, 2]", "1 to 4.5"});
  holds("train.csv", {": CSV, ", " columns"});
  holds("net.json", {": model, input ", "linear"});
  holds("problem_npz.json", {": problem, loss ", "model (", "parameters (", "data (", "samples"});
  EXPECT_NE(error_of([] { inspect_file(test::corpus("refused_nan.npz")); }).find("found nan"),
            std::string::npos);
}

}  // namespace
}  // namespace pgb::io
