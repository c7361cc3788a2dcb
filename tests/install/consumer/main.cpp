// What somebody else's program does with an installed pgb: include, link, run.
#include <iostream>

#include <pgb/scalar/ball.h>
#include <pgb/version.h>

int main() {
  const pgb::Ball third = pgb::Ball(1) / pgb::Ball(3);
  std::cout << "pgb " << PGB_VERSION << ": 1/3 is in " << third.to_string() << '\n';
  return third.overlaps(pgb::Ball::from_rational("1/3")) && !third.is_exact() ? 0 : 1;
}
