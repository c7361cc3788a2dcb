#include "pgb/report/series.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pgb/io/errors.h"
#include "pgb/report/svg.h"
#include "report/sample_verdicts.h"

namespace pgb {
namespace {

std::vector<SeriesRow> sample_rows() {
  std::vector<SeriesRow> rows;
  double step = 100;
  for (const Verdict& verdict : test::sample_verdicts()) {
    rows.push_back(
        series_row(verdict, "run/step " + std::to_string(static_cast<int>(step)) + ", \"a\".npz", step));
    rows.back().settings = "at=nearby";
    step *= 2;
  }
  return rows;
}

TEST(Series, RowsAreReadBack) {
  for (const SeriesRow& row : sample_rows()) {
    const std::string line = series_json(row);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const SeriesRow back = read_series_row(line, "here");
    EXPECT_EQ(series_json(back), line);
    EXPECT_EQ(back.file, row.file);
    EXPECT_EQ(back.answer, row.answer);
    EXPECT_EQ(back.certified, row.certified);
    EXPECT_EQ(back.loss, row.loss);
    EXPECT_EQ(back.step, row.step);
  }
}

TEST(Series, DamagedRowsAreRefusedByPlaceAndField) {
  const std::string line = series_json(sample_rows().front());
  for (std::size_t cut = 0; cut < line.size(); cut += 7) {
    EXPECT_THROW(read_series_row(line.substr(0, cut), "here"), InputError) << cut;
  }
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = line;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {with("\"step\":\"100\"", "\"step\":\"1x\""), with("\"step\":\"100\"", "\"step\":100"),
        with("\"certified\":", "\"sure\":"), with("pgb-series/1", "pgb-series/2"),
        with("\"verdict\":\"", "\"verdict\":\"very ")}) {
    try {
      read_series_row(text, "rows.jsonl, line 3");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find("rows.jsonl, line 3"), 0U) << error.what();
    }
  }
}

// A reader of CSV after RFC 4180: as many fields in every record, quotes undone.
std::vector<std::vector<std::string>> records(const std::string& text) {
  std::vector<std::vector<std::string>> all(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    std::string& field = all.back().back();
    if (quoted && text[k] == '"' && k + 1 < text.size() && text[k + 1] == '"') {
      field += text[k++];
    } else if (text[k] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[k] == ',') {
      all.back().emplace_back();
    } else if (!quoted && text[k] == '\n') {
      all.emplace_back(1);
    } else {
      field += text[k];
    }
  }
  all.pop_back();
  return all;
}

TEST(Series, TheTableHoldsEveryField) {
  const std::vector<SeriesRow> rows = sample_rows();
  const auto table = records(series_csv(rows));
  ASSERT_EQ(table.size(), rows.size() + 1);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    ASSERT_EQ(table[k + 1].size(), table[0].size());
    EXPECT_EQ(table[k + 1][0], rows[k].file);
    for (std::size_t c = 0; c < table[0].size(); ++c) {
      for (const auto& [name, field] : series_fields()) {
        if (table[0][c] == name) {
          EXPECT_EQ(table[k + 1][c], rows[k].*field) << name;
        }
      }
    }
  }
}

TEST(Series, LinesFitTheirAxes) {
  report::LinePlot data{"p", "A title", "step", "value", false, {{"curve", {{0, 3}, {10, -2e5}, {20, 1}}}},
                        {40}};
  const auto plot = report::line_plot(data);
  ASSERT_TRUE(plot);
  EXPECT_GE(plot->x.high, 40);
  for (const auto& [x, y] : plot->series[0].points) {
    EXPECT_GE(y, plot->y.low);
    EXPECT_LE(y, plot->y.high);
  }
  EXPECT_NE(plot->y.label.find("10⁵"), std::string::npos) << plot->y.label;
  EXPECT_NE(plot->description.find("3 points, from 3 to 1"), std::string::npos) << plot->description;
  data.logarithmic = true;  // the negative value has no logarithm
  data.series[0].points = {{0, 1e-3}, {1, -1}, {2, 1e-200}};
  const auto powers = report::line_plot(data);
  ASSERT_TRUE(powers);
  ASSERT_EQ(powers->series[0].points.size(), 2U);
  EXPECT_NEAR(powers->series[0].points[1].second, -200, 1e-9);
  data.series[0].points = {{0, -1}};
  EXPECT_FALSE(report::line_plot(data));
}

TEST(Series, ConstantLinesLieInsideTheirAxes) {
  for (const double level : {0.0, 4.0, -1e-30}) {
    const auto plot = report::line_plot({"p", "t", "x", "y", false, {{"", {{0, level}, {1, level}}}}, {}});
    ASSERT_TRUE(plot);
    EXPECT_LT(plot->y.low, plot->series[0].points[0].second);
    EXPECT_GT(plot->y.high, plot->series[0].points[0].second);
  }
}

TEST(Series, ThePageShowsEveryRow) {
  const std::vector<SeriesRow> rows = sample_rows();
  const std::string page = series_html(rows, {"", "pgbcheck --series 'x'"});
  for (const SeriesRow& row : rows) {
    EXPECT_NE(page.find("step " + std::to_string(static_cast<int>(row.step)) + ", &quot;a&quot;.npz"),
              std::string::npos);
  }
  EXPECT_EQ(page.find("\"a\".npz"), std::string::npos);
  EXPECT_NE(page.find("<svg"), std::string::npos);
}

}  // namespace
}  // namespace pgb
