// pgbverify: is what a certificate says of a problem proved by it?
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "pgb/certificate/certificate.h"
#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"
#include "pgb/io/problem_file.h"
#include "pgb/version.h"
#include "verifier/verify.h"

namespace {

constexpr int accepted = 0, rejected = 1, bad_input = 2, internal_error = 4;

struct Arguments {
  std::string certificate, problem, json;
  bool quiet = false;
};

const char* const footer = R"(
Prints "accepted: <the statement>", or "rejected: <the first hypothesis that fails>". Rejected means not proved;
the statement may be true all the same.

Exit status: 0 accepted; 1 rejected; 2 bad usage, or files that cannot be read; 4 internal error.

Example:
  pgbcheck problem.json --certificate proof.json && pgbverify proof.json --problem problem.json)";

void describe(CLI::App& app, Arguments& a) {
  app.set_version_flag("--version", "pgbverify " PGB_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.footer(footer);
  app.get_formatter()->column_width(26);
  app.add_option("CERTIFICATE", a.certificate, "Written by pgbcheck --certificate")
      ->required()
      ->option_text(" ");
  app.add_option("--problem", a.problem,
                 "Needed where the certificate does not hold its problem; else it must agree")
      ->option_text("FILE");
  app.add_option("--json", a.json, "The outcome, - on standard output")->option_text("FILE");
  app.add_flag("-q,--quiet", a.quiet, "Print nothing; the exit status tells");
}

// What is printed in JSON.
struct Result {
  std::string kind, problem_sha256;
  pgb::verifier::Outcome outcome;
};

Result verify(const Arguments& a) {
  namespace io = pgb::io;
  const std::string where = io::shown_path(a.certificate);
  const std::string text = io::read_file(a.certificate, io::max_json_bytes);
  pgb::certificate::Certificate certificate;
  try {
    certificate = pgb::certificate::read_certificate(text, where);
  } catch (const pgb::certificate::FormatError& error) {
    return {"", "", {false, error.what()}};
  }
  if (!certificate.problem && a.problem.empty())
    throw pgb::InputError(where + ": the problem is not in the certificate; give it with --problem");
  Result result;
  result.problem_sha256 = certificate.problem_sha256;
  result.kind = std::visit([](const auto& claim) { return std::string(claim.kind); }, certificate.claim);
  // Where there are two, both must have the digest.
  if (certificate.problem)
    result.outcome = pgb::verifier::verify(certificate, io::read_problem_text(*certificate.problem, where));
  if (a.problem.empty() || (certificate.problem && !result.outcome.accepted)) return result;
  const io::ProblemFile problem = io::read_problem_file(a.problem);
  if (!certificate.problem)
    result.outcome = pgb::verifier::verify(certificate, problem);
  else if (io::problem_sha256(problem) != certificate.problem_sha256)
    result.outcome = {false, "problem_sha256: not the digest of " + io::shown_path(a.problem)};
  return result;
}

std::string as_json(const Arguments& a, const Result& result, double seconds) {
  return nlohmann::ordered_json{{"schema", "pgb-verification/1"},
                                {"tool", "pgbverify " PGB_VERSION},
                                {"certificate", a.certificate},
                                {"accepted", result.outcome.accepted},
                                {"kind", result.kind},
                                {result.outcome.accepted ? "statement" : "reason", result.outcome.message},
                                {"problem_sha256", result.problem_sha256},
                                {"seconds", seconds}}
             .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
         '\n';
}

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) throw pgb::InputError(pgb::io::shown_path(path) + ": cannot be written");
}

int run(const Arguments& a) {
  const auto start = std::chrono::steady_clock::now();
  const Result result = verify(a);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (a.json == "-") {
    std::cout << as_json(a, result, seconds.count()) << std::flush;
  } else if (!a.json.empty()) {
    write(a.json, as_json(a, result, seconds.count()));
  }
  if (!a.quiet)
    (a.json == "-" ? std::cerr : std::cout)
        << (result.outcome.accepted ? "accepted: " : "rejected: ") << result.outcome.message << std::endl;
  if (!std::cout) throw pgb::InputError("standard output: cannot be written");
  return result.outcome.accepted ? accepted : rejected;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Is what a certificate says of a problem proved by it? Independent of the code that wrote it.",
               "pgbverify");
  const auto complain = [](const std::string& message) { std::cerr << "pgbverify: " << message << '\n'; };
  try {
    describe(app, arguments);
    app.parse(argc, argv);
    return run(arguments);
  } catch (const CLI::Success& answer) {
    return app.exit(answer);
  } catch (const CLI::ParseError& error) {
    complain(pgb::io::shown(error.what(), 1000) + " (see pgbverify --help)");
    return bad_input;
  } catch (const pgb::InputError& error) {
    complain(error.what());
    return bad_input;
  } catch (const std::exception& error) {
    complain(std::string("internal error: ") + error.what());
    return internal_error;
  }
}
