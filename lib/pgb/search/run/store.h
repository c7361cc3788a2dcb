// What a search found, kept in an SQLite file so that a killed run loses nothing it had written.
//
// Tables: meta (key, value), problems, points, certificates. docs/families.md describes the columns. All that
// belongs together is written in one transaction; the journal is a write-ahead log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/search/run/judgement.h"

namespace pgb::search {

// One distinct end of runs: a critical point up to symmetry, or the ends of one kind with one value of the
// loss.
struct StoredPoint {
  std::int64_t id = 0;
  std::size_t problem = 0;
  std::size_t first_start = 0;  // the start that came here first
  std::size_t count = 0;        // of starts
  Ending ending;                // of the first start
  std::optional<Judgement> judgement;
  std::int64_t better = 0;  // id of a point of the same problem proven to have a lower loss; 0: none
  std::string better_certificate;

  // A certified local minimum that is proven not to be global.
  bool counterexample() const { return judgement && judgement->is_minimum() && better != 0; }
};

class Store {
 public:
  // A new file (":memory:": none), one to go on with (new where it is not there), or one to read. Each throws
  // InputError where the file is not a store of this version, damaged or cannot be used, or to be written
  // while another process does; create() also where it exists. One to read may be in a folder that cannot be
  // written to.
  static Store create(const std::string& path);
  static Store resume(const std::string& path);
  static Store open(const std::string& path, bool writable);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  std::optional<std::string> meta(const std::string& key) const;
  void set_meta(const std::string& key, const std::string& value);

  void begin();
  void commit();
  void take_back();  // what was done since begin()

  // Chunks of starts whose ends are counted. Throws InputError where the store holds no such number.
  std::size_t chunks_done() const;
  // Inside a transaction: throws InputError unless there are that many. Two processes that go on with one
  // store (its lock does not reach every file system) so never count a chunk twice.
  void expect_chunks_done(std::size_t count) const;

  void add_problem(std::size_t number, const std::string& title, const std::string& canonical,
                   const std::string& sha256);
  struct ProblemRow {
    std::string title, canonical, sha256;
  };
  std::optional<ProblemRow> problem(std::size_t number) const;
  std::size_t problems() const;

  // What a data search has tried: the value of data set `number` of a problem.
  void add_evaluation(std::size_t problem, std::size_t number, double score);
  std::vector<double> evaluations(std::size_t problem) const;  // by number

  std::int64_t add_point(const StoredPoint& point);  // without its judgement; returns the id
  void set_count(std::int64_t id, std::size_t count);
  void set_judgement(std::int64_t id, const Judgement& judgement);
  void set_better(std::int64_t id, std::int64_t better, const std::string& certificate);
  // What gradient flow does after neurons were added: see failure.h.
  void set_failure_mode(std::int64_t id, bool diverges, const std::string& text);
  std::optional<std::string> failure_mode(std::int64_t id) const;
  std::vector<StoredPoint> points() const;  // by id
  std::optional<StoredPoint> point(std::int64_t id) const;

  const std::string& path() const { return path_; }

 private:
  struct Handle;
  explicit Store(std::string path);
  void run(const char* sql);
  void make_tables();
  void connect(bool create, bool writable);
  void expect_sound() const;
  std::string path_;
  std::unique_ptr<Handle> handle_;
};

// "FILE#17" split; nothing where the text is not of this form.
std::optional<std::pair<std::string, std::int64_t>> store_reference(const std::string& text);

// The problem of a stored point, at its polished parameters. Throws InputError where there is no such point,
// or it has not been judged yet.
Problem load_stored_problem(const std::string& path, std::int64_t id);

}  // namespace pgb::search
