#include "pgb/io/torch/state_dict.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "pgb/io/binary_numbers.h"
#include "pgb/io/checked.h"
#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/io/torch/pickle.h"
#include "pgb/io/zip_archive.h"

namespace pgb::io {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t max_pickle_bytes = std::size_t{32} << 20;
constexpr std::size_t max_growth = 16;  // numbers of all tensors over those of all storages
constexpr std::size_t free_growth = std::size_t{1} << 20;

const std::map<std::string, NumberType>& storage_types() {
  using N = NumberType::Kind;
  static const std::map<std::string, NumberType> types{
      {"torch.DoubleStorage", {N::floating, 8}},       {"torch.FloatStorage", {N::floating, 4}},
      {"torch.HalfStorage", {N::floating, 2}},         {"torch.BFloat16Storage", {N::bfloat, 2}},
      {"torch.LongStorage", {N::signed_integer, 8}},   {"torch.IntStorage", {N::signed_integer, 4}},
      {"torch.ShortStorage", {N::signed_integer, 2}},  {"torch.CharStorage", {N::signed_integer, 1}},
      {"torch.ByteStorage", {N::unsigned_integer, 1}}, {"torch.BoolStorage", {N::boolean, 1}}};
  return types;
}

const std::string rebuild_tensor = "torch._utils._rebuild_tensor_v2";
const std::array<std::string, 2> rebuild_parameter{"torch._utils._rebuild_parameter",
                                                   "torch._utils._rebuild_parameter_with_state"};

// Everything that may be named in a file; the plain values of checkpoints included.
const std::set<std::string>& known_globals() {
  static const std::set<std::string> known = [] {
    std::set<std::string> names{"collections.OrderedDict", "torch.Size", "torch.device", rebuild_tensor};
    names.insert(rebuild_parameter.begin(), rebuild_parameter.end());
    for (const auto& [name, type] : storage_types()) names.insert(name);
    for (const char* dtype :
         {"float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"})
      names.insert(std::string("torch.") + dtype);
    return names;
  }();
  return known;
}

// A tensor as the file describes it: elements of a storage.
struct View {
  std::string storage;  // its key
  std::size_t storage_numbers = 0;
  NumberType type;
  std::size_t offset = 0;
  std::vector<std::size_t> shape, strides;
};

class StateDictReader {
 public:
  StateDictReader(const std::string& path, const std::set<std::string>* wanted)
      : where_(shown_path(path)),
        wanted_(wanted),
        archive_(path, "a PyTorch file (a zip archive)",
                 [&](const std::string& name) { return where_ + ": entry " + in_quotes(name); }) {}

  Tensors read() {
    const ZipEntry& program = find_program();
    pickle_ = read_pickle(archive_.read(program, max_pickle_bytes), known_globals(), program.where);
    read_byte_order();
    const std::map<std::string, PickleId> named = without_prefixes(named_tensors(find_state_dict()));
    if (wanted_ != nullptr) {
      std::vector<std::string> names;
      for (const auto& [name, id] : named) names.push_back(name);
      refuse_missing(*wanted_, names, where_);
    }
    std::map<std::string, View> views;
    for (const auto& [name, id] : named) {
      if (wanted_ == nullptr || wanted_->count(name) != 0) views.emplace(name, view_of(id, place(name)));
    }
    refuse_growth(views);
    Tensors tensors;
    for (const auto& [name, view] : views) tensors.emplace(name, tensor_of(view, place(name)));
    return tensors;
  }

 private:
  std::string place(const std::string& name) const { return where_ + ": tensor " + in_quotes(name); }

  const ZipEntry* find_entry(const std::string& name) const {
    for (const ZipEntry& entry : archive_.entries()) {
      if (entry.name == name) return &entry;
    }
    return nullptr;
  }

