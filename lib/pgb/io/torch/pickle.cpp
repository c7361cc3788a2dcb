#include "pgb/io/torch/pickle.h"

#include <cstring>
#include <map>
#include <utility>

#include "pgb/io/message.h"

namespace pgb::io {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t max_values = 1000000;  // each takes about 100 bytes, however few the pickle has for it

std::string opcode_text(unsigned char code) {
  static const std::map<unsigned char, const char*> names{
      {0x81, "NEWOBJ"}, {0x92, "NEWOBJ_EX"}, {'i', "INST"},   {'o', "OBJ"},         {0x82, "EXT1"},
      {0x83, "EXT2"},   {0x84, "EXT4"},      {'P', "PERSID"}, {0x97, "NEXT_BUFFER"}};
  const auto found = names.find(code);
  return found == names.end() ? std::to_string(code) : found->second;
}

// The machine: a stack of values, marks in it, and a memo.
class Machine {
 public:
  Machine(std::string_view bytes, const std::set<std::string>& known, const std::string& where)
      : bytes_(bytes), known_(known), where_(where) {}

  Pickle run() {
    while (step()) {
    }
    pickle_.root = pop();
    pickle_.length = at_;
    return std::move(pickle_);
  }

 private:
  // One instruction; false after the last.
  bool step() {
    const auto code = static_cast<unsigned char>(take(1)[0]);
    switch (code) {
      case 0x80:  // PROTO
        if (const std::uint64_t version = number(1); version < 2 || version > 5)
          fail(where_, "a pickle of protocol 2 to 5", std::to_string(version));
        return true;
      case 0x95:  // FRAME
        take(8);
        return true;
      case '.':
        return false;
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case '0':
        pop();
        return true;
      case 'N':
        push({});
        return true;
      case 0x88:
      case 0x89:
        push_integer(Kind::boolean, code == 0x88 ? 1 : 0);
        return true;
      case 'K':
        push_integer(Kind::integer, static_cast<std::int64_t>(number(1)));
        return true;
      case 'M':
        push_integer(Kind::integer, static_cast<std::int64_t>(number(2)));
        return true;
      case 'J':
        push_integer(Kind::integer, static_cast<std::int32_t>(static_cast<std::uint32_t>(number(4))));
        return true;
      case 0x8a:
        long_integer(take(number(1)));
        return true;
      case 'G':
        real();
        return true;
      case 'U':   // SHORT_BINSTRING
      case 0x8c:  // SHORT_BINUNICODE
        push_text(take(number(1)));
        return true;
      case 'T':  // BINSTRING
      case 'X':  // BINUNICODE
        push_text(take(number(4)));
        return true;
      case 0x8d:  // BINUNICODE8
        push_text(take(number(8)));
        return true;
      case 'C':  // SHORT_BINBYTES
        skip_bytes(1);
        return true;
      case 'B':  // BINBYTES
        skip_bytes(4);
        return true;
      case 0x8e:  // BINBYTES8
        skip_bytes(8);
        return true;
      default:
        return containers(code) || objects(code) || memo(code) || refused(code);
    }
  }

  bool containers(unsigned char code) {
    switch (code) {
      case ')':
        push(Kind::tuple, {});
        return true;
      case 0x85:
      case 0x86:
      case 0x87:
        push(Kind::tuple, top(code - 0x84U));
        return true;
      case 't':
        push(Kind::tuple, above_mark());
        return true;
      case ']':
        push(Kind::list, {});
        return true;
      case 'l':
        push(Kind::list, above_mark());
        return true;
      case '}':
        push(Kind::dictionary, {});
        return true;
      case 'd':
        push(Kind::dictionary, pairs(above_mark()));
        return true;
      case 'a':
        extend(Kind::list, top(1));
        return true;
      case 'e':
        extend(Kind::list, above_mark());
        return true;
      case 's':
        extend(Kind::dictionary, top(2));
        return true;
      case 'u':
        extend(Kind::dictionary, pairs(above_mark()));
        return true;
      default:
        return false;
    }
  }

  bool objects(unsigned char code) {
    switch (code) {
      case 'c': {
        const std::string module(line());
        push_global(module + '.' + std::string(line()));
        return true;
      }
      case 0x93: {  // STACK_GLOBAL
        const std::vector<PickleId> names = top(2);
        if (value(names[0]).kind != Kind::text || value(names[1]).kind != Kind::text)
          fail(where_, "damaged: a name that is no text");
        push_global(value(names[0]).text + '.' + value(names[1]).text);
        return true;
      }
      case 'R': {
        std::vector<PickleId> parts = top(2);
        if (value(parts[0]).kind != Kind::global || value(parts[1]).kind != Kind::tuple)
          fail(where_, "damaged: a call of " + described(pickle_, parts[0]));
        push(Kind::call, std::move(parts));
        return true;
      }
      case 'b': {  // BUILD
        pop();
        if (stack_.empty() || value(stack_.back()).kind != Kind::call)
          fail(where_, "damaged: state for something that has none");
        return true;
      }
      case 'Q':
        push(Kind::persistent, top(1));
        return true;
      default:
        return false;
    }
  }

  bool memo(unsigned char code) {
    switch (code) {
      case 'q':
        store(number(1));
        return true;
      case 'r':
        store(number(4));
        return true;
      case 0x94:  // MEMOIZE
        store(memo_.size());
        return true;
      case 'h':
        recall(number(1));
        return true;
      case 'j':
        recall(number(4));
        return true;
      default:
        return false;
    }
  }

