// What the readers throw.
#pragma once

#include <stdexcept>
#include <string>

namespace pgb {

// Bad input: the message is one line that names the file, the tensor or field, what was expected
// and what was found. Tools print it and exit with status 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace pgb
