#include "check_arguments.h"

#include <cmath>

#include "common.h"
#include "pgb/io/errors.h"
#include "pgb/version.h"

namespace pgb::tools {
namespace {

const char* const footer = R"(
Exit status, of several problems the first that applies: 4 internal error; 2 bad usage or bad input
(one line on standard error, no file written); 1 the condition does not hold; 3 undecided; 0 it holds.

Examples:
  pgbcheck problem.json --at saved --report verdict.html
  pgbcheck --arch 784-128-relu-10 --parameters net.pt --data train.npz --loss cross_entropy --json -
  pgbcheck inspect net.pt)";

}  // namespace

void describe(CLI::App& app, CheckArguments& a) {
  app.set_version_flag("--version", "pgbcheck " PGB_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.footer(footer);
  app.get_formatter()->column_width(26);
  const auto at_least_zero = [](const std::string& text) {
    double value = 0;
    const bool good = CLI::detail::lexical_cast(text, value) && std::isfinite(value) && value >= 0;
    return good ? std::string() : "expected a number >= 0, found \"" + text + '"';
  };
  app.add_option("PROBLEM", a.problems, "Problem files, checked one after the other")->option_text("...");
  std::string group = "Fields of the problem, which win over those of the file";
  const auto option = [&](const char* flag, const char* kind, auto& value, const char* words) {
    return app.add_option(flag, value, words)->option_text(kind)->group(group);
  };
  option("--model", "FILE", a.overrides.model, "Network: .onnx or .json");
  option("--arch", "LAYERS", a.overrides.architecture,
         "Network instead: 784-128-relu-10, its tensors found by shape");
  option("--parameters", "FILE", a.overrides.parameters, "Saved: .safetensors, .npz, .pt or .json");
  option("--data", "FILE", a.overrides.data, "Training data: .npz, .pt, .safetensors, .json or .csv");
  option("--loss", "NAME", a.overrides.loss, "squared, mse, cross_entropy, logistic, ...");
  option("--augment", "KIND", a.overrides.augment, "Added neurons: exponential");
  option("--lambda", "NUMBER", a.overrides.lambda, "Their weight in the objective, exact: 1/10, 0.1");
  group = "What to do";
  option("--at", "WHERE", a.at, "saved: the point as it is; nearby (default): a critical point close to it")
      ->check(CLI::IsMember({"saved", "nearby"}));
  option("--radius", "NUMBER", a.options.radius,
         "How close, relative to the parameters' size (default 0.001)")
      ->check(at_least_zero);
  option("--max-memory", "SIZE", a.max_memory, "Such as 512M or 4G (default three quarters of what is free)");
  option("--max-precision", "BITS", a.options.max_precision_bits, "Most of any number (default 16384)")
      ->check(CLI::Range(53L, 1L << 20));
  option("--threads", "N", a.options.threads, "Default: one for each processor")->check(CLI::Range(1, 1024));
  option("--seed", "N", a.options.seed, "Of the perturbations tried (default 1)")->check(at_least_zero);
  option("--region", "R", a.region,
         "A statement on every point within R of the saved one; max: the largest R");
  option("--compare", "FILE", a.compare,
         "Parameters, or a problem, with a lower loss: proves the point suboptimal");
  group = "Output";
  option("--json", "FILE", a.json, "The verdict in full, - on standard output; several in an array");
  option("--report", "FILE", a.report, "A page for the browser, all problems on it");
  option("--series", "FILE", a.series,
         "Of many --parameters ('step*.npz'): table, .csv or .jsonl, resumed if there");
  option("--certificate", "FILE", a.certificate, "The proof of a certified verdict, for pgbverify");
  app.add_flag("-q,--quiet", a.quiet, "No summary and no progress; the exit status tells")->group(group);
}

void complete(CheckArguments& a) {
  a.options.at_saved = a.at == "saved";
  if (!a.max_memory.empty()) a.options.max_memory = memory_size(a.max_memory, "--max-memory");
  if (!a.certificate.empty() && a.problems.size() > 1) {
    throw InputError("--certificate: expected one PROBLEM, found " + std::to_string(a.problems.size()));
  }
  if (a.region == "max") {
    a.options.region_max = true;
  } else if (!a.region.empty()) {
    double radius = 0;
    if (!CLI::detail::lexical_cast(a.region, radius) || !(radius > 0) || !std::isfinite(radius)) {
      throw InputError("--region: expected a number > 0 or max, found \"" + a.region + '"');
    }
    a.options.region = radius;
  }
}

}  // namespace pgb::tools
