#include "common.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/report/plain_text.h"

namespace pgb::tools {
namespace {

std::atomic<bool> stopped{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

extern "C" void on_interrupt(int) { stopped.store(true); }

[[noreturn]] void fail_to_write(const std::string& path, int error) {
  throw InputError(io::shown(path, 160) + ": cannot be written: " + std::strerror(error));
}

// Where the bytes of `path` go: links followed, the folder kept where nothing is there yet.
std::string target_of(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) == nullptr ? path : resolved;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// 0, or the error.
int write_all(int descriptor, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(descriptor, text.data() + at, text.size() - at);
    if (count < 0 && errno != EINTR) return errno;
    at += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  return 0;
}

// Whether a new file replaces what is at `target`, as opposed to writing into it.
bool is_replaced(const std::string& target) {
  struct stat status {};
  return stat(target.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

int write_new_file(const std::string& path, const std::string& text, int flags) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  if (descriptor < 0) return errno;
  const int written = write_all(descriptor, text);
  const int closed = close(descriptor) == 0 ? 0 : errno;
  return written != 0 ? written : closed;
}

}  // namespace

bool wants_colour(int descriptor) {
  const char* refusal = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (refusal != nullptr && *refusal != '\0') return false;
  return isatty(descriptor) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

void expect_writable(const std::string& path) {
  const std::string target = target_of(path);
  struct stat status {};
  const bool there = stat(target.c_str(), &status) == 0;
  if (path.empty()) fail_to_write("\"\"", ENOENT);
  if (there && S_ISDIR(status.st_mode)) fail_to_write(path, EISDIR);
  if (access((there && !S_ISREG(status.st_mode) ? target : folder_of(target)).c_str(), W_OK) != 0)
    fail_to_write(path, errno);
  if (!there && path.back() == '/') fail_to_write(path, EISDIR);
  if (io::was_read(target)) io::fail(io::shown_path(path), "a file to write to", "one that is read");
}

void write_file(const std::string& path, const std::string& text) {
  const std::string target = target_of(path);
  if (!is_replaced(target)) {
    const int error = write_new_file(target, text, 0);
    if (error != 0) fail_to_write(path, error);
    return;
  }
  const std::string temporary = target + '.' + std::to_string(getpid()) + ".tmp";
  int error = write_new_file(temporary, text, O_CREAT | O_EXCL);
  if (error == EEXIST) fail_to_write(path, error);
  if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    unlink(temporary.c_str());
    fail_to_write(path, error);
  }
}

void print(int descriptor, const std::string& text) {
  const int error = write_all(descriptor, text);
  if (error != 0) fail_to_write(descriptor == STDOUT_FILENO ? "standard output" : "standard error", error);
}

std::size_t memory_size(const std::string& text, const std::string& flag) {
  double count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count, std::chars_format::fixed);
  std::string unit(stop, end);
  for (const std::string_view tail : {"iB", "ib", "B", "b"}) {
    if (unit.size() == tail.size() + 1 && unit.substr(1) == tail) unit.resize(1);
  }
  const std::size_t power =
      std::string_view("KMGT").find(unit.empty() ? ' ' : static_cast<char>(unit[0] & ~0x20));
  const bool known = unit.empty() || (unit.size() == 1 && power != std::string_view::npos);
  const double bytes =
      std::floor(unit.empty() ? count : std::ldexp(count, static_cast<int>(10 * (power + 1))));
  if (error != std::errc() || !known || !(bytes >= 1) || bytes > 0x1p62) {
    io::fail(flag, "a size such as 512M or 4G", io::in_quotes(text));
  }
  return static_cast<std::size_t>(bytes);
}

std::string examples_folder(const std::string& built) {
  struct stat info {};
  if (::stat(built.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return built;
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string program(path, length > 0 ? static_cast<std::size_t>(length) : 0);
  return program.substr(0, program.find_last_of('/') + 1) + "../share/pgb/examples";
}

std::string quoted_command(const std::vector<std::string>& arguments) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  std::string out;
  for (const std::string& argument : arguments) {
    if (!out.empty()) out += ' ';
    if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) {
      out += argument;
      continue;
    }
    out += '\'';
    for (const char c : argument) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    out += '\'';
  }
  return out;
}

void complain(const std::string& tool, const std::string& message) {
  write_all(STDERR_FILENO, tool + ": " + report::printable(message) + '\n');
}

const std::atomic<bool>& stop_flag() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return stopped;
}

Progress::Progress(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::show(const std::string& stage, double fraction) {
  const Clock::time_point now = Clock::now();
  const std::lock_guard<std::mutex> lock(mutex_);
  using std::chrono::milliseconds;
  if (!wanted_ || now - start_ < milliseconds(2000) || now - last_ < milliseconds(100)) return;
  last_ = now;
  std::string line = report::printable(stage);
  if (fraction >= 0) line += "  " + std::to_string(static_cast<int>(100 * std::min(fraction, 1.0))) + "%";
  if (stopped.load()) line = "stopping; Ctrl-C again to stop at once";
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  const std::size_t room = known ? size.ws_col - std::size_t{1} : 79;
  write_all(STDERR_FILENO, "\r" + report::cut(line, room) + "\033[K");
  drawn_ = true;
}

void Progress::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (drawn_) write_all(STDERR_FILENO, "\r\033[K");
  drawn_ = false;
}

}  // namespace pgb::tools