  [[noreturn]] bool refused(unsigned char code) const {
    std::string of;
    if (code == 0x81 && stack_.size() > base() + 1)
      of = " of " + described(pickle_, stack_[stack_.size() - 2]);
    fail(where_, "a pickle of tensors and plain values", "the instruction " + opcode_text(code) + of);
  }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail(where_, "damaged: it ends too early");
    const std::string_view part = bytes_.substr(at_, static_cast<std::size_t>(count));
    at_ += part.size();
    return part;
  }

  std::uint64_t number(std::size_t count) {
    const std::string_view part = take(count);
    std::uint64_t word = 0;
    for (std::size_t k = count; k-- > 0;) word = (word << 8) | static_cast<unsigned char>(part[k]);
    return word;
  }

  std::string_view line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) fail(where_, "damaged: it ends too early");
    const std::string_view part = take(end - at_);
    take(1);
    return part;
  }

  void long_integer(std::string_view digits) {  // little endian, two's complement
    if (digits.size() > 8) {
      PickleValue beyond;
      beyond.kind = Kind::other;
      push(std::move(beyond));
      return;
    }
    std::uint64_t word =
        !digits.empty() && static_cast<unsigned char>(digits.back()) >= 0x80 ? ~std::uint64_t{0} : 0;
    for (std::size_t k = digits.size(); k-- > 0;) word = (word << 8) | static_cast<unsigned char>(digits[k]);
    std::int64_t number = 0;
    std::memcpy(&number, &word, sizeof number);
    push_integer(Kind::integer, number);
  }

  void real() {  // big endian
    std::uint64_t word = 0;
    for (const char byte : take(8)) word = (word << 8) | static_cast<unsigned char>(byte);
    PickleValue v;
    v.kind = Kind::real;
    std::memcpy(&v.real, &word, sizeof v.real);
    push(std::move(v));
  }

  void skip_bytes(std::size_t length_bytes) {
    take(number(length_bytes));
    PickleValue v;
    v.kind = Kind::other;
    push(std::move(v));
  }

  void push(PickleValue v) {
    if (pickle_.values.size() == max_values) refuse_more();
    stack_.push_back(pickle_.values.size());
    pickle_.values.push_back(std::move(v));
  }
  void push(Kind kind, std::vector<PickleId> items) {
    PickleValue v;
    v.kind = kind;
    v.items = std::move(items);
    push(std::move(v));
  }
  void push_integer(Kind kind, std::int64_t integer) {
    PickleValue v;
    v.kind = kind;
    v.integer = integer;
    push(std::move(v));
  }
  void push_text(std::string_view text) {
    PickleValue v;
    v.kind = Kind::text;
    v.text = text;
    push(std::move(v));
  }
  void push_global(std::string name) {
    if (known_.count(name) == 0) {
      fail(where_, "only tensors and plain values",
           in_quotes(name) + ", which is not called; save the tensors alone (model.state_dict())");
    }
    PickleValue v;
    v.kind = Kind::global;
    v.text = std::move(name);
    push(std::move(v));
  }

  std::size_t base() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleId newest() const {
    if (stack_.size() <= base()) fail(where_, "damaged: its stack is empty");
    return stack_.back();
  }
  PickleId pop() {
    const PickleId id = newest();
    stack_.pop_back();
    return id;
  }
  std::vector<PickleId> top(std::size_t count) {
    if (stack_.size() - base() < count) fail(where_, "damaged: its stack is empty");
    return cut(stack_.size() - count);
  }
  std::vector<PickleId> above_mark() {
    if (marks_.empty()) fail(where_, "damaged: no mark on its stack");
    const std::size_t from = marks_.back();
    marks_.pop_back();
    return cut(from);
  }
  std::vector<PickleId> cut(std::size_t from) {
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(from);
    std::vector<PickleId> part(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return part;
  }
  std::vector<PickleId> pairs(std::vector<PickleId> items) const {
    if (items.size() % 2 != 0) fail(where_, "damaged: a key without a value");
    return items;
  }

  void extend(Kind kind, const std::vector<PickleId>& items) {
    PickleValue& target = pickle_.values[newest()];
    const bool right = target.kind == kind || (kind == Kind::dictionary && target.kind == Kind::call);
    if (!right) fail(where_, "damaged: items for " + described(pickle_, newest()));
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void refuse_more() const {
    fail(where_, "a pickle of at most " + std::to_string(max_values) + " values", "more");
  }

  void store(std::uint64_t key) {
    memo_[key] = newest();
    if (memo_.size() > max_values) refuse_more();
  }

  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail(where_, "damaged: it recalls what was not stored");
    stack_.push_back(found->second);
  }

  const PickleValue& value(PickleId id) const { return pickle_.at(id); }

  std::string_view bytes_;
  const std::set<std::string>& known_;
  const std::string& where_;
  std::size_t at_ = 0;
  Pickle pickle_;
  std::vector<PickleId> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint64_t, PickleId> memo_;
};

}  // namespace

Pickle read_pickle(std::string_view bytes, const std::set<std::string>& known_globals,
                   const std::string& where) {
  return Machine(bytes, known_globals, where).run();
}

std::string described(const Pickle& pickle, PickleId id) {
  const PickleValue& value = pickle.at(id);
  switch (value.kind) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return value.integer != 0 ? "True" : "False";
    case Kind::integer:
      return "the number " + std::to_string(value.integer);
    case Kind::real:
      return "a number";
    case Kind::text:
      return "the text " + in_quotes(value.text);
    case Kind::tuple:
      return "a tuple";
    case Kind::list:
      return "a list";
    case Kind::dictionary:
      return "a dictionary";
    case Kind::global:
      return in_quotes(value.text);
    case Kind::call:
      return "a " + in_quotes(pickle.at(value.items[0]).text);
    case Kind::persistent:
      return "a storage";
    case Kind::other:
      return "bytes";
  }
  return "something else";
}

}  // namespace pgb::io
