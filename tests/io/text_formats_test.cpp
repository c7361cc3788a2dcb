#include <gtest/gtest.h>

#include "pgb/io/csv.h"
#include "pgb/io/json_tensor.h"
#include "pgb/io/json_text.h"
#include "support.h"

#include <nlohmann/json.hpp>

namespace pgb::io {
namespace {

using test::error_of;
using Shape = std::vector<std::size_t>;
using Values = std::vector<double>;

CsvTable table_of(const std::string& text) {
  const test::TemporaryFile file(text, ".csv");
  return read_csv_table(file.path());
}

std::string csv_error(const std::string& text) {
  const test::TemporaryFile file(text, ".csv");
  const std::string message = error_of([&] { read_csv(file.path()); });
  return message.empty() ? "" : message.substr(file.path().size());
}

TEST(Csv, ReadsUsualForms) {
  for (const char* text :
       {"1,2.5\n-3,4e-1\n", "1;2.5\r\n-3;4e-1\r\n", "1\t2.5\n-3\t4e-1", "1 2.5\n-3   4e-1 \n",
        "# note\n\n 1 , 2.5\n\n-3,.4\n\n", "\xef\xbb\xbf+1,2.5\n\"-3\",0.4\n", "\"1\";\"2.5\"\n-3;0.4"}) {
    const CsvTable table = table_of(text);
    EXPECT_EQ(table.values.shape, (Shape{2, 2})) << text;
    EXPECT_EQ(table.values.values, (Values{1, 2.5, -3, 0.4})) << text;
    EXPECT_TRUE(table.columns.empty()) << text;
    EXPECT_TRUE(table.values.exact.empty()) << text;
  }
}

TEST(Csv, ReadsHeaders) {
  EXPECT_EQ(table_of("a,b c,\"d,\"\"e\"\"\"\n1,2,3\n").columns,
            (std::vector<std::string>{"a", "b c", "d,\"e\""}));
  EXPECT_EQ(table_of("a b\n1 2\n").columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table_of("a\n1\n2\n").values.shape, (Shape{2, 1}));
}

TEST(Csv, NumbersAreNearestDoubles) {
  const CsvTable table = table_of("0.1,9007199254740993,4.9e-324,1e-400,2.2250738585072011e-308\n");
  EXPECT_EQ(table.values.values, (Values{0.1, 9007199254740992.0, 4.9e-324, 0.0, 2.2250738585072011e-308}));
}

TEST(Csv, NamesThePlaceOfAnError) {
  EXPECT_EQ(csv_error(""), ": expected rows of numbers, found an empty file");
  EXPECT_EQ(csv_error("a,b\n"), ": expected rows of numbers, found only a header");
  EXPECT_EQ(csv_error("1,2\n3\n"), ": line 2: expected 2 fields, found 1");
  EXPECT_EQ(csv_error("1,2\n\n3,4,5\n"), ": line 3: expected 2 fields, found 3");
  EXPECT_EQ(csv_error("1,2\n3,x\n"), ": line 2, column 2: expected a finite number, found \"x\"");
  EXPECT_EQ(csv_error("1,2\n3,\n"), ": line 2, column 2: expected a finite number, found \"\"");
  EXPECT_EQ(csv_error("1,nan\n"), ": line 1, column 2: expected a finite number, found \"nan\"");
  EXPECT_EQ(csv_error("1,inf\n"), ": line 1, column 2: expected a finite number, found \"inf\"");
  EXPECT_EQ(csv_error("1,2\n3,1e999\n"), ": line 2, column 2: expected a finite number, found \"1e999\"");
  EXPECT_EQ(csv_error("1,2\n3,0x10\n"), ": line 2, column 2: expected a finite number, found \"0x10\"");
  EXPECT_EQ(csv_error("1,a\n"), ": line 1: expected only numbers, or a header without numbers, found \"a\"");
  EXPECT_EQ(csv_error("a,a\n1,2\n"), ": line 1: expected different column names, found \"a\" twice");
  EXPECT_EQ(csv_error("a,\n1,2\n"), ": line 1: expected a name for each column, found an empty one");
  EXPECT_EQ(csv_error("1,\"2\n"), ": line 1: expected a closing quote in the same line, found \"\\\"2\"");
  EXPECT_NE(csv_error("1,\"2\"3\n"), "");
  EXPECT_NE(csv_error("1;2,5\n"), "");
  EXPECT_NE(csv_error(std::string("1,2\0,3\n", 7)), "");
  EXPECT_NE(csv_error("1,+-2\n"), "");
}

TEST(Csv, SelectsColumns) {
  const CsvTable table = table_of("a,b,c\n1,2,3\n4,5,6\n");
  const Tensor chosen = select_columns(table, {std::string("c"), std::size_t{0}}, "w");
  EXPECT_EQ(chosen.shape, (Shape{2, 2}));
  EXPECT_EQ(chosen.values, (Values{3, 1, 6, 4}));
  EXPECT_EQ(error_of([&] { select_columns(table, {std::size_t{3}}, "w"); }),
            "w: expected a column index below 3, found 3");
  EXPECT_EQ(error_of([&] { select_columns(table, {std::string("d")}, "w"); }),
            "w: expected one of the columns \"a\", \"b\", \"c\", found \"d\"");
}

std::string json_error(const std::string& text) {
  return error_of([&] { parse_json(text, "f.json"); });
}

TEST(JsonText, RefusesWhatIsNotStrictJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,}", "nan", "[NaN]", "01", "// x\n1", "'a'", "{a:1}",
                           "[1] 2", "\"\xff\"", "\"\n\"", "tru", "+1", ".5", "1.", "[\"\\ud800\"]"}) {
    EXPECT_EQ(json_error(text).substr(0, 30), "f.json: not valid JSON at line") << text << json_error(text);
  }
  EXPECT_EQ(json_error("{\"a\":1,\n  2}"), "f.json: not valid JSON at line 2, column 3, near \"2\"");
  EXPECT_EQ(json_error("[1e999]"), "f.json: expected a number within the range of a double, found \"1e999\"");
  EXPECT_EQ(json_error("{\"a\":{\"b\":1,\"c\":2,\"b\":3}}"), "f.json: key \"b\" appears twice in one object");
}

