#include "pgb/io/problem_data.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/io/checked.h"
#include "pgb/io/csv.h"
#include "pgb/io/file.h"
#include "pgb/io/json_tensor.h"
#include "pgb/io/message.h"
#include "pgb/io/npz.h"
#include "pgb/io/safetensors.h"
#include "pgb/io/torch/state_dict.h"

namespace pgb::io {
namespace {

std::vector<CsvColumn> as_columns(const Json& value, const std::string& where) {
  std::vector<CsvColumn> columns;
  const auto add = [&](const Json& column) {
    if (column.is_string())
      columns.emplace_back(as_word(column, where));
    else if (column.is_number())
      columns.emplace_back(as_size(column, 0, where));
    else
      fail(where, "column names or indices", described(column));
  };
  if (value.is_array())
    std::for_each(value.begin(), value.end(), add);
  else
    add(value);
  if (columns.empty()) fail(where, "at least one column", "none");
  return columns;
}

Samples read_csv_samples(const Json& data, const std::string& path, const std::string& where) {
  const CsvTable table = read_csv_table(path);
  const std::size_t width = table.values.shape[1];
  const Json* x = find_field(data, "x");
  const Json* y = find_field(data, "y");
  std::vector<CsvColumn> x_columns;
  if (x != nullptr) x_columns = as_columns(*x, field_place(where, "x"));
  const std::string y_place = field_place(where, "y");
  const std::vector<CsvColumn> y_columns =
      y == nullptr ? std::vector<CsvColumn>{width - 1} : as_columns(*y, y_place);
  if (x == nullptr) {
    std::set<std::size_t> taken;
    for (const CsvColumn& column : y_columns) taken.insert(column_index(table, column, y_place));
    for (std::size_t k = 0; k < width; ++k) {
      if (taken.count(k) == 0) x_columns.emplace_back(k);
    }
    if (x_columns.empty())
      fail(shown_path(path), "columns for x beside those for y", std::to_string(width) + " in all");
  } else if (y == nullptr) {
    for (const CsvColumn& column : x_columns) {
      if (column_index(table, column, field_place(where, "x")) == width - 1)
        fail(where, "missing field \"y\": x takes the last column");
    }
  }
  return {select_columns(table, x_columns, field_place(where, "x")),
          select_columns(table, y_columns, y_place), path, shown_path(path)};
}

Samples read_named_samples(const Json& data, const std::string& path, const std::string& where) {
  const auto name = [&](const char* field) {
    const Json* value = find_field(data, field);
    return value == nullptr ? std::string(field) : as_word(*value, field_place(where, field));
  };
  const std::string x = name("x");
  const std::string y = name("y");
  const std::set<std::string> wanted{x, y};
  const Tensors tensors = read_tensor_file(path, where, &wanted);
  return {tensors.at(x), tensors.at(y), path, shown_path(path)};
}

bool reshape_x(Tensor& x, const std::vector<std::size_t>& input, const std::string& where) {
  std::vector<std::size_t> full{x.shape[0]};
  full.insert(full.end(), input.begin(), input.end());
  const std::size_t features = checked_count(input, where);
  // A model of plain features takes images as they are, flattened.
  const bool shaped = input.size() == 1 ? x.shape.size() > 1 : x.shape.size() == 2;
  const bool flat = shaped && x.size() == x.shape[0] * features;
  const bool scalar = x.shape.size() == 1 && features == 1;
  if (x.shape != full && !flat && !scalar) return false;
  x.shape = full;
  return true;
}

void check_class_indices(const Tensor& y, const std::string& where) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double value = y.values[i];
    const auto exact = y.exact.find(i);
    const bool good =
        exact == y.exact.end() && value >= 0 && value == std::floor(value) && value < 2147483648.0;
    if (!good) {
      fail(where, "class indices (integers from 0)",
           (exact == y.exact.end() ? Json(value).dump() : in_quotes(exact->second)) + " for sample " +
               std::to_string(i));
    }
  }
}

void check_signs(const Tensor& y, const std::string& where) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y.exact.count(i) != 0 || std::fabs(y.values[i]) != 1) {
      fail(where, "labels -1 or 1 for the loss \"logistic\"",
           Json(y.values[i]).dump() + " at element " + std::to_string(i));
    }
  }
}

}  // namespace

