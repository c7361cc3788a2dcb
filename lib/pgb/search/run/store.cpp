#include "pgb/search/run/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>

#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/search/run/statement.h"

namespace pgb::search {
namespace {

constexpr int kLockTries = 60;
constexpr const char* kSchema = "pgb-store/2";
constexpr const char* kTables = R"(
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE problems (number INTEGER PRIMARY KEY, title TEXT NOT NULL, sha256 TEXT NOT NULL, problem TEXT NOT NULL);
  CREATE TABLE evaluations (problem INTEGER NOT NULL, number INTEGER NOT NULL, score REAL NOT NULL,
    PRIMARY KEY (problem, number)) WITHOUT ROWID;
  CREATE TABLE points (
    id INTEGER PRIMARY KEY, problem INTEGER NOT NULL REFERENCES problems (number),
    first_start INTEGER NOT NULL, count INTEGER NOT NULL,
    ending INTEGER NOT NULL, hessian INTEGER NOT NULL, steps INTEGER NOT NULL, loss REAL, gradient REAL, step REAL,
    z BLOB NOT NULL, outputs BLOB NOT NULL,
    kind TEXT, certified INTEGER, reason TEXT, explanation TEXT, parameters TEXT, sha256 TEXT, loss_text TEXT,
    loss_lower REAL, loss_upper REAL, center TEXT, reach TEXT, curvature REAL,
    better INTEGER NOT NULL DEFAULT 0, better_certificate TEXT NOT NULL DEFAULT '');
  CREATE TABLE failures (point INTEGER PRIMARY KEY REFERENCES points (id), diverges INTEGER NOT NULL, text TEXT NOT NULL);
  CREATE TABLE certificates (point INTEGER NOT NULL REFERENCES points (id), number INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (point, number)) WITHOUT ROWID;
)";
constexpr const char* kPointColumns =
    "id, problem, first_start, count, ending, hessian, steps, loss, gradient, step, z, outputs, kind, "
    "certified, reason, "
    "explanation, parameters, sha256, loss_text, loss_lower, loss_upper, center, reach, curvature, better, "
    "better_certificate";

std::string joined_numbers(const std::vector<std::string>& numbers) {
  std::string text;
  for (const std::string& number : numbers) text += (text.empty() ? "" : " ") + number;
  return text;
}

std::vector<std::string> split_numbers(const std::string& text) {
  std::vector<std::string> numbers;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    numbers.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return numbers;
}

}  // namespace

struct Store::Handle {
  sqlite3* db = nullptr;
  int lock = -1;  // of the process that writes
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    sqlite3_close(db);
    if (lock >= 0) ::close(lock);  // last: closing the file ends SQLite's own locks
  }
};

namespace {

// file:..., with what has a meaning in it written as %XX.
std::string as_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    char text[4];
    std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    uri += c == '?' || c == '#' || c == '%' ? std::string(text) : std::string(1, c);
  }
  return uri;
}

StoredPoint point_of(const Statement& row, const std::string& path) {
  StoredPoint p;
  p.id = row.integer(0);
  p.problem = row.size(1);
  p.first_start = row.size(2);
  p.count = row.size(3);
  p.ending.kind = static_cast<EndKind>(row.integer(4));
  p.ending.curvature = static_cast<Curvature>(row.integer(5));
  p.ending.steps = static_cast<int>(row.integer(6));
  p.ending.loss = row.real(7);
  p.ending.gradient = row.real(8);
  p.ending.step = row.real(9);
  p.ending.z = row.reals(10);
  p.ending.outputs = row.reals(11);
  if (!row.is_null(12)) {
    Judgement j;
    try {
      j.kind = point_kind_named(row.text(12));
    } catch (const std::invalid_argument& error) {
      throw InputError(io::shown(path, 160) + ": store: " + error.what());
    }
    j.certified = row.integer(13) != 0;
    j.reason = row.text(14);
    j.explanation = row.text(15);
    j.problem = row.text(16);
    j.sha256 = row.text(17);
    j.loss = row.text(18);
    j.loss_lower = row.real(19);
    j.loss_upper = row.real(20);
    j.center = split_numbers(row.text(21));
    j.reach = row.text(22);
    j.smallest_curvature = row.real(23);
    p.judgement = std::move(j);
  }
  p.better = row.integer(24);
  p.better_certificate = row.text(25);
  return p;
}

}  // namespace

