#include "pgb/io/torch/state_dict.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "pgb/io/json_tensor.h"
#include "pgb/io/torch/pickle.h"
#include "support.h"

#include <nlohmann/json.hpp>

namespace pgb::io {
namespace {

using test::error_of;

std::string file(const std::string& name) { return test::corpus("torch/" + name); }

void expect_tensors(const std::string& name, const std::string& expected_name) {
  const Tensors expected = tensors_from_json(read_json(file(expected_name)), expected_name);
  const Tensors found = read_state_dict(file(name));
  EXPECT_EQ(found.size(), expected.size()) << name;
  for (const auto& [key, tensor] : expected) {
    ASSERT_EQ(found.count(key), 1U) << name << " " << key;
    EXPECT_TRUE(test::same_tensor(found.at(key), tensor)) << name << " " << key;
  }
}

TEST(StateDict, HoldsWhatTorchSaved) {
  expect_tensors("dtypes.pt", "dtypes.json");
  expect_tensors("state_dict.pt", "state_dict.json");
  expect_tensors("protocol4.pth", "state_dict.json");
  expect_tensors("deflated.pt", "state_dict.json");
  expect_tensors("parameters.pt", "parameters.json");
}

TEST(StateDict, HonoursOffsetsStridesAndSharedStorage) { expect_tensors("views.pt", "views.json"); }

TEST(StateDict, LooksIntoCheckpointsAndTakesWrappersOff) {
  expect_tensors("wrapped.pt", "state_dict.json");
  expect_tensors("checkpoint.pt", "state_dict.json");
}

TEST(StateDict, LooksOnlyAtWhatIsWanted) {
  const std::set<std::string> some{"0.bias"}, none{"9.bias"};
  EXPECT_EQ(read_state_dict(file("state_dict.pt"), &some).size(), 1U);
  EXPECT_NE(error_of([&] {
              read_state_dict(file("state_dict.pt"), &none);
            }).find("expected a tensor \"9.bias\", found"),
            std::string::npos);
}

TEST(StateDict, NamesWhatItRefusesAndRunsNothing) {
  const std::pair<const char*, const char*> cases[] = {
      {"module", "found \"torch.nn.modules.linear.Linear\", which is not called"},
      {"legacy", "expected the zip format of PyTorch 1.6 and later, found an older one"},
      {"script", "found a TorchScript model; save model.state_dict()"},
      {"complex", "found \"torch.ComplexFloatStorage\""},
      {"sparse", "_rebuild_sparse_tensor\""},
      {"system", ".system\", which is not called"},
      {"nan", "tensor \"a\": expected finite numbers, found nan at index [0, 1]"},
      {"tensor", "found one tensor without a name"},
      {"list", "expected a dictionary from names to tensors, found a list"},
      {"empty", "found a dictionary with \"model_path\", \"epoch\""},
  };
  for (const auto& [name, expected] : cases) {
    const std::string message =
        error_of([&, kind = name] { read_state_dict(file(std::string("refused_") + kind + ".pt")); });
    EXPECT_NE(message.find(expected), std::string::npos) << name << ": " << message;
  }
  EXPECT_FALSE(std::filesystem::exists("executed_by_a_pickle"));
  const test::TemporaryFile other("PK nothing of the kind", ".pt");
  EXPECT_NE(error_of([&] { read_state_dict(other.path()); }).find("expected a PyTorch file (a zip archive)"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              read_state_dict(test::corpus("arrays.npz"));
            }).find("expected a PyTorch file (with an entry data.pkl)"),
            std::string::npos);
}

std::string pickle_error(const std::string& program) {
  return error_of([&] { read_pickle(program, {"known.Name"}, "file"); });
}

TEST(Pickle, RefusesWhatIsNotPlainData) {
  EXPECT_EQ(pickle_error("cknown\nName\n)R."), "");
  EXPECT_NE(pickle_error("cposix\nsystem\nX\2\0\0\0id\x85R.").find("\"posix.system\""), std::string::npos);
  EXPECT_NE(pickle_error(std::string("\x8c\5posix\x8c\6system\x93)R.")).find("\"posix.system\""),
            std::string::npos);
  EXPECT_NE(pickle_error("cknown\nName\n)\x81.").find("the instruction NEWOBJ of \"known.Name\""),
            std::string::npos);
  EXPECT_NE(pickle_error("(iposix\nsystem\n.").find("the instruction INST"), std::string::npos);
  EXPECT_NE(pickle_error("(cknown\nName\no.").find("the instruction OBJ"), std::string::npos);
  EXPECT_NE(pickle_error("Pname\n.").find("the instruction PERSID"), std::string::npos);
  EXPECT_NE(pickle_error("\x82\1.").find("the instruction EXT1"), std::string::npos);
  EXPECT_NE(pickle_error("]]R.").find("a call of a list"), std::string::npos);
}

TEST(Pickle, FollowsMarksMemoAndIntegers) {
  const std::string program("(\x8a\2\xff\x7f\x8a\1\xff\x8a\0K\7q\1h\1J\xfe\xff\xff\xffM\1\1l.rest", 30);
  const Pickle pickle = read_pickle(program, {}, "file");
  std::vector<std::int64_t> found;
  for (const PickleId item : pickle.at(pickle.root).items) found.push_back(pickle.at(item).integer);
  EXPECT_EQ(found, (std::vector<std::int64_t>{32767, -1, 0, 7, 7, -2, 257}));
  EXPECT_EQ(pickle.length, 26U);
}

TEST(Pickle, SaysHowItIsDamaged) {
  for (const char* program : {"", "(", "t.", "0.", ".", "h\1.", "a.", "}a.", "]Kss.", "(]K\1e",
                              "X\xff\xff\xff\xff", "cno end", "}(K\1u.", "Nb.", "\x80\x09."}) {
    const std::string message = pickle_error(program);
    EXPECT_EQ(message.rfind("file: ", 0), 0U) << program;
    EXPECT_EQ(message.find('\n'), std::string::npos) << program;
  }
  const std::string deep(300000, ']'), tuples = "N" + std::string(300000, '\x85') + ".";
  EXPECT_NE(pickle_error(deep).find("ends too early"), std::string::npos);
  EXPECT_EQ(pickle_error(tuples), "");  // no recursion
  EXPECT_NE(pickle_error(std::string(1000001, 'N') + ".").find("at most 1000000 values"), std::string::npos);
}

}  // namespace
}  // namespace pgb::io