  const ZipEntry& find_program() {
    static const std::string file = "data.pkl";
    const ZipEntry* program = nullptr;
    for (const ZipEntry& entry : archive_.entries()) {
      const std::size_t slash = entry.name.find('/');
      if (slash == std::string::npos || entry.name.compare(slash + 1, std::string::npos, file) != 0) continue;
      if (program != nullptr) fail(entry.where, "one " + file + " in the archive", "two");
      program = &entry;
    }
    if (program == nullptr) fail(where_, "a PyTorch file (with an entry data.pkl)", "another zip archive");
    folder_ = program->name.substr(0, program->name.size() - file.size());
    if (find_entry(folder_ + "constants.pkl") != nullptr)
      fail(where_, "a state dict", "a TorchScript model; save model.state_dict()");
    return *program;
  }

  void read_byte_order() {
    const ZipEntry* entry = find_entry(folder_ + "byteorder");
    if (entry == nullptr) return;
    const std::string order = archive_.read(*entry, 16);
    if (order != "little" && order != "big") fail(entry->where, "little or big", in_quotes(order));
    big_endian_ = order == "big";
  }

  // Keys and values of a dictionary or OrderedDict; null for anything else.
  const std::vector<PickleId>* items_of(PickleId id, std::size_t& first) const {
    const PickleValue& value = pickle_.at(id);
    first = value.kind == Kind::call ? 2 : 0;
    const bool ordered = value.kind == Kind::call &&
                         pickle_.at(value.items[0]).text == "collections.OrderedDict" &&
                         pickle_.at(value.items[1]).items.empty();
    return value.kind == Kind::dictionary || ordered ? &value.items : nullptr;
  }

  bool is_tensor(PickleId id) const {
    const PickleValue& value = pickle_.at(id);
    if (value.kind != Kind::call) return false;
    const std::string& name = pickle_.at(value.items[0]).text;
    return name == rebuild_tensor || name == rebuild_parameter[0] || name == rebuild_parameter[1];
  }

  // The last value of each name, as in Python.
  std::map<std::string, PickleId> named_tensors(PickleId dictionary) const {
    std::size_t first = 0;
    const std::vector<PickleId>* items = items_of(dictionary, first);
    std::map<std::string, PickleId> named;
    if (items == nullptr) return named;
    for (std::size_t k = first; k + 1 < items->size(); k += 2) {
      const PickleValue& key = pickle_.at((*items)[k]);
      if (key.kind != Kind::text) continue;
      named.erase(key.text);
      if (!is_tensor((*items)[k + 1])) continue;
      if (!is_utf8(key.text)) fail(where_, "names in UTF-8", in_quotes(key.text));
      named[key.text] = (*items)[k + 1];
    }
    return named;
  }

  PickleId find_state_dict() const {
    std::size_t first = 0;
    const std::vector<PickleId>* items = items_of(pickle_.root, first);
    if (items == nullptr) {
      fail(where_, "a dictionary from names to tensors",
           is_tensor(pickle_.root) ? "one tensor without a name" : described(pickle_, pickle_.root));
    }
    if (!named_tensors(pickle_.root).empty()) return pickle_.root;
    std::vector<std::string> keys;
    std::map<std::string, PickleId> values;
    for (std::size_t k = first; k + 1 < items->size(); k += 2) {
      const PickleValue& key = pickle_.at((*items)[k]);
      if (key.kind == Kind::text) keys.push_back(key.text);
      if (key.kind == Kind::text) values[key.text] = (*items)[k + 1];
    }
    for (const char* usual :
         {"state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params"}) {
      const auto found = values.find(usual);
      if (found != values.end() && !named_tensors(found->second).empty()) return found->second;
    }
    fail(where_, "a state dict, alone or under \"state_dict\" or \"model\"",
         "a dictionary with " + quoted_list(keys));
  }

