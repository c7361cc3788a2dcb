// What the command-line tools share: output files, progress on a terminal, interruption, the command line as
// text.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace pgb::tools {

// Whether standard output or standard error is a terminal that wants colour (NO_COLOR and TERM=dumb do not).
bool wants_colour(int descriptor);

// Throws InputError if a file could not be written at `path`: no such folder, no permission, a folder of that
// name, or if it is one that was read. Meant for the time before the work starts.
void expect_writable(const std::string& path);

// The whole of `text` as the file `path`, through a temporary file beside it and a rename, so that a failure
// leaves what was there before. Links are followed; what is not a regular file (a pipe, /dev/null) is written
// directly. Throws InputError.
void write_file(const std::string& path, const std::string& text);

// All of `text` on standard output or standard error. Throws InputError.
void print(int descriptor, const std::string& text);

// Bytes in "1048576", "512M", "1.5G", "4GiB": K, M, G and T are powers of 1024. Throws InputError, with
// `flag` in it, for anything else and for less than one byte.
std::size_t memory_size(const std::string& text, const std::string& flag);

// The folder of the shipped problem files: `built`, that of the source tree, or where there is none (the
// program was installed) share/pgb/examples beside the program's own folder.
std::string examples_folder(const std::string& built);

// The arguments as a shell would take them.
std::string quoted_command(const std::vector<std::string>& arguments);

// "pgbcheck: <message>" on standard error, one line whatever the message holds.
void complain(const std::string& tool, const std::string& message);

// From here on the first Ctrl-C (or SIGTERM) sets the flag, and the next ends the program as usual.
const std::atomic<bool>& stop_flag();

// One line on standard error, drawn over itself, for work of more than two seconds; nothing where standard
// error is not a terminal. Any thread may call show().
class Progress {
 public:
  explicit Progress(bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // fraction in [0, 1], negative: not known.
  void show(const std::string& stage, double fraction);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::mutex mutex_;
  bool wanted_, drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_{};
};

}  // namespace pgb::tools
