// The working precision of the two run-time-precision scalars.
#pragma once

namespace pgb {

// Sets the precision, in bits, of Ball (Arb) operations and of newly created Reals (mpfr) for the life of the
// object and restores the previous one afterwards. Existing Reals keep theirs, copies included, and an
// operation on Reals is as precise as its most precise operand: raise a Real by adding it to a new one
// (`Real(0) + x`), or convert again. With Boost before 1.75 the precision of Real belongs to the process, not
// to the thread: threads that use Real side by side must work at one precision. Ball's is per thread. Throws
// std::invalid_argument unless 2 <= bits <= 1,000,000.
class PrecisionScope {
 public:
  explicit PrecisionScope(long bits);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  long ball_bits_;
  unsigned real_digits_;
};

// The precision in force, in bits. 128 where no scope has been opened.
long working_precision();

}  // namespace pgb