std::string beside(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : (std::filesystem::path(folder) / name).string();
}

void refuse_format(const std::string& path, const std::string& accepted, const std::string& where) {
  const std::string extension = extension_of(path);
  if (extension == ".onnx")
    fail(where, in_quotes(path) + ": an ONNX file is a model; name it in the field \"model\" (--model)");
  if (extension == ".npy")
    fail(where, in_quotes(path) + ": a .npy file holds one array without a name; use .npz");
  fail(where, accepted, in_quotes(path));
}

Tensors read_tensor_file(const std::string& path, const std::string& where,
                         const std::set<std::string>* wanted) {
  const std::string extension = extension_of(path);
  if (extension == ".safetensors") return read_safetensors(path, wanted);
  if (extension == ".npz") return read_npz(path, wanted);
  if (extension == ".pt" || extension == ".pth") return read_state_dict(path, wanted);
  if (extension != ".json") refuse_format(path, "a .safetensors, .npz, .pt, .pth or .json file", where);
  return with_memory_errors_named(path, [&] {
    const Json json = read_json(path);
    if (wanted == nullptr) return tensors_from_json(json, shown_path(path));
    expect_object(json, shown_path(path));
    Tensors tensors;
    for (const std::string& name : *wanted) {
      tensors.emplace(name, tensor_from_json(required_field(json, name, shown_path(path)),
                                             shown_path(path) + ": tensor " + in_quotes(name)));
    }
    return tensors;
  });
}

Samples read_samples(const Json& data, const std::string& folder, const std::string& where) {
  if (data.is_string()) return read_samples(Json{{"file", data}}, folder, where);
  expect_object(data, where);
  refuse_unknown_fields(data, {"file", "x", "y"}, where);
  if (const Json* file = find_field(data, "file")) {
    const std::string path = beside(folder, as_word(*file, field_place(where, "file")));
    const std::string extension = extension_of(path);
    if (extension == ".csv") return read_csv_samples(data, path, where);
    static const std::set<std::string> named{".npz", ".safetensors", ".json", ".pt", ".pth"};
    if (named.count(extension) == 0)
      refuse_format(path, "a .npz, .safetensors, .pt, .pth, .csv or .json file", field_place(where, "file"));
    return read_named_samples(data, path, where);
  }
  return {tensor_from_json(required_field(data, "x", where), field_place(where, "x")),
          tensor_from_json(required_field(data, "y", where), field_place(where, "y")), "", where};
}

void check_samples(Samples& samples, const ModelSpec& model, const std::string& loss) {
  Tensor& x = samples.x;
  Tensor& y = samples.y;
  const std::string x_place = samples.where + ": x";
  const std::string y_place = samples.where + ": y";
  if (x.shape.empty() || x.shape[0] == 0)
    fail(x_place, "at least one sample", "shape " + shape_text(x.shape));
  if (!reshape_x(x, model.input, x_place)) {
    std::vector<std::size_t> expected = model.input;
    expected.insert(expected.begin(), x.shape[0]);
    fail(x_place, "shape " + shape_text(expected) + " (samples, then the model's input)",
         shape_text(x.shape));
  }
  const std::string samples_text = std::to_string(x.shape[0]) + " samples as in x";
  if (y.shape.empty() || y.shape[0] != x.shape[0])
    fail(y_place, samples_text, "shape " + shape_text(y.shape));
  const bool two = y.shape.size() == 2 && y.shape[1] > 0;
  if (loss == "cross_entropy") {
    if (y.shape.size() != 1 && !(two && y.shape[1] == 1))
      fail(y_place, "one class index for each sample", "shape " + shape_text(y.shape));
    y.shape = {y.shape[0]};
    check_class_indices(y, y_place);
    return;
  }
  if (y.shape.size() != 1 && !two)
    fail(y_place, "shape [samples] or [samples, outputs]", shape_text(y.shape));
  if (y.shape.size() == 1) y.shape.push_back(1);
  if (loss == "logistic") check_signs(y, y_place);
}

}  // namespace pgb::io
