// A claim of the paper as something to be run: what is said, under which hypotheses, and the instances on
// which it was checked. pgbrepro runs the list in registry.h.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pgb::claims {

enum class Standing {
  proved,     // on this instance, in balls, in exact arithmetic or with rigorous error bounds
  supported,  // numbers agree with the claim, without a proof
  failed      // numbers or proofs contradict it, or a check that had to succeed did not
};
const char* standing_name(Standing standing);  // "proved", …

// A figure of an instance as text, with its unit in the name where it has one: {"gap", "0.31"}. Instances of
// one claim that use the same names make a table.
struct Number {
  std::string name, value;
};

struct Instance {
  std::string what;  // "tanh 2-3-1, squared, 5 samples of which 2 have equal inputs"
  Standing standing = Standing::failed;
  std::string shown;  // one sentence: what was shown, or what did not hold
  std::vector<Number> numbers = {};
};

// Plain data to be drawn.
enum class Scale {
  linear,
  log10  // the numbers given are base-10 logarithms; ticks read 10^k
};
struct Axis {
  std::string label;  // with the unit
  Scale scale = Scale::linear;
};
struct Curve {
  std::string label;
  std::vector<std::pair<double, double>> points;  // finite
};
// Values on a grid, drawn as shades: value (i, j) at values[j * columns + i], i along x and j along y, both
// upwards.
struct Surface {
  std::size_t columns = 0, rows = 0;
  std::pair<double, double> x, y;  // the first and last grid line
  std::vector<double> values;
  std::string label;  // what the values are, with the unit
};
struct Figure {
  std::string name;  // of its file, without the ending: "diverging-paths"
  std::string title, caption;
  Axis x, y;
  std::vector<Curve> curves = {};  // at most 4, told apart by colour and marks
  std::optional<Surface> surface = {};
};

struct ClaimOptions {
  std::size_t instances = 0;  // of every kind; 0: the claim's own number
  std::uint64_t seed = 1;
  int threads = 1;
  std::string examples;                     // folder with the shipped problem files
  const std::atomic<bool>* stop = nullptr;  // set it to end with what there is
  std::function<void(const std::string& stage, double fraction)> progress =
      {};  // fraction 0..1, negative: not known

  std::size_t count(std::size_t usual) const { return instances == 0 ? usual : instances; }
  bool stopped() const { return stop != nullptr && *stop; }
  void report(const std::string& stage, double fraction) const {
    if (progress) progress(stage, fraction);
  }
};

struct ClaimResult {
  std::vector<Instance> instances = {};
  std::vector<Figure> figures = {};
  std::vector<std::string> notes = {};  // sentences: what was not found, what the claim does not give

  std::size_t count(Standing standing) const;
  void add(ClaimResult other);  // appends everything
};

// A wrong statement that the same checks have to refuse; otherwise they cannot fail, and are worth nothing.
struct Control {
  std::string what;  // "with lambda a^2 instead of 2 lambda a^2"
  std::function<ClaimResult(const ClaimOptions&)> run;
};

struct Claim {
  std::string name;   // "vanishing-identity": for the command line
  std::string group;  // "theorems", "hypotheses", "failure", "zoo"
  std::string statement;
  std::vector<std::string> hypotheses = {};
  std::function<ClaimResult(const ClaimOptions&)> run;
  std::vector<Control> controls = {};
};

// What came of a claim and its controls.
struct Outcome {
  const Claim* claim = nullptr;
  ClaimResult result;
  std::vector<bool> refused;  // control by control: whether an instance of it failed
  bool finished = true;       // false: stopped before its end
  double seconds = 0;

  // At least one instance, none failed, and every control was refused.
  bool passed() const;
};

// Runs a claim and its controls. An exception becomes a failed instance with its message.
Outcome run_claim(const Claim& claim, const ClaimOptions& options);

// One after the other, until stopped; progress tells which.
std::vector<Outcome> run_claims(const std::vector<const Claim*>& claims, const ClaimOptions& options);

}  // namespace pgb::claims
