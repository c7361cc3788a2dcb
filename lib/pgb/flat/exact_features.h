// Features in exact terms, and the linear relations between them that hold on every sample.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgb/flat/setting.h"

namespace pgb::flat_detail {

// Some features of a value (0 = x, k + 1 = node k), and the constant 1 where `one`.
struct FeatureList {
  std::size_t value = 0;
  std::vector<std::size_t> features;
  bool one = false;
};

// Of one FeatureList: a basis of { delta : sum_j delta_j h_j = 0 on every sample }, as sparse entries by
// position in `features`; the constant has the position features.size().
struct FeatureRelations {
  std::vector<SparseVector> basis;
  // Dimension of the null space, and the number of features it takes; modulo a prime, and so at least as
  // large, where the exact one was not computed, for the reason given.
  std::size_t dimension = 0, involved = 0;
  std::string skipped = {};
};

// The relations of each list, between the exact values of features: sums of rational multiples of numbers
// that are not computed, such as tanh(1/3), which count as independent of each other. Every relation returned
// holds exactly; others may exist, between numbers that are equal for another reason. A first pass modulo a
// prime, with numbers at random in place of those that are not computed, finds the features that can take
// part at all.
std::vector<FeatureRelations> feature_relations(const Setting& setting,
                                                const std::vector<FeatureList>& lists);

}  // namespace pgb::flat_detail
