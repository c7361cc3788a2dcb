// Statements of SQLite, for the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"

namespace pgb::search {

[[noreturn]] inline void fail_with(sqlite3* db, const std::string& path) {
  throw InputError(io::shown(path, 160) +
                   ": store: " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
}

// One prepared statement, bound from left to right and stepped through.
class Statement {
 public:
  Statement(sqlite3* db, const std::string& path, const std::string& sql) : db_(db), path_(path) {
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) fail_with(db, path);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& operator<<(std::int64_t value) { return bound(sqlite3_bind_int64(statement_, ++next_, value)); }
  Statement& operator<<(std::size_t value) { return *this << static_cast<std::int64_t>(value); }
  Statement& operator<<(int value) { return *this << static_cast<std::int64_t>(value); }
  Statement& operator<<(double value) { return bound(sqlite3_bind_double(statement_, ++next_, value)); }
  Statement& operator<<(const std::string& value) {
    return bound(
        sqlite3_bind_text64(statement_, ++next_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  Statement& operator<<(const std::vector<double>& value) {
    static const double nothing = 0;  // a null pointer would bind NULL
    const void* bytes = value.empty() ? &nothing : value.data();
    return bound(
        sqlite3_bind_blob64(statement_, ++next_, bytes, value.size() * sizeof(double), SQLITE_TRANSIENT));
  }

  bool next() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail_with(db_, path_);
    return code == SQLITE_ROW;
  }
  void done() {
    while (next()) {
    }
  }

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::size_t size(int column) const { return static_cast<std::size_t>(integer(column)); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const {
    const unsigned char* value = sqlite3_column_text(statement_, column);
    const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return value == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(value), length);
  }
  std::vector<double> reals(int column) const {
    const void* bytes = sqlite3_column_blob(statement_, column);
    std::vector<double> values(static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) /
                               sizeof(double));
    if (!values.empty()) std::memcpy(values.data(), bytes, values.size() * sizeof(double));
    return values;
  }

 private:
  Statement& bound(int code) {
    if (code != SQLITE_OK) fail_with(db_, path_);
    return *this;
  }
  sqlite3* db_;
  const std::string& path_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 0;
};

}  // namespace pgb::search