  static std::map<std::string, PickleId> without_prefixes(std::map<std::string, PickleId> named) {
    static const std::array<std::string, 2> wrappers{"module.", "_orig_mod."};
    for (bool found = true; found;) {
      found = false;
      for (const std::string& prefix : wrappers) {
        const bool all = !named.empty() && std::all_of(named.begin(), named.end(), [&](const auto& item) {
          return item.first.size() > prefix.size() && item.first.compare(0, prefix.size(), prefix) == 0;
        });
        if (!all) continue;
        std::map<std::string, PickleId> shorter;
        for (const auto& [name, id] : named) shorter.emplace(name.substr(prefix.size()), id);
        named = std::move(shorter);
        found = true;
      }
    }
    return named;
  }

  std::size_t size_of(PickleId id, const std::string& where) const {
    const PickleValue& value = pickle_.at(id);
    if (value.kind != Kind::integer || value.integer < 0) fail(where, "a size", described(pickle_, id));
    return static_cast<std::size_t>(value.integer);
  }

  std::vector<std::size_t> sizes_of(PickleId id, const std::string& where) const {
    const PickleValue& value = pickle_.at(id);
    if (value.kind != Kind::tuple || value.items.size() > 64)
      fail(where, "a tuple of at most 64 sizes", described(pickle_, id));
    std::vector<std::size_t> sizes;
    for (const PickleId item : value.items) sizes.push_back(size_of(item, where));
    return sizes;
  }

  const std::vector<PickleId>& arguments(const PickleValue& call, std::size_t least,
                                         const std::string& where) const {
    const std::vector<PickleId>& items = pickle_.at(call.items[1]).items;
    if (items.size() < least) {
      fail(where, std::to_string(least) + " arguments or more for " + pickle_.at(call.items[0]).text,
           std::to_string(items.size()));
    }
    return items;
  }

  // (storage, offset, shape, strides, …), perhaps in a parameter: (tensor, requires_grad, hooks). Arguments
  // were there before the call, so this ends.
  View view_of(PickleId id, const std::string& where) const {
    while (pickle_.at(pickle_.at(id).items[0]).text != rebuild_tensor) {
      id = arguments(pickle_.at(id), 1, where)[0];
      if (!is_tensor(id)) fail(where, "a tensor", described(pickle_, id));
    }
    const std::vector<PickleId>& parts = arguments(pickle_.at(id), 4, where);
    View view;
    read_storage(parts[0], view, where);
    view.offset = size_of(parts[1], where + ": offset");
    view.shape = sizes_of(parts[2], where + ": shape");
    view.strides = sizes_of(parts[3], where + ": strides");
    if (view.strides.size() != view.shape.size()) {
      fail(where, std::to_string(view.shape.size()) + " strides for shape " + shape_text(view.shape),
           std::to_string(view.strides.size()));
    }
    if (checked_count(view.shape, where) == 0) return view;
    std::size_t last = view.offset;
    for (std::size_t d = 0; d < view.shape.size(); ++d)
      last = checked_add(last, checked_multiply(view.shape[d] - 1, view.strides[d], where), where);
    if (last >= view.storage_numbers) {
      fail(where, "elements within the " + std::to_string(view.storage_numbers) + " of its storage",
           "element " + std::to_string(last));
    }
    return view;
  }

  // ("storage", type, key, device, count)
  void read_storage(PickleId id, View& view, const std::string& where) const {
    const PickleValue& value = pickle_.at(id);
    const std::vector<PickleId>* parts = nullptr;
    if (value.kind == Kind::persistent && pickle_.at(value.items[0]).kind == Kind::tuple)
      parts = &pickle_.at(value.items[0]).items;
    const bool good = parts != nullptr && parts->size() >= 5 && pickle_.at((*parts)[0]).text == "storage" &&
                      pickle_.at((*parts)[1]).kind == Kind::global &&
                      pickle_.at((*parts)[2]).kind == Kind::text;
    if (!good) fail(where, "a storage", described(pickle_, id));
    const std::string& type = pickle_.at((*parts)[1]).text;
    const auto known = storage_types().find(type);
    if (known == storage_types().end()) fail(where, "a storage of numbers", in_quotes(type));
    view.type = known->second;
    view.type.big_endian = big_endian_;
    view.storage = pickle_.at((*parts)[2]).text;
    view.storage_numbers = size_of((*parts)[4], where + ": storage");
    const ZipEntry* entry = find_entry(folder_ + "data/" + view.storage);
    if (entry == nullptr) fail(where, "an entry data/" + shown(view.storage) + " in the archive", "none");
    const std::size_t bytes = checked_multiply(view.storage_numbers, view.type.bytes, where);
    if (entry->bytes != bytes)
      fail(where, std::to_string(bytes) + " bytes in its storage", std::to_string(entry->bytes));
  }

