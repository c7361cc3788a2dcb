// The independent checker of certificates: its own evaluation and derivatives of networks in ball arithmetic,
// no code of the programs that write certificates but the readers of plain data, no tolerance, nothing
// skipped.
#pragma once

#include "pgb/certificate/certificate.h"
#include "pgb/io/problem_file.h"

namespace pgb::verifier {

struct Outcome {
  bool accepted = false;
  std::string message;  // accepted: the statement in words; rejected: the first hypothesis that fails
};

// Accepted only if the statement is true of `problem`, whose digest is the certificate's. Rejected says
// nothing about the statement: it may be true and this proof not enough.
Outcome verify(const certificate::Certificate& certificate, const io::ProblemFile& problem);

}  // namespace pgb::verifier