TEST(JsonText, BoundsDepth) {
  const auto nest = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(json_error(nest(max_json_depth)), "");
  EXPECT_EQ(json_error(nest(max_json_depth + 1)),
            "f.json: expected at most 64 levels of nested arrays and objects, found more");
  EXPECT_NE(json_error(std::string(10000000, '[')), "");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_NE(json_error(objects), "");
}

TEST(JsonText, MessagesStayShort) {
  const std::string message = json_error("\"" + std::string(100000, 'x'));
  EXPECT_LT(message.size(), 200U) << message;
}

Tensor tensor_of(const std::string& text) { return tensor_from_json(parse_json(text, "f"), "f"); }
std::string tensor_error(const std::string& text) {
  return error_of([&] { tensor_of(text); });
}

TEST(JsonTensor, ReadsNumbersAndExactText) {
  const Tensor tensor = tensor_of(R"([[0.1, "0.1"], ["1/2", -3], ["1/3", 18446744073709551615]])");
  EXPECT_EQ(tensor.shape, (Shape{3, 2}));
  EXPECT_EQ(tensor.values, (Values{0.1, 0.1, 0.5, -3, 1.0 / 3, 18446744073709551616.0}));
  EXPECT_EQ(tensor.exact,
            (std::map<std::size_t, std::string>{{1, "1/10"}, {4, "1/3"}}));  // "1/2" is a double
  EXPECT_EQ(tensor_of("2.5").shape, Shape{});
  EXPECT_EQ(tensor_of("\"1/3\"").exact.at(0), "1/3");
  EXPECT_EQ(tensor_of("[]").shape, (Shape{0}));
  EXPECT_EQ(tensor_of("[[],[]]").shape, (Shape{2, 0}));
}

TEST(JsonTensor, NamesThePlaceOfAnError) {
  EXPECT_EQ(tensor_error("[[1,2],[3]]"), "f at [1]: expected 2 elements as in the others, found 1");
  EXPECT_EQ(tensor_error("[[1,2],3]"), "f at [1]: expected an array of 2 elements, found the number 3");
  EXPECT_EQ(tensor_error("[1,[2]]"),
            "f at [1]: expected a number, or a string with an exact one, found an array");
  EXPECT_EQ(tensor_error("[[1,true]]"),
            "f at [0][1]: expected a number, or a string with an exact one, found true");
  EXPECT_EQ(tensor_error("[[],[1]]"), "f at [1]: expected 0 elements as in the others, found 1");
  EXPECT_EQ(tensor_error("[null]"), "f at [0]: expected a number, or a string with an exact one, found null");
  EXPECT_NE(tensor_error("[\"abc\"]").find("f at [0]: expected an exact number"), std::string::npos);
  EXPECT_EQ(tensor_error("[\"1e400\"]"),
            "f at [0]: expected a number within the range of a double, found \"1e400\"");
  EXPECT_EQ(tensor_error("[\"1e-90000\"]"),
            "f at [0]: expected an exact number with fewer digits, found \"1e-90000\"");
}

}  // namespace
}  // namespace pgb::io
