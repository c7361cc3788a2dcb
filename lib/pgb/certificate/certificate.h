// A certificate as plain data: what is claimed of a problem, and the numbers a checker needs to see that it
// is true. proofs-checks/FORMAT.md defines the text and the theorem behind each kind; nothing here looks at
// mathematics.
//
//   pgb::certificate::NotCritical claim;          // no critical point within 1/1000 of the saved parameters
//   claim.radius = "1/1000";
//   claim.component = 3;
//   pgb::certificate::Certificate c;
//   c.producer = "pgbcheck 1.0.0";
//   c.problem_sha256 = pgb::io::problem_sha256(file);
//   c.problem = pgb::io::canonical_json(file);    // leave it out when it is large
//   c.claim = claim;
//   std::string text = pgb::certificate::write_certificate(c);
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pgb/certificate/box_tree.h"
#include "pgb/certificate/points.h"
#include "pgb/io/errors.h"

namespace pgb::certificate {

// The sup-norm ball about `center` is called the box. `precision` is that of the checker's ball arithmetic,
// in bits.

// No point of the box is a critical point of Q.
struct NotCritical {
  static constexpr const char* kind = "not-critical";
  Point center;
  Number radius = "0";
  std::size_t component = 0;  // k: the enclosure of d_k Q excludes 0
  long precision = 128;
};

// The gradient of Q is not zero on a flat segment that starts at the centre.
struct FlatDirection {
  static constexpr const char* kind = "flat-direction";
  Point center;
  SparseVector direction;  // v
  Number epsilon = "1";    // d_k Q(center + epsilon v) != 0
  std::size_t component = 0;
  long precision = 128;
};

// No local minimum of an objective with added neurons lies in the box.
struct NoLocalMinimum {
  static constexpr const char* kind = "no-local-minimum";
  Point center;
  Number radius = "0";
  std::size_t output = 0;  // the residuals of this output, summed over the samples with the input of `sample`
  std::size_t sample = 0;
  long precision = 128;
};

// A global minimum with Q = 0 (or the least value any function of x has) lies in the box.
struct InterpolatingMinimum {
  static constexpr const char* kind = "interpolating-minimum";
  Point center;
  Number radius = "0";
  std::vector<std::size_t>
      coordinates;  // the parameters that move, one for each output of each distinct input
  long precision = 128;
};

// Every local minimum in the box is a global one.
struct NoSuboptimalLocalMinimum {
  static constexpr const char* kind = "no-suboptimal-local-minimum";
  Point center;
  Number radius = "0";
  std::vector<std::size_t> coordinates;  // N columns of J
  long precision = 128;
};

// d^T Hess Q(z) d < 0 for every z of the box, so none of them is a local minimum.
struct NegativeCurvature {
  static constexpr const char* kind = "negative-curvature";
  Point center;
  Number radius = "0";
  SparseVector direction;  // d
  long precision = 128;
};

// The derivatives of the losses at the centre, an exact point, are exactly orthogonal to a space of functions
// of x that holds all gradients near it: PGB is satisfied there, and the centre is a local minimum, a global
// one unless the space is `near`.
struct SpanOrthogonal {
  static constexpr const char* kind = "span-orthogonal";
  enum class Space {
    functions_of_x,
    model,  // all functions that the model can be
    near    // … with parameters near the centre
  };
  Point center;
  Space space = Space::functions_of_x;
  long precision = 128;
};

// A local minimum of Q lies in the box, on a surface of points with the same outputs. On it all units see the
// same at the samples of a class, and the outputs are the mean targets of the classes.
struct LevelSet {
  static constexpr const char* kind = "level-set";
  Point center;
  Number radius = "0";
  std::vector<std::size_t> classes;  // of the samples
  std::vector<std::size_t> across;   // parameters, as many as the surface has equations
  long precision = 128;
};

// Q(other) < Q(z) for every z of the box.
struct LowerValue {
  static constexpr const char* kind = "lower-value";
  Point center;
  Number radius = "0";
  Point other;
  long precision = 128;
};

// rank J >= at_least on the box.
struct Rank {
  static constexpr const char* kind = "rank";
  Point center;
  Number radius = "0";
  std::size_t at_least = 0;
  std::vector<std::size_t> rows, columns;  // of a nonzero minor; row i d_y + k is output k of sample i
  std::size_t prime = 0;                   // modulo which it is not 0, its entries being exact; 0: in balls
  long precision = 128;
};

using Claim = std::variant<NotCritical, FlatDirection, NoLocalMinimum, CriticalPoint, InterpolatingMinimum,
                           NoSuboptimalLocalMinimum, LowerValue, Rank, NegativeCurvature, SpanOrthogonal,
                           LevelSet, BoxTree>;

struct Certificate {
  std::string producer;                // "pgbcheck 1.0.0"
  std::string problem_sha256;          // of the canonical text
  std::optional<std::string> problem;  // the canonical text itself (pgb::io::canonical_json)
  Claim claim;
  std::string text;  // a sentence for people; not checked
};

// The statement as a sentence, made from its fields alone.
std::string in_words(const Claim& claim);

// JSON that is not a certificate of this version: a field that is missing, unknown, repeated or of the wrong
// kind.
class FormatError : public InputError {
 public:
  using InputError::InputError;
};

// One line of JSON with a newline at its end.
std::string write_certificate(const Certificate& certificate);

// The inverse. Throws FormatError, and InputError for text that is not JSON; messages start with `where`.
// Every Number is checked to be one; whether indices, names and radii fit the problem is for the checker to
// say.
Certificate read_certificate(const std::string& text, const std::string& where);

}  // namespace pgb::certificate
