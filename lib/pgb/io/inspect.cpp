#include "pgb/io/inspect.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/io/csv.h"
#include "pgb/io/file.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"
#include "pgb/io/model_spec.h"
#include "pgb/io/npz.h"
#include "pgb/io/onnx/read_onnx.h"
#include "pgb/io/problem_data.h"
#include "pgb/io/problem_file.h"

namespace pgb::io {
namespace {

using Row = std::vector<std::string>;

// Columns padded to the width of their longest cell, two blanks in front.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], row[k].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = " ";
    for (std::size_t k = 0; k < row.size(); ++k)
      line += ' ' + row[k] + std::string(widths[k] - row[k].size() + 1, ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string count_text(std::size_t count, const std::string& thing) {
  return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s");
}

std::string range_text(const Tensor& tensor) {
  if (tensor.values.empty()) return "empty";
  const auto [least, most] = std::minmax_element(tensor.values.begin(), tensor.values.end());
  char text[64];
  std::snprintf(text, sizeof text, *least == *most ? "all %.6g" : "%.6g to %.6g", *least, *most);
  return text + (tensor.exact.empty() ? std::string() : ", exact text or integers beyond 2^53 among them");
}

Row tensor_row(const std::string& name, const Tensor& tensor) {
  return {shown(name), shape_text(tensor.shape), range_text(tensor)};
}

std::string tensors_text(const std::string& kind, const Tensors& tensors) {
  std::size_t numbers = 0;
  std::vector<Row> rows;
  for (const auto& [name, tensor] : tensors) {
    rows.push_back(tensor_row(name, tensor));
    numbers += tensor.size();
  }
  return kind + ", " + count_text(tensors.size(), "tensor") + ", " + count_text(numbers, "number") + '\n' +
         table(rows);
}

Row node_row(const NodeSpec& node) {
  std::string details;
  const auto add = [&](const std::string& text) { details += (details.empty() ? "" : ", ") + text; };
  for (const std::string& tensor : {node.weight, node.bias}) {
    if (!tensor.empty()) add(shown(tensor));
  }
  for (const auto& [name, words] : node.words) add(name + ' ' + shown(words));
  for (const auto& [name, number] : node.numbers) add(name + ' ' + Json(number).dump());
  for (const auto& [name, sizes] : node.sizes) add(name + ' ' + shape_text(sizes));
  std::string inputs;
  for (const std::string& input : node.inputs) inputs += (inputs.empty() ? "" : ", ") + shown(input);
  return {shown(node.name), node.op, "of " + inputs, details};
}

std::string model_text(const ModelSpec& model) {
  std::vector<Row> rows;
  for (const NodeSpec& node : model.nodes) rows.push_back(node_row(node));
  return "model, input " + shape_text(model.input) + ", output " + in_quotes(model.output) + ", " +
         count_text(model.nodes.size(), "node") + '\n' + table(rows);
}

std::string problem_text(const std::string& path) {
  const ProblemFile problem = read_problem_file(path);
  std::string text = "problem, loss " + problem.loss;
  if (problem.regularizer)
    text += ", " + problem.regularizer->kind + " regularizer with lambda " + problem.regularizer->lambda;
  if (problem.augment)
    text += ", " + problem.augment->kind + " neurons with lambda " + problem.augment->lambda;
  text += "\nmodel (" + shown_path(problem.model_source) + "): " + model_text(problem.model);
  text += "parameters (" + shown_path(problem.parameters_source) +
          "): " + tensors_text("tensors", problem.parameters);
  text +=
      "data (" + shown_path(problem.data_source) + "): " + count_text(problem.x.shape[0], "sample") + '\n';
  return text + table({tensor_row("x", problem.x), tensor_row("y", problem.y)});
}

std::string json_text(const std::string& path) {
  const Json json = read_json(path);
  expect_object(json, shown_path(path));
  if (json.contains("nodes")) return model_text(read_model(json, shown_path(path)));
  if (json.contains("model") || json.contains("loss")) return problem_text(path);
  return tensors_text("JSON", read_tensor_file(path, shown_path(path)));
}

std::string csv_text(const std::string& path) {
  const CsvTable csv = read_csv_table(path);
  const std::size_t rows = csv.values.shape[0], columns = csv.values.shape[1];
  std::vector<Row> listed;
  for (std::size_t k = 0; k < columns; ++k) {
    const Tensor column = select_columns(csv, {k}, "column");
    listed.push_back(
        {csv.columns.empty() ? "column " + std::to_string(k) : shown(csv.columns[k]), range_text(column)});
  }
  return "CSV, " + count_text(rows, "row") + ", " + count_text(columns, "column") +
         (csv.columns.empty() ? " without names\n" : "\n") + table(listed);
}

std::string onnx_text(const std::string& path) {
  const OnnxModel onnx = read_onnx(path);
  std::string text = "ONNX " + model_text(onnx.model) + tensors_text("tensors", onnx.parameters);
  if (!onnx.ending.empty()) text += "ends in " + onnx.ending + ", for the loss cross_entropy\n";
  for (const std::string& notice : onnx.notices) text += notice + '\n';
  return text;
}

std::string contents(const std::string& path) {
  const std::string extension = extension_of(path);
  if (extension == ".csv") return csv_text(path);
  if (extension == ".json") return json_text(path);
  if (extension == ".onnx") return onnx_text(path);
  if (extension == ".npy") return "numpy array\n" + table({tensor_row("", read_npy(path))});
  const std::string kind = extension == ".npz"           ? "numpy arrays"
                           : extension == ".safetensors" ? "safetensors"
                                                         : "PyTorch state dict";
  return tensors_text(kind, read_tensor_file(path, "inspect"));
}

}  // namespace

std::string inspect_file(const std::string& path) {
  return with_memory_errors_named(path, [&] { return shown_path(path) + ": " + contents(path); });
}

}  // namespace pgb::io
