// A family: a space of training problems, and how points to start from are drawn in each of them.
//
//   const Family family = read_family("examples/families/xor.json");
//   Problem problem = make_problem(family.problem(0));    // parameters 0
//   Vector<double> z = family.start(0, 17);               // start 17 of problem 0
//
// docs/families.md describes the file. Everything is a function of the file and the seed: problem p and start
// s are the same whatever is asked for before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgb/io/problem_file.h"
#include "pgb/search/family/instance.h"
#include "pgb/search/family/rules.h"

namespace pgb::search {

// One combination of the alternatives of a family; `problems` problems, which differ in their data only.
struct Variant {
  std::optional<PopulationLoss> population;  // instead of all that follows up to `start`
  io::ModelSpec model;
  io::Tensors tensors;  // of the right shapes, all 0
  DataRule data;
  std::string loss;
  double loss_power = 2;
  std::optional<io::AddedNeuronsSpec> augment;
  std::optional<io::RegularizerSpec> regularizer;
  std::optional<DataSearch> search;
  StartRule start;
  std::string title;  // "2-2-1 sigmoid, squared"
  std::size_t parameters = 0;
  std::size_t problems = 1;
};

struct Family {
  std::string name, about;
  std::uint64_t seed = 1;
  std::size_t starts = 1000;  // of each problem
  std::vector<Variant> variants;
  std::string text;   // the file, without white space
  std::string where;  // for messages
  std::map<std::size_t, std::vector<double>>
      chosen;  // by problem: the numbers that its data search has found

  std::size_t problems() const;
  // Problem p < problems() with all parameters 0. Throws InputError where the data do not fit model and loss.
  Instance problem(std::size_t p) const;
  // The same with `numbers` in place of those that its data search may change, x before y; none: those of the
  // rules.
  Instance problem(std::size_t p, const std::vector<double>& numbers) const;
  const Variant& variant(std::size_t p) const { return *place(p).variant; }
  // "2-2-1 sigmoid, squared; data set 3"
  std::string title(std::size_t p) const;
  // Start s of problem p, z in the order of the parameter vector.
  std::vector<double> start(std::size_t p, std::size_t s) const;

 private:
  struct Place {
    const Variant* variant = nullptr;
    std::size_t member = 0;  // number of the problem within the variant
  };
  Place place(std::size_t p) const;
};

// Reads a family file. Throws InputError, one line that names file and field, for anything that is not one;
// more than a million problems, or a problem with more than 10,000 parameters or 100,000 numbers of data,
// included.
Family read_family(const std::string& path);

// The same from the text of one; files it names are looked up beside `where`.
Family family_from_text(const std::string& text, const std::string& where);

// What would be run, for people: the variants, the sizes, the data of the first problem.
std::string explanation(const Family& family);

}  // namespace pgb::search
