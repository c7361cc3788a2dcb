// Families that the tests use.
#pragma once

#include <string>

#include "pgb/model/problem.h"
#include "pgb/search/family/family.h"

namespace pgb::search {

inline Family shipped(const std::string& name) {
  return read_family(PGB_SOURCE_DIR "/examples/families/" + name);
}

}  // namespace pgb::search
