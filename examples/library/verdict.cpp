#include <iostream>

#include <pgb/pgb.h>

// f(x; z) = z_0 x / (z_1 + x), a model of one's own: written once, for every scalar type.
struct Saturation {
  template <class S>
  pgb::Vector<S> operator()(const pgb::Vector<S>& z, const pgb::Vector<S>& x) const {
    return {z[0] * x[0] / (z[1] + x[0])};
  }
};

int main() {
  const auto model = pgb::make_callable_model(Saturation{}, /*d_x=*/1, /*d_y=*/1, /*n=*/2);
  const pgb::Problem fit =
      pgb::make_problem(model, /*parameters=*/{3.002, 1.935}, /*x=*/{1, 2, 4, 8}, /*y=*/{1.1, 1.4, 2.1, 2.4});
  for (const pgb::Problem& problem : {fit, pgb::add_neurons(fit, "1/10")}) {
    const pgb::Verdict verdict = pgb::check(problem);
    std::cout << pgb::answer_name(verdict.answer) << (verdict.certified ? " (proven): " : " (not proven): ")
              << verdict.explanation << '\n';
  }
}
