// ONNX models that others made: exports of PyTorch, and ONNX's own cases (make_onnx_fixtures.py).
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pgb/io/errors.h"
#include "pgb/io/npy_header.h"
#include "pgb/io/onnx/read_onnx.h"
#include "pgb/io/zip_archive.h"
#include "pgb/model/graph.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;

// The entries of one of the archives.
class Fixtures {
 public:
  explicit Fixtures(const std::string& name)
      : archive_(std::string(PGB_SOURCE_DIR) + "/tests/model/" + name, "an archive",
                 [](const std::string& entry) { return entry; }) {}

  bool has(const std::string& name) const { return find(name) != nullptr; }
  std::string bytes(const std::string& name) const { return archive_.read(*find(name), 10000000); }
  io::Tensor array(const std::string& name) const {
    return io::read_npy_array(archive_.open(*find(name)), find(name)->bytes, false, name);
  }
  std::vector<std::string> models() const {
    std::vector<std::string> names;
    for (const io::ZipEntry& entry : archive_.entries()) {
      if (entry.name.find(".onnx") != std::string::npos) names.push_back(entry.name);
    }
    return names;
  }

 private:
  const io::ZipEntry* find(const std::string& name) const {
    for (const io::ZipEntry& entry : archive_.entries()) {
      if (entry.name == name) return &entry;
    }
    return nullptr;
  }
  io::ZipArchive archive_;
};

io::OnnxModel read(const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "pgb_onnx_" + std::to_string(getpid()) + ".onnx";
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    io::OnnxModel model = io::read_onnx(path);
    std::remove(path.c_str());
    return model;
  } catch (...) {
    std::remove(path.c_str());
    throw;
  }
}

// The outputs, sample by sample; the ending applied where `ended`.
Vector<double> outputs(const io::OnnxModel& model, const io::Tensor& x, bool ended) {
  const Graph graph(model.model, model.parameters, "model");
  Vector<double> z;
  for (const ParameterBlock& block : graph.blocks()) {
    const io::Tensor& tensor = model.parameters.at(block.name);
    z.insert(z.end(), tensor.values.begin(), tensor.values.end());
  }
  const auto values =
      graph.values<double>(z, ConstView<double>{x.values.data(), graph.inputs(), x.size() / graph.inputs()});
  Matrix<double> q = values[graph.output_node()];
  for (std::size_t i = 0; ended && !model.ending.empty() && i < q.cols; ++i) {
    double sum = 0;
    const double largest = *std::max_element(q.column(i), q.column(i) + q.rows);
    for (std::size_t k = 0; k < q.rows; ++k) sum += std::exp(q(k, i) - largest);
    for (std::size_t k = 0; k < q.rows; ++k) {
      const double log = q(k, i) - largest - std::log(sum);
      q(k, i) = model.ending == "softmax" ? std::exp(log) : log;
    }
  }
  return q.data;
}

std::string difference(const Vector<double>& found, const io::Tensor& expected, double relative,
                       double absolute) {
  if (found.size() != expected.size())
    return std::to_string(found.size()) + " numbers, expected " + std::to_string(expected.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (!(std::abs(found[k] - expected.values[k]) <= absolute + relative * std::abs(expected.values[k])))
      return "number " + std::to_string(k) + ": " + std::to_string(found[k]) + ", expected " +
             std::to_string(expected.values[k]);
  }
  return "";
}

TEST(Onnx, ExportsOfTorchGiveItsOutputs) {
  if (!io::can_read_onnx()) GTEST_SKIP() << "built without ONNX";
  const Fixtures fixtures("onnx_torch.zip");
  const std::vector<std::string> models = fixtures.models();
  EXPECT_EQ(models.size(), 4u * 9 * 2 * 2);
  for (const std::string& name : models) {
    SCOPED_TRACE(name);
    const std::string net = name.substr(0, name.find('/'));
    const io::OnnxModel model = read(fixtures.bytes(name));
    EXPECT_EQ(difference(outputs(model, fixtures.array(net + "/x.npy"), true), fixtures.array(net + "/y.npy"),
                         1e-12, 1e-12),
              "");
    EXPECT_EQ(model.ending, net == "cnn" ? "log_softmax" : "");
  }
}

