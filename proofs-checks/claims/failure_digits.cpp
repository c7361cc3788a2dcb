// What becomes of real training. The network 64-6-10 (tanh, cross-entropy, weight decay) of examples/digits
// is trained on its 120 handwritten digits from several seeded starts, by L-BFGS (NLopt) restarted every 100
// evaluations: as it is; with an exponential neuron per output added, from the same start; and with it, from
// where the first training ended.
//
// Checked at each end: without the neurons, that a strict local minimum lies there (pgbcheck's proof); with
// them, that no point near is a local minimum (proof). Measured: loss, |a|, b, |W| and how far the weights
// moved.
//
// The theorem promises less than it may seem. That no local minimum is left does not make descent find a
// better network: where it ends, the added neurons are on and grow, and go on doing so as long as one trains;
// and weight decay takes the network's own weights away, for the neurons do not pay it. Cross-entropy has no
// minimum over functions of x, so there is no local minimum at all.
#include <algorithm>
#include <cmath>
#include <random>

#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "pgb/derivatives/objective.h"
#include "pgb/search/local/general_solver.h"

namespace pgb::claims {
namespace {

constexpr int round_evaluations = 100, rounds = 15;

struct Training {
  Problem end;
  double value = 0, mean_loss = 0;
  double network_alone = 0;  // mean loss with the added neurons left out
  int evaluations = 0;
  std::vector<std::pair<double, double>> trace, largest_bw;  // against evaluations
};

double largest(const Problem& problem, std::size_t begin, std::size_t end) {
  double size = 0;
  for (std::size_t k = begin; k < end; ++k) size = std::max(size, std::abs(problem.parameters.values[k]));
  return size;
}

Training train(Problem problem, const ClaimOptions& options) {
  search::SolverOptions solver;
  solver.max_steps = round_evaluations;
  const AddedNeurons* added = problem.model->added();
  const Objective<double> objective(problem);
  Training training;
  training.value = objective.value(problem.parameters.values);
  for (int round = 0; round < rounds && !options.stopped(); ++round) {
    training.trace.emplace_back(training.evaluations, std::log10(training.value));
    if (added != nullptr)
      training.largest_bw.emplace_back(training.evaluations,
                                       largest(problem, added->b, problem.parameters.size()));
    const search::Ending ending = search::solve_general(problem, problem.parameters.values, solver);
    const double before = training.value;
    problem.parameters.values = ending.z;
    training.value = ending.loss;
    training.evaluations += ending.steps;
    if (!(ending.loss < before) || ending.gradient < 1e-12) break;
  }
  training.trace.emplace_back(training.evaluations, std::log10(training.value));
  if (added != nullptr)
    training.largest_bw.emplace_back(training.evaluations,
                                     largest(problem, added->b, problem.parameters.size()));
  training.mean_loss = objective.mean_loss(objective.outputs(problem.parameters.values));
  Problem alone = problem;
  if (added != nullptr)
    std::fill(alone.parameters.values.begin() + static_cast<std::ptrdiff_t>(added->a),
              alone.parameters.values.end(), 0.0);
  training.network_alone = objective.mean_loss(objective.outputs(alone.parameters.values));
  training.end = std::move(problem);
  return training;
}

// Small normal weights, hidden biases between 0 and 1/2, as in examples/digits/train.py.
std::vector<double> start(const Model& model, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0, 0.5);
  std::vector<double> z;
  for (std::size_t block = 0; block < model.blocks().size(); ++block) {
    const ParameterBlock& at = model.blocks()[block];
    for (std::size_t k = at.begin; k < at.end; ++k)
      z.push_back(block == 0   ? 0.15 * normal(engine)
                  : block == 1 ? uniform(engine)
                  : block == 2 ? 0.5 * normal(engine)
                               : 0.0);
  }
  return z;
}

double distance(const std::vector<double>& from, const std::vector<double>& to, std::size_t n) {
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) sum += (from[k] - to[k]) * (from[k] - to[k]);
  return std::sqrt(sum);
}