  void refuse_growth(const std::map<std::string, View>& views) const {
    std::map<std::string, std::size_t> storages;
    std::size_t numbers = 0;
    for (const auto& [name, view] : views) {
      storages[view.storage] = view.storage_numbers;
      numbers = checked_add(numbers, checked_count(view.shape, place(name)), place(name));
    }
    std::size_t most = free_growth;
    for (const auto& [key, count] : storages)
      most = checked_add(most, checked_multiply(count, max_growth, where_), where_);
    if (numbers > most) {
      fail(where_, "at most " + std::to_string(most) + " numbers for tensors on storages of that size",
           std::to_string(numbers));
    }
    refuse_beyond_memory(checked_multiply(numbers, sizeof(double), where_), where_);
  }

  const std::string& storage_bytes(const View& view) {
    const auto found = storages_.find(view.storage);
    if (found != storages_.end()) return found->second;
    const ZipEntry& entry = *find_entry(folder_ + "data/" + view.storage);
    return storages_.emplace(view.storage, archive_.read(entry, entry.bytes)).first->second;
  }

  Tensor tensor_of(const View& view, const std::string& where) {
    NumberDecoder decoder(view.type, view.shape, false, where);
    const std::size_t count = decoder.expected_bytes() / view.type.bytes, rank = view.shape.size();
    if (count == 0) return decoder.finish();
    const std::string& bytes = storage_bytes(view);
    decoder.reserve_all();
    // Runs of the last index are one piece where its stride is 1.
    const std::size_t run = rank > 0 && view.strides[rank - 1] == 1 ? view.shape[rank - 1] : 1;
    std::vector<std::size_t> index(rank, 0);
    std::size_t position = view.offset;
    for (std::size_t done = 0; done < count; done += run) {
      decoder.append(bytes.data() + position * view.type.bytes, run * view.type.bytes);
      for (std::size_t d = run > 1 ? rank - 1 : rank; d-- > 0;) {
        position += view.strides[d];
        if (++index[d] < view.shape[d]) break;
        position -= view.strides[d] * view.shape[d];
        index[d] = 0;
      }
    }
    return decoder.finish();
  }

  std::string where_;
  const std::set<std::string>* wanted_;
  ZipArchive archive_;
  std::string folder_;  // "archive/"
  bool big_endian_ = false;
  Pickle pickle_;
  std::map<std::string, std::string> storages_;
};

// Files from before PyTorch 1.6 begin with a pickle of this number, or are tar archives.
void refuse_older_formats(const std::string& path) {
  static const std::string_view magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  std::array<char, 262> start{};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr) return;  // the reader of the archive says why
  const std::size_t size = std::fread(start.data(), 1, start.size(), file.get());
  const std::string_view bytes(start.data(), size);
  if (bytes.substr(0, magic.size()) == magic || (size > 257 && bytes.substr(257, 5) == "ustar")) {
    fail(shown_path(path), "the zip format of PyTorch 1.6 and later",
         "an older one; load it there and save it again with torch.save(torch.load(file), file)");
  }
}

}  // namespace

Tensors read_state_dict(const std::string& path, const std::set<std::string>* wanted) {
  regular_file_size(path);
  refuse_older_formats(path);
  return with_memory_errors_named(path, [&] { return StateDictReader(path, wanted).read(); });
}

}  // namespace pgb::io
