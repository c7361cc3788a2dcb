// Stored points as files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pgb/search/run/store.h"

namespace pgb::search {

// Throws InputError where the store has no such point.
StoredPoint expect_point(const Store& store, std::int64_t id);

// Writes DIRECTORY/ID.json, a problem file with the point as its parameters, and its certificates as
// DIRECTORY/ID.certificate.json, ID.certificate.2.json, ... and ID.lower.json (a lower value elsewhere). No
// ids: all certified minima, and what --prove has proved as box-P.certificate.json for problem P. Returns the
// number of points. Throws InputError.
std::size_t export_points(const Store& store, const std::vector<std::int64_t>& ids,
                          const std::string& directory,
                          const std::function<void(const std::string& path, const std::string& text)>& write);

}  // namespace pgb::search
