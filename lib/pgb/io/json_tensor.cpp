#include "pgb/io/json_tensor.h"

#include <cmath>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

// An exact number may be longer than its text, but not out of all proportion to it.
constexpr std::size_t max_growth = 4;
constexpr std::size_t free_length = 2000;

class Reader {
 public:
  explicit Reader(const std::string& where) : where_(where) {}

  Tensor read(const Json& value) {
    const Json* inner =
        &value;  // the shape follows the first elements; read_level compares all others with it
    while (inner->is_array()) {
      tensor_.shape.push_back(inner->size());
      if (inner->empty()) break;
      inner = &inner->front();
    }
    read_level(value, 0);
    return std::move(tensor_);
  }

 private:
  // Recursion is at most max_json_depth deep.
  void read_level(const Json& value, std::size_t level) {
    if (level == tensor_.shape.size()) return read_number(value);
    const std::size_t extent = tensor_.shape[level];
    if (!value.is_array())
      fail(place(), "an array of " + std::to_string(extent) + " elements", described(value));
    if (value.size() != extent) {
      fail(place(), std::to_string(extent) + " elements as in the others", std::to_string(value.size()));
    }
    index_.push_back(0);
    for (const Json& element : value) {
      read_level(element, level + 1);
      ++index_.back();
    }
    index_.pop_back();
  }

  void read_number(const Json& value) {
    if (value.is_number()) {
      tensor_.values.push_back(value.get<double>());
    } else if (value.is_string()) {
      read_exact(value.get_ref<const std::string&>());
    } else {
      fail(place(), "a number, or a string with an exact one", described(value));
    }
  }

  void read_exact(const std::string& text) {
    std::string rational;
    try {
      rational = canonical_rational(text);
    } catch (const InputError& error) {
      fail(place(), error.what());
    }
    const double nearest = nearest_double(rational);
    if (!std::isfinite(nearest)) fail(place(), "a number within the range of a double", in_quotes(text));
    if (rational.size() > max_growth * text.size() + free_length)
      fail(place(), "an exact number with fewer digits", in_quotes(text));
    if (!is_double(rational)) tensor_.exact.emplace(tensor_.values.size(), std::move(rational));
    tensor_.values.push_back(nearest);
  }

  std::string place() const {
    std::string text = where_;
    for (std::size_t d = 0; d < index_.size(); ++d)
      text += (d == 0 ? " at [" : "][") + std::to_string(index_[d]);
    return index_.empty() ? text : text + "]";
  }

  const std::string& where_;
  Tensor tensor_;
  std::vector<std::size_t> index_;
};

}  // namespace

Tensor tensor_from_json(const Json& value, const std::string& where) { return Reader(where).read(value); }

Tensors tensors_from_json(const Json& object, const std::string& where) {
  expect_object(object, where);
  Tensors tensors;
  for (const auto& item : object.items()) {
    tensors.emplace(item.key(), tensor_from_json(item.value(), where + ": tensor " + in_quotes(item.key())));
  }
  return tensors;
}

}  // namespace pgb::io
