// The canonical text of a problem, and its digest.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <set>
#include <string_view>

#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"
#include "pgb/io/model_spec.h"
#include "pgb/io/problem_file.h"
#include "pgb/io/sha256.h"

namespace pgb::io {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

// The shortest C99 hexadecimal text with leading digit 1: "0x1.8p-3", "-0x1p-1074", "0x0p+0" (also for -0).
std::string hex_float(double value) {
  if (value == 0) return "0x0p+0";
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);         // in [1/2, 1)
  const auto bits = static_cast<std::uint64_t>(std::ldexp(fraction, 53));  // 2^52 <= bits < 2^53
  std::string digits;
  for (int shift = 48; shift >= 0; shift -= 4) digits += hex_digits[(bits >> shift) & 15U];
  digits.erase(digits.find_last_not_of('0') + 1);
  const std::string point = digits.empty() ? "" : "." + digits;
  const int power = exponent - 1;
  return std::string(value < 0 ? "-" : "") + "0x1" + point + "p" + (power < 0 ? "" : "+") +
         std::to_string(power);
}

// Writes compact JSON piece by piece, so that the text of a large problem need not be in memory for its
// digest.
class Writer {
 public:
  using Sink = std::function<void(std::string_view)>;
  explicit Writer(Sink sink) : sink_(std::move(sink)) {}
  ~Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void raw(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= flush_at) flush();
  }

  void text(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\')
        out += {'\\', c};
      else if (byte < 0x20)
        out += std::string("\\u00") + hex_digits[byte >> 4] + hex_digits[byte & 15U];
      else
        out += c;
    }
    raw(out + '"');
  }

  // open, item(element) for each with commas between, close
  template <class Range, class Item>
  void list(char open, const Range& range, char close, Item item) {
    raw(std::string_view(&open, 1));
    bool first = true;
    for (const auto& element : range) {
      if (!first) raw(",");
      first = false;
      item(element);
    }
    raw(std::string_view(&close, 1));
  }

  template <class Map, class Item>
  void object(const Map& map, Item item) {
    list('{', map, '}', [&](const auto& entry) {
      text(entry.first);
      raw(":");
      item(entry.second);
    });
  }

  void sizes(const std::vector<std::size_t>& values) {
    list('[', values, ']', [&](std::size_t value) { raw(std::to_string(value)); });
  }

  void flush() {
    sink_(buffer_);
    buffer_.clear();
  }

 private:
  static constexpr std::size_t flush_at = 65536;
  Sink sink_;
  std::string buffer_;
};

void write_tensor(Writer& writer, const Tensor& tensor) {
  writer.raw("{\"shape\":");
  writer.sizes(tensor.shape);
  std::size_t i = 0;
  writer.raw(",\"values\":");
  writer.list('[', tensor.values, ']', [&](double value) {
    const auto exact = tensor.exact.empty() ? tensor.exact.end() : tensor.exact.find(i);
    ++i;
    if (exact == tensor.exact.end())
      writer.text(hex_float(value));
    else if (is_double(exact->second))
      writer.text(hex_float(nearest_double(exact->second)));
    else
      writer.text(exact->second);
  });
  writer.raw("}");
}

void write_node(Writer& writer, const NodeSpec& node) {
  writer.raw("{\"name\":");
  writer.text(node.name);
  writer.raw(",\"op\":");
  writer.text(node.op);
  writer.raw(",\"inputs\":");
  writer.list('[', node.inputs, ']', [&](const std::string& input) { writer.text(input); });
  writer.raw(",\"weight\":");
  writer.text(node.weight);
  writer.raw(",\"bias\":");
  writer.text(node.bias);
  writer.raw(",\"numbers\":");
  writer.object(node.numbers, [&](double value) { writer.text(hex_float(value)); });
  writer.raw(",\"sizes\":");
  writer.object(node.sizes, [&](const std::vector<std::size_t>& value) { writer.sizes(value); });
  writer.raw(",\"words\":");
  writer.object(node.words, [&](const std::string& value) { writer.text(value); });
  writer.raw("}");
}

std::set<std::string> used_parameters(const ProblemFile& problem) {
  std::set<std::string> used;
  for (const NodeSpec& node : problem.model.nodes) {
    for (const std::string& name : tensor_names(node)) {
      if (problem.parameters.count(name) == 0)
        fail("node " + in_quotes(node.name), "missing tensor " + in_quotes(name));
      used.insert(name);
    }
  }
  if (problem.augment) {
    for (const char* name : {"aug.a", "aug.b", "aug.W"}) {
      if (problem.parameters.count(name) != 0) used.insert(name);
    }
  }
  return used;
}

template <class Spec>
void write_kind_and_lambda(Writer& writer, const std::optional<Spec>& spec) {
  if (!spec) return writer.raw("null");
  writer.raw("{\"kind\":");
  writer.text(spec->kind);
  writer.raw(",\"lambda\":");
  writer.text(spec->lambda);
  writer.raw("}");
}

void write_problem(Writer& writer, const ProblemFile& problem) {
  writer.raw("{\"schema\":\"pgb-problem/1\",\"model\":{\"input\":");
  writer.sizes(problem.model.input);
  writer.raw(",\"nodes\":");
  writer.list('[', problem.model.nodes, ']', [&](const NodeSpec& node) { write_node(writer, node); });
  writer.raw(",\"output\":");
  writer.text(problem.model.output);
  writer.raw("},\"parameters\":");
  const std::set<std::string> used = used_parameters(problem);
  writer.list('{', used, '}', [&](const std::string& name) {
    writer.text(name);
    writer.raw(":");
    write_tensor(writer, problem.parameters.at(name));
  });
  writer.raw(",\"data\":{\"x\":");
  write_tensor(writer, problem.x);
  writer.raw(",\"y\":");
  write_tensor(writer, problem.y);
  writer.raw("},\"loss\":{\"kind\":");
  writer.text(problem.loss);
  if (problem.loss == "polynomial_hinge") {
    writer.raw(",\"p\":");
    writer.text(hex_float(problem.loss_power));
  }
  writer.raw("},\"augment\":");
  write_kind_and_lambda(writer, problem.augment);
  writer.raw(",\"regularizer\":");
  write_kind_and_lambda(writer, problem.regularizer);
  writer.raw("}");
  writer.flush();
}

}  // namespace

std::string canonical_json(const ProblemFile& problem) {
  std::string out;
  Writer writer([&](std::string_view text) { out += text; });
  write_problem(writer, problem);
  return out;
}

std::string problem_sha256(const ProblemFile& problem) {
  Sha256 hash;
  Writer writer([&](std::string_view text) { hash.update(text); });
  write_problem(writer, problem);
  return hash.hex();
}

}  // namespace pgb::io
