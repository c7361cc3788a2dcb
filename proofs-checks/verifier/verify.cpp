#include "verifier/verify.h"

#include "verifier/checks.h"

namespace pgb::verifier {
namespace {

// How far the centre is from the saved parameters.
std::string distance(const Setting& s, const certificate::Point& center) {
  const Rationals z = s.point(center);
  Rational largest;
  for (std::size_t k = 0; k < z.size(); ++k) largest = std::max(largest, Rational(abs(z[k] - s.saved[k])));
  return largest == 0
             ? ""
             : "; sup-norm distance of this point from the saved parameters: " + Ball(largest).text();
}

}  // namespace

Outcome verify(const certificate::Certificate& certificate, const io::ProblemFile& problem) {
  try {
    require(certificate.problem_sha256 == io::problem_sha256(problem), "problem_sha256 is another problem's");
    const Setting setting = read_setting(problem);
    const auto check_claim = [&](const auto& claim) {
      require(claim.precision >= 53 && claim.precision <= 65536, "precision: expected 53 to 65536 bits");
      working_bits = claim.precision;
      check(setting, claim);  // the one for this kind, see checks.h
      return certificate::in_words(claim) + distance(setting, claim.center);
    };
    return {true, std::visit(check_claim, certificate.claim)};
  } catch (const InputError& reason) {  // Rejected
    return {false, reason.what()};
  }
}

}  // namespace pgb::verifier