Instance instance(const std::string& what, const Training& training, const std::vector<double>& from,
                  std::size_t n, Answer expected, const ClaimOptions& options) {
  CheckOptions check;
  check.threads = options.threads;
  check.stop = options.stop;
  Instance result = checked(what, training.end, check, expected);
  result.numbers.push_back({"Q", short_text(training.value)});
  result.numbers.push_back({"mean loss", short_text(training.mean_loss)});
  if (const AddedNeurons* added = training.end.model->added()) {
    result.numbers.push_back({"mean loss without them", short_text(training.network_alone)});
    result.numbers.push_back({"|a|", short_text(largest(training.end, added->a, added->b))});
    result.numbers.push_back({"|b|", short_text(largest(training.end, added->b, added->w))});
    result.numbers.push_back(
        {"|W|", short_text(largest(training.end, added->w, training.end.parameters.size()))});
  }
  result.numbers.push_back(
      {"|theta|", short_text(distance(std::vector<double>(n, 0.0), training.end.parameters.values, n))});
  result.numbers.push_back({"theta moved", short_text(distance(from, training.end.parameters.values, n))});
  result.numbers.push_back({"evaluations", std::to_string(training.evaluations)});
  return result;
}

Problem with_neurons(const Problem& problem, const std::vector<double>& theta) {
  Problem augmented = problem;
  augmented.parameters.values = theta;
  return add_neurons(augmented, "1/10");
}

Problem digits(const ClaimOptions& options) { return load_problem(options.examples + "/digits/tanh.json"); }

ClaimResult run(const ClaimOptions& options) {
  Problem problem = digits(options);
  const std::size_t n = problem.model->parameters(), seeds = options.count(3);
  Figure losses, growth;
  losses.name = "digits-training";
  losses.title = "Training the digits with and without added neurons";
  losses.caption =
      "First seed; the objective with weight decay, and with lambda |a|^2 where neurons are added.";
  losses.x.label = "evaluations";
  losses.y = {"objective", Scale::log10};
  growth = losses;
  growth.name = "digits-b-and-w";
  growth.title = "The largest entry of b and W while training the digits";
  growth.caption = "First seed.";
  growth.y = {"largest |b|, |W|"};
  ClaimResult result;
  for (std::size_t k = 0; k < seeds && !options.stopped(); ++k) {
    const std::string seed = "seed " + std::to_string(options.seed + k);
    options.report("failure-digits: " + seed, static_cast<double>(k) / static_cast<double>(seeds));
    const std::vector<double> begin = start(*problem.model, options.seed + k);
    problem.parameters.values = begin;
    const Training plain = train(problem, options);
    std::vector<double> trained = plain.end.parameters.values;
    const Training augmented = train(with_neurons(problem, begin), options);
    const Training onwards = train(with_neurons(problem, trained), options);
    result.instances.push_back(instance(seed + ", as it is", plain, begin, n, Answer::satisfied, options));
    result.instances.push_back(
        instance(seed + ", with neurons", augmented, begin, n, Answer::violated, options));
    result.instances.push_back(
        instance(seed + ", with neurons from that end", onwards, trained, n, Answer::violated, options));
    result.instances.back().numbers.push_back(
        {"between the ends",
         short_text(distance(augmented.end.parameters.values, onwards.end.parameters.values, n))});
    if (k == 0) {
      losses.curves = {{"as it is", plain.trace},
                       {"with neurons", augmented.trace},
                       {"with neurons from that end", onwards.trace}};
      growth.curves = {{"with neurons", augmented.largest_bw},
                       {"with neurons from that end", onwards.largest_bw}};
    }
  }
  result.figures = {losses, growth};
  result.notes.push_back(
      "The loss is lower with the added neurons because they are on; without them, what remains of the "
      "network is far worse than the "
      "one trained as it is. The elimination theorem does not say what descent does.");
  return result;
}

}  // namespace

Claim failure_digits() {
  Claim claim;
  claim.name = "failure-digits";
  claim.group = "failure";
  claim.statement =
      "Digits, several seeds: training the network as it is ends at a strict local minimum; with added "
      "neurons it ends nowhere near "
      "one.";
  claim.hypotheses = {"64-6-10 tanh, cross-entropy, weight decay 1/1000", "lambda = 1/10", "L-BFGS"};
  claim.run = run;
  claim.controls = {{"a start taken for an end", [](const ClaimOptions& options) {
                       Problem problem = digits(options);
                       problem.parameters.values = start(*problem.model, options.seed);
                       CheckOptions point;
                       point.at_saved = true;
                       ClaimResult result;
                       result.instances = {checked("the start", problem, point, Answer::satisfied)};
                       return result;
                     }}};
  return claim;
}

}  // namespace pgb::claims