TEST(Onnx, ModulesGiveTheirNamesToNodes) {
  if (!io::can_read_onnx()) GTEST_SKIP() << "built without ONNX";
  const Fixtures fixtures("onnx_torch.zip");
  const io::OnnxModel mlp = read(fixtures.bytes("mlp/opset13_dynamic.onnx"));
  std::vector<std::string> nodes;
  for (const io::NodeSpec& node : mlp.model.nodes) nodes.push_back(node.name + ' ' + node.op);
  EXPECT_EQ(nodes, (std::vector<std::string>{"0 linear", "1 tanh", "2 linear", "3 relu", "4 linear"}));
  EXPECT_EQ(mlp.parameters.at("0.weight").shape, (Shape{4, 3}));
  EXPECT_TRUE(mlp.notices.empty());
  // No constant that the model does not use, and no node beside the path to the output.
  const io::OnnxModel activations = read(fixtures.bytes("activations/opset13.onnx"));
  for (const io::NodeSpec& node : activations.model.nodes) {
    const bool used =
        node.name == activations.model.output ||
        std::any_of(
            activations.model.nodes.begin(), activations.model.nodes.end(), [&](const io::NodeSpec& other) {
              return std::find(other.inputs.begin(), other.inputs.end(), node.name) != other.inputs.end();
            });
    EXPECT_TRUE(used) << node.name;
  }
  const auto count = [&](const std::string& op) {
    return std::count_if(activations.model.nodes.begin(), activations.model.nodes.end(),
                         [&](const io::NodeSpec& n) { return n.op == op; });
  };
  EXPECT_EQ(count("gelu"), 1);
  EXPECT_EQ(count("silu"), 1);
}

// "| `Conv` | 6 | 4 | 2 | …" of docs/onnx.md: operator, cases, equal, refused.
std::map<std::string, std::array<std::size_t, 3>> documented() {
  std::ifstream file(std::string(PGB_SOURCE_DIR) + "/docs/onnx.md");
  std::map<std::string, std::array<std::size_t, 3>> table;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    std::istringstream cells(line.substr(3));
    std::string op, bar;
    std::array<std::size_t, 3> counts{};
    std::getline(cells, op, '`');
    if (cells >> bar >> counts[0] >> bar >> counts[1] >> bar >> counts[2]) table[op] = counts;
  }
  return table;
}

TEST(Onnx, ItsOwnCasesAreEqualOrRefusedByName) {
  if (!io::can_read_onnx()) GTEST_SKIP() << "built without ONNX";
  const Fixtures fixtures("onnx_nodes.zip");
  std::map<std::string, std::array<std::size_t, 3>> found;
  for (const Json& c : Json::parse(fixtures.bytes("cases.json"))) {
    const std::string name = c.at("name").get<std::string>(), op = c.at("op").get<std::string>();
    SCOPED_TRACE(name);
    ++found[op][0];
    try {
      const io::OnnxModel model = read(fixtures.bytes(name + "/model.onnx"));
      ASSERT_TRUE(fixtures.has(name + "/y.npy"));
      const std::string wrong =
          difference(outputs(model, fixtures.array(name + "/x.npy"), true), fixtures.array(name + "/y.npy"),
                     c.at("relative").get<double>(), c.at("absolute").get<double>());
      EXPECT_EQ(wrong, "");
      if (wrong.empty()) ++found[op][1];
    } catch (const InputError& error) {
      const std::string message = error.what();
      const bool named = message.find("operator " + op) != std::string::npos;
      EXPECT_TRUE(named || message.find(": input ") != std::string::npos) << message;
      ++found[op][2];
      if (std::getenv("PGB_SHOW_REFUSED") != nullptr)
        std::cout << name << ": " << message.substr(message.find(": ") + 2) << '\n';
    }
  }
  EXPECT_EQ(documented(), found);
  std::ostringstream table;
  for (const auto& [op, counts] : found)
    table << "| `" << op << "` | " << counts[0] << " | " << counts[1] << " | " << counts[2] << " |\n";
  if (documented() != found) std::cout << table.str();
}

}  // namespace
}  // namespace pgb::test