Store::Store(std::string path) : path_(std::move(path)), handle_(std::make_unique<Handle>()) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

void Store::run(const char* sql) {
  if (sqlite3_exec(handle_->db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail_with(handle_->db, path_);
}

void Store::connect(bool create, bool writable) {
  int flags = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  if (create) flags |= SQLITE_OPEN_CREATE;
  std::string name = path_;
  const std::filesystem::path folder = std::filesystem::absolute(path_).parent_path();
  std::error_code ignored;
  if (!writable && ::access(folder.c_str(), W_OK) != 0 && !std::filesystem::exists(path_ + "-wal", ignored)) {
    // The log that belongs to a store cannot be made there, and nobody can be writing one.
    name = as_uri(path_) + "?immutable=1";
    flags |= SQLITE_OPEN_URI;
  }
  if (sqlite3_open_v2(name.c_str(), &handle_->db, flags, nullptr) != SQLITE_OK) fail_with(handle_->db, path_);
  sqlite3_busy_timeout(handle_->db, 2000);
  if (!writable || path_ == ":memory:") return;
  handle_->lock = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  int tries = kLockTries;  // a search that was told to stop takes a moment
  while (handle_->lock >= 0 && ::flock(handle_->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (--tries > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      continue;
    }
    io::fail(io::shown(path_, 160), "a store that nobody writes", "one that another pgbsearch is at work on");
  }
}

Store Store::create(const std::string& path) {
  std::error_code ignored;
  if (path != ":memory:" && std::filesystem::exists(path, ignored)) {
    io::fail(io::shown(path, 160), "a new file; --resume goes on with a store, --store names another",
             "one that exists");
  }
  Store store(path);
  store.connect(true, true);
  store.make_tables();
  return store;
}

Store Store::resume(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return create(path);
  {
    // A run killed before its first transaction leaves a database without tables.
    Store store(path);
    store.connect(false, true);
    bool empty = false;
    try {
      Statement tables(store.handle_->db, path, "SELECT count(*) FROM sqlite_master");
      empty = tables.next() && tables.integer(0) == 0;
    } catch (const InputError&) {
      empty = false;  // not a database: open() says so
    }
    if (empty) {
      store.make_tables();
      return store;
    }
  }
  return open(path, true);
}

void Store::make_tables() {
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
  run(kTables);
  set_meta("schema", kSchema);
  run("COMMIT");
}

Store Store::open(const std::string& path, bool writable) {
  const std::string expected = std::string("a store of pgbsearch (") + kSchema + ")";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    io::fail(io::shown(path, 160), "a store", "no such file");
  Store store(path);
  store.connect(false, writable);
  std::optional<std::string> schema;
  std::string why = "another file";
  try {
    if (writable) store.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    schema = store.meta("schema");
  } catch (const InputError&) {
    const int code = sqlite3_errcode(store.handle_->db) & 0xff;
    if (code != SQLITE_NOTADB && code != SQLITE_ERROR) why = sqlite3_errmsg(store.handle_->db);
  }
  if (schema != kSchema) io::fail(io::shown(path, 160), expected, schema ? io::in_quotes(*schema) : why);
  store.expect_sound();
  return store;
}

void Store::expect_sound() const {
  // Whatever a query finds is wrong. The numbers of the kinds are those of EndKind and Curvature.
  const std::array<std::pair<const char*, const char*>, 5> checks{{
      {"SELECT count(*) FROM points WHERE problem NOT IN (SELECT number FROM problems) OR count < 1",
       "points of no problem or no start"},
      {"SELECT count(*) FROM points WHERE ending NOT BETWEEN 0 AND 3 OR hessian NOT BETWEEN 0 AND 2 OR "
       "typeof(z) != 'blob' OR typeof(outputs) != 'blob' OR length(z) % 8 OR length(outputs) % 8",
       "points with an end of no known kind"},
      {"SELECT count(*) FROM points WHERE better != 0 AND better NOT IN (SELECT id FROM points)",
       "points whose better one is missing"},
      {"SELECT count(*) FROM points a, points b WHERE a.better = b.id AND NOT (b.loss_upper < a.loss_lower)",
       "points whose better one is not proven lower"},
      {"SELECT count(*) FROM certificates WHERE point NOT IN (SELECT id FROM points)",
       "certificates of no point"},
  }};
  for (const auto& [query, what] : checks) {
    Statement row(handle_->db, path_, query);
    if (row.next() && row.integer(0) != 0)
      throw InputError(io::shown(path_, 160) + ": damaged: it has " + what);
  }
}

std::size_t Store::chunks_done() const {
  const std::string text = meta("next_chunk").value_or("0");
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    io::fail(io::shown(path_, 160), "a number of chunks that were done", io::in_quotes(text));
  return static_cast<std::size_t>(std::stoull(text));
}

void Store::expect_chunks_done(std::size_t count) const {
  if (chunks_done() != count)
    throw InputError(io::shown(path_, 160) + ": another pgbsearch has gone on with this store meanwhile");
}

std::optional<std::string> Store::meta(const std::string& key) const {
  Statement row(handle_->db, path_, "SELECT value FROM meta WHERE key = ?");
  row << key;
  if (!row.next()) return std::nullopt;
  return row.text(0);
}

void Store::set_meta(const std::string& key, const std::string& value) {
  Statement row(handle_->db, path_,
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
  (row << key << value).done();
}

void Store::begin() { run("BEGIN IMMEDIATE"); }
void Store::commit() { run("COMMIT"); }
void Store::take_back() { run("ROLLBACK"); }

void Store::add_problem(std::size_t number, const std::string& title, const std::string& canonical,
                        const std::string& sha256) {
  Statement row(handle_->db, path_, "INSERT INTO problems VALUES (?, ?, ?, ?)");
  (row << number << title << sha256 << canonical).done();
}

std::optional<Store::ProblemRow> Store::problem(std::size_t number) const {
  Statement row(handle_->db, path_, "SELECT title, problem, sha256 FROM problems WHERE number = ?");
  row << number;
  if (!row.next()) return std::nullopt;
  return ProblemRow{row.text(0), row.text(1), row.text(2)};
}

std::size_t Store::problems() const {
  Statement row(handle_->db, path_, "SELECT count(*) FROM problems");
  row.next();
  return row.size(0);
}

void Store::add_evaluation(std::size_t problem, std::size_t number, double score) {
  Statement row(handle_->db, path_, "INSERT INTO evaluations VALUES (?, ?, ?)");
  (row << problem << number << score).done();
}

std::vector<double> Store::evaluations(std::size_t problem) const {
  Statement row(handle_->db, path_, "SELECT score FROM evaluations WHERE problem = ? ORDER BY number");
  row << problem;
  std::vector<double> scores;
  while (row.next()) scores.push_back(row.real(0));
  return scores;
}

std::int64_t Store::add_point(const StoredPoint& p) {
  Statement row(
      handle_->db, path_,
      "INSERT INTO points (problem, first_start, count, ending, hessian, steps, loss, gradient, step, z, "
      "outputs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const Ending& e = p.ending;
  row << p.problem << p.first_start << p.count << static_cast<int>(e.kind) << static_cast<int>(e.curvature)
      << e.steps << e.loss << e.gradient << e.step << e.z << e.outputs;
  row.done();
  return sqlite3_last_insert_rowid(handle_->db);
}

void Store::set_count(std::int64_t id, std::size_t count) {
  Statement row(handle_->db, path_, "UPDATE points SET count = ? WHERE id = ?");
  (row << count << id).done();
}

void Store::set_judgement(std::int64_t id, const Judgement& j) {
  Statement row(
      handle_->db, path_,
      "UPDATE points SET kind = ?, certified = ?, reason = ?, explanation = ?, parameters = ?, sha256 = ?, "
      "loss_text = ?, loss_lower = ?, loss_upper = ?, center = ?, reach = ?, curvature = ? WHERE id = ?");
  row << std::string(point_kind_name(j.kind)) << static_cast<int>(j.certified) << j.reason << j.explanation
      << j.problem << j.sha256 << j.loss << j.loss_lower << j.loss_upper << joined_numbers(j.center)
      << j.reach << j.smallest_curvature << id;
  row.done();
  for (std::size_t k = 0; k < j.certificates.size(); ++k) {
    Statement text(handle_->db, path_, "INSERT OR REPLACE INTO certificates VALUES (?, ?, ?)");
    (text << id << k << j.certificates[k]).done();
  }
}

void Store::set_better(std::int64_t id, std::int64_t better, const std::string& certificate) {
  Statement row(handle_->db, path_, "UPDATE points SET better = ?, better_certificate = ? WHERE id = ?");
  (row << better << certificate << id).done();
}

void Store::set_failure_mode(std::int64_t id, bool diverges, const std::string& text) {
  Statement row(handle_->db, path_, "INSERT OR REPLACE INTO failures VALUES (?, ?, ?)");
  (row << id << static_cast<int>(diverges) << text).done();
}

std::optional<std::string> Store::failure_mode(std::int64_t id) const {
  Statement row(handle_->db, path_, "SELECT text FROM failures WHERE point = ?");
  row << id;
  if (!row.next()) return std::nullopt;
  return row.text(0);
}

std::vector<StoredPoint> Store::points() const {
  std::vector<StoredPoint> points;
  Statement row(handle_->db, path_, std::string("SELECT ") + kPointColumns + " FROM points ORDER BY id");
  while (row.next()) points.push_back(point_of(row, path_));
  return points;
}

std::optional<StoredPoint> Store::point(std::int64_t id) const {
  Statement row(handle_->db, path_, std::string("SELECT ") + kPointColumns + " FROM points WHERE id = ?");
  row << id;
  if (!row.next()) return std::nullopt;
  StoredPoint point = point_of(row, path_);
  if (!point.judgement) return point;
  Statement texts(handle_->db, path_, "SELECT text FROM certificates WHERE point = ? ORDER BY number");
  texts << id;
  while (texts.next()) point.judgement->certificates.push_back(texts.text(0));
  return point;
}

std::optional<std::pair<std::string, std::int64_t>> store_reference(const std::string& text) {
  const std::size_t hash = text.rfind('#');
  if (hash == std::string::npos || hash == 0 || hash + 1 == text.size() || text.size() - hash > 18)
    return std::nullopt;
  const std::string digits = text.substr(hash + 1);
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::make_pair(text.substr(0, hash), static_cast<std::int64_t>(std::stoll(digits)));
}

Problem load_stored_problem(const std::string& path, std::int64_t id) {
  const std::string name = path + '#' + std::to_string(id), shown = io::shown(name, 160);
  io::regular_file_size(path);
  const auto point = Store::open(path, false).point(id);
  if (!point) throw InputError(shown + ": the store has no point of this number");
  if (!point->judgement)
    throw InputError(shown + ": this point has not been looked at yet; pgbsearch --resume does");
  Problem problem = make_problem(instance_from_text(point->judgement->problem, shown));
  problem.name = name;
  return problem;
}

}  // namespace pgb::search
