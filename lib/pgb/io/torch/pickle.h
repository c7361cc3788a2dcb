// Pickles as plain data: a program for Python's pickle machine is followed, but nothing it names is looked up
// or called. A call is written down as what it is, and only of names that the caller knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgb::io {

using PickleId = std::size_t;  // index into Pickle::values

struct PickleValue {
  enum class Kind {
    none,
    boolean,
    integer,
    real,
    text,
    tuple,       // items
    list,        // items
    dictionary,  // items: key, value, key, value, …
    global,      // text: "collections.OrderedDict"
    call,        // items[0] the global, items[1] the tuple of arguments, then keys and values set afterwards
    persistent,  // items[0]: what identifies something outside of the pickle
    other        // bytes, and integers beyond 64 bits
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;  // also of a boolean
  double real = 0;
  std::string text;
  std::vector<PickleId> items;
};

struct Pickle {
  std::vector<PickleValue> values;  // each refers only to values in here; cycles are possible through lists
  PickleId root = 0;
  std::size_t length = 0;  // bytes read

  const PickleValue& at(PickleId id) const { return values[id]; }
};

// Reads one pickle of protocol 2 to 5 from the beginning of `bytes`. State given to an object after its
// construction (BUILD) is dropped. Throws InputError (message starting with `where`) for a global that is not
// in `known_globals`, by name; for instructions that make objects in another way than by a call, and all
// others that such files do not have; for damaged pickles; for more than a million values. Memory: about 300
// bytes for each value, and 4 times the length of the pickle.
Pickle read_pickle(std::string_view bytes, const std::set<std::string>& known_globals,
                   const std::string& where);

// What a value is, for "found …": `a list`, `the text "abc"`.
std::string described(const Pickle& pickle, PickleId id);

}  // namespace pgb::io
