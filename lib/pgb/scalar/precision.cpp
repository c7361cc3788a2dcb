#include "pgb/scalar/precision.h"

#include <stdexcept>
#include <string>

#include "pgb/scalar/scalars.h"

namespace pgb {
namespace {

constexpr long kDefaultBits = 128;
thread_local long ball_bits = kDefaultBits;

// Decimal digits for which Boost allocates at least `bits` bits.
unsigned digits_for(long bits) { return static_cast<unsigned>(bits * 302 / 1000 + 1); }

[[maybe_unused]] const bool real_initialised = [] {
  Real::default_precision(digits_for(kDefaultBits));
  return true;
}();

}  // namespace

PrecisionScope::PrecisionScope(long bits) : ball_bits_(ball_bits), real_digits_(Real::default_precision()) {
  if (bits < 2 || bits > 1'000'000) {
    throw std::invalid_argument("precision: expected 2 to 1000000 bits, found " + std::to_string(bits));
  }
  ball_bits = bits;
  Real::default_precision(digits_for(bits));
}

PrecisionScope::~PrecisionScope() {
  ball_bits = ball_bits_;
  Real::default_precision(real_digits_);
}

long working_precision() { return ball_bits; }

}  // namespace pgb
