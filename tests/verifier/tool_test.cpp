// pgbverify as people and scripts meet it: one line, and an exit status.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "verifier/examples.h"

namespace pgb::test {
namespace {

class Tool : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("pgbverify_" + std::to_string(getpid()) + "_" + test->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  struct Run {
    int status = -1;
    std::string out;  // and what went to standard error, where `arguments` say 2>&1
  };
  static Run run(const std::string& arguments) {
    Run result;
    FILE* pipe = popen((std::string(PGB_TOOLS_DIR) + "/pgbverify " + arguments).c_str(), "r");
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      result.out.append(buffer.data(), n);
    const int status = pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
  }

  // w x + b on (-1, 0), (1, 2) as a problem file.
  std::string line_problem() const {
    return file("line.json",
                R"({"model": {"input": 1, "nodes": [{"op": "linear", "weight": "f.weight", "bias": "f.bias",
      "name": "f"}]}, "parameters": {"f.weight": [[1]], "f.bias": [1]}, "data": {"x": [[-1], [1]], "y": [[0], [2]]},
      "loss": "squared"})");
  }

  std::filesystem::path folder_;
};

TEST_F(Tool, AcceptsAndSaysWhat) {
  const Run r = run(file("good.json", example("critical-point").dump()));
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.out.rfind("accepted: a critical point of Q lies at the saved parameters", 0), 0U) << r.out;
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 1);
}

TEST_F(Tool, RejectsAndSaysWhy) {
  Json c = example("not-critical");
  c["statement"]["radius"] = "3";
  const Run r = run(file("bad.json", c.dump()));
  EXPECT_EQ(r.status, 1);
  EXPECT_EQ(r.out.rfind("rejected: ", 0), 0U) << r.out;
  c.erase("proof");
  EXPECT_EQ(run(file("bad.json", c.dump())).status, 1);
}

TEST_F(Tool, TellsWhatIsNotJsonFromWhatIsNoCertificate) {
  EXPECT_EQ(run(file("text", "no JSON") + " 2>&1").status, 2);
  EXPECT_EQ(run(file("empty", "") + " 2>&1").status, 2);
  EXPECT_EQ(run(file("half", "{\"a\": [1, 2") + " 2>&1").status, 2);
  EXPECT_EQ(run(file("deep", std::string(200000, '[')) + " 2>&1").status, 2);
  EXPECT_EQ(run(file("deep2", std::string(2000, '[') + std::string(2000, ']')) + " 2>&1").status, 1);
  EXPECT_EQ(run(file("twice", R"({"format": "a", "format": "b"})")).status, 1);
  EXPECT_EQ(run(file("number", "3")).status, 1);
  EXPECT_EQ(run(folder_.string() + " 2>&1").status, 2);
  EXPECT_EQ(run((folder_ / "nothing").string() + " 2>&1").status, 2);
  EXPECT_EQ(run("2>&1").status, 2);
  EXPECT_EQ(run("--no-such-flag 2>&1").status, 2);
}

TEST_F(Tool, NeedsTheProblemFromSomewhere) {
  Json c = example("critical-point");
  const std::string with = file("with.json", c.dump()), problem = line_problem();
  EXPECT_EQ(run(with + " --problem " + problem).status, 0);
  c["problem"] = nullptr;
  const std::string without = file("without.json", c.dump());
  const Run missing = run(without + " 2>&1");
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.out.find("--problem"), std::string::npos) << missing.out;
  EXPECT_EQ(run(without + " --problem " + problem).status, 0);
  EXPECT_EQ(run(without + " --problem " + with + " 2>&1").status, 2);
  const std::string other = file("other.json", example("rank").dump());
  EXPECT_EQ(run(other + " --problem " + problem).status, 1) << "another problem's digest";
}

TEST_F(Tool, WritesTheOutcomeAsJson) {
  const std::string good = file("good.json", example("rank").dump());
  const Run r = run(good + " --json - 2>/dev/null");
  EXPECT_EQ(r.status, 0);
  const Json json = Json::parse(r.out);
  EXPECT_EQ(json["schema"], "pgb-verification/1");
  EXPECT_EQ(json["accepted"], true);
  EXPECT_EQ(json["kind"], "rank");
  EXPECT_EQ(json["problem_sha256"], example("rank")["problem_sha256"]);
  const std::string to = (folder_ / "out.json").string();
  EXPECT_EQ(run(good + " --quiet --json " + to).out, "");
  EXPECT_EQ(Json::parse(std::ifstream(to))["statement"], json["statement"]);
  EXPECT_EQ(run(good + " --json " + (folder_ / "no" / "such").string() + " 2>&1").status, 2);
}

TEST_F(Tool, HelpVersionAndQuiet) {
  EXPECT_EQ(run("--help").status, 0);
  EXPECT_NE(run("--help").out.find("--problem"), std::string::npos);
  EXPECT_EQ(run("--version").out.rfind("pgbverify ", 0), 0U);
  const Run quiet = run(file("good.json", example("rank").dump()) + " -q");
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.out, "");
}

}  // namespace
}  // namespace pgb::test
