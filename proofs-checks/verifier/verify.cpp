#include "verifier/verify.h"

#include <algorithm>

#include "verifier/checks.h"

namespace pgb::verifier {

Outcome verify(const certificate::Certificate& certificate, const io::ProblemFile& problem) {
  try {
    require(certificate.problem_sha256 == io::problem_sha256(problem), "problem_sha256 is another problem's");
    const Setting setting = read_setting(problem);
    const auto check_claim = [&](const auto& claim) {
      require(claim.precision >= 53 && claim.precision <= 65536, "precision: expected 53 to 65536 bits");
      working_bits = claim.precision;
      check(setting, claim);  // the one for this kind, see checks.h
      Rational distance;
      const Rationals center = setting.point(claim.center);
      for (std::size_t k = 0; k < center.size(); ++k)
        distance = std::max(distance, Rational(abs(center[k] - setting.saved[k])));
      const std::string away = "; at distance " + Ball(distance).text() + " from the saved parameters";
      return certificate::in_words(claim) + (distance == 0 ? "" : away);
    };
    return {true, std::visit(check_claim, certificate.claim)};
  } catch (const InputError& reason) {  // Rejected
    return {false, reason.what()};
  }
}

}  // namespace pgb::verifier
