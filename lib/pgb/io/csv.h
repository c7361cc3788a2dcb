// Tables of numbers as text.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "pgb/io/tensor.h"

namespace pgb::io {

struct CsvTable {
  std::vector<std::string> columns;  // names of the header line; empty where there is none
  Tensor values;                     // [rows, columns]
};

// Reads a table: one row a line, the same number of fields in each, separated by tabs, semicolons, commas or
// blanks (the first of these that occurs in the first line). Each number is decimal ("1", "-2.5", "1e-3") and
// stands for the double nearest to it, as a saved parameter does: a CSV number is not exact text. The first
// line is a header when none of its fields is a number. Fields may be in double quotes ("" within for one);
// empty lines and lines that begin with # are skipped; CR LF and a byte order mark are accepted. Throws
// InputError, with line and column, for a field that is not a finite number, a header of which only some
// fields are numbers, repeated or empty column names, rows of different length, an open quote, and a file
// without numbers. Memory: the file and at most 12 times its size for the numbers.
CsvTable read_csv_table(const std::string& path);

// Its numbers, [rows, columns].
Tensor read_csv(const std::string& path);

// A column by name, or by its index counted from 0.
using CsvColumn = std::variant<std::string, std::size_t>;

// The columns asked for, in that order: [rows, columns.size()].
// Throws InputError (message starting with `where`) for a name or an index that the table does not have.
Tensor select_columns(const CsvTable& table, const std::vector<CsvColumn>& columns, const std::string& where);

// The column's index. Throws as select_columns.
std::size_t column_index(const CsvTable& table, const CsvColumn& column, const std::string& where);

}  // namespace pgb::io
