// Proofs as certificates: the same numbers, in the exact text that the checker reads.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pgb/certificate/certificate.h"
#include "pgb/certify/critical_point.h"
#include "pgb/certify/curvature.h"
#include "pgb/certify/embedding.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/interpolation.h"
#include "pgb/certify/isolated.h"
#include "pgb/certify/level_set.h"
#include "pgb/certify/span_bound.h"
#include "pgb/flat/family.h"
#include "pgb/linalg/rank.h"
#include "pgb/model/problem.h"

namespace pgb {

// The operations of the problem's graph that the independent checker (proofs-checks/verifier) does not know,
// each once: it rejects every certificate about a problem with one of them.
std::vector<std::string> unknown_to_checker(const Problem& problem);

// "0x1.8p-3": the exact value.
std::string hex_text(double x);

// Every parameter of `point`, exact.
certificate::Point listed_point(const io::Tensor& point);

// The entries of v, epsilon v = sum_j coordinates_j basis_j, as exact rational text.
std::vector<std::pair<std::size_t, std::string>> direction_of(const FlatFamily& family,
                                                              const FlatViolation& violation);

certificate::NotCritical claim_of(const NotCritical& proof);
certificate::FlatDirection claim_of(const FlatFamily& family, const FlatViolation& violation);
certificate::NoLocalMinimum claim_of(const NoLocalMinimum& proof);
certificate::CriticalPoint claim_of(const CriticalPointProof& proof, const Problem& problem,
                                    const std::vector<FlatFamily>& families);
certificate::CriticalPoint claim_of(const EmbeddedPoint& point, const Problem& problem);
certificate::LevelSet claim_of(const LevelSetProof& proof);
void add_isolation(const IsolationProof& proof, certificate::CriticalPoint& claim);  // where proven
certificate::Rank claim_of(const RankBound& bound);  // of J at the saved point
certificate::InterpolatingMinimum claim_of(const InterpolationProof& proof);
certificate::NoSuboptimalLocalMinimum claim_of(const FullRankProof& proof);
certificate::NegativeCurvature claim_of(const NegativeCurvature& proof);
certificate::SpanOrthogonal claim_of(SpanBound bound);

}  // namespace pgb
