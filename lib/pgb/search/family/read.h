// Pieces of the reader of family files. Each throws InputError, one line that starts with `where`.
#pragma once

#include <string>
#include <vector>

#include "pgb/io/json_text.h"
#include "pgb/search/family/family.h"

namespace pgb::search {

// Every choice of one element from each {"any": [...]} inside `value`, the first alternatives first. At most
// `limit`.
std::vector<io::Json> alternatives(const io::Json& value, std::size_t limit, const std::string& where);

double as_number(const io::Json& value, const std::string& where);
Draw read_draw(const io::Json& value, const std::string& where, const std::vector<std::string>& also = {});
Widths read_widths(const io::Json& value, const std::string& where);
DataRule read_data(const io::Json& value, std::size_t d_x, std::size_t d_y, bool class_targets,
                   const std::string& folder, const std::string& where);

DataSearch read_data_search(const io::Json& value, const std::string& where);

// The nodes of such a network, with tensors "W1", "b1", "W2", ...
void build(const Widths& net, io::ModelSpec& model, io::Tensors& tensors);

}  // namespace pgb::search
