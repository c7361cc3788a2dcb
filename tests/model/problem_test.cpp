// Problems: what is checked when one is made, exact numbers, equal inputs.
#include <gtest/gtest.h>

#include <limits>

#include "pgb/io/errors.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

std::shared_ptr<const Graph> small_model(std::size_t d_x, std::size_t d_y) {
  Random random(1);
  Network net(d_x);
  return net.build(net.linear("x", d_x, d_y, random, false));
}

// The plain data of a problem with model y = W x, d_x = d_y = 2, m = 3.
io::ProblemFile plain_file() {
  Random random(1);
  Network net(2);
  const std::string y = net.linear("x", 2, 2, random, false);
  io::ProblemFile file;
  file.model = net.spec;
  file.model.output = y;
  file.parameters = net.tensors;
  file.x = {{3, 2}, {1, 2, 3, 4, 5, 6}, {}};
  file.y = {{3, 2}, {1, 0, 0, 1, 1, 1}, {}};
  file.loss = "squared";
  file.model_source = "net.json";
  file.parameters_source = "weights.npz";
  file.data_source = "train.npz";
  return file;
}

std::string refusal(const io::ProblemFile& file) {
  try {
    make_problem(file);
  } catch (const InputError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Problem, FromPlainData) {
  io::ProblemFile file = plain_file();
  file.regularizer = io::RegularizerSpec{"l2", "1/4"};
  file.augment = io::AddedNeuronsSpec{"exponential", "1/10"};
  const Problem problem = make_problem(file);
  EXPECT_EQ(problem.samples(), 3u);
  EXPECT_EQ(problem.ambient(), 6u);
  EXPECT_EQ(problem.parameters.size(), 4u + 2 + 2 + 4);
  ASSERT_EQ(problem.regularizer.size(), 2u);
  EXPECT_EQ(problem.regularizer[0].end, 4u) << "the regulariser is that of the model's own parameters";
  EXPECT_EQ(problem.regularizer[1].begin, 4u);
  EXPECT_EQ(problem.regularizer[1].end, 6u);
  for (std::size_t k = 4; k < 12; ++k) EXPECT_EQ(problem.parameters.values[k], 0);
}

// The shape of y must be [m, d_y]: the same number of targets in another shape would be read in the wrong
// order.
TEST(Problem, TargetsOfAnotherShape) {
  for (const std::vector<std::size_t>& shape : {std::vector<std::size_t>{2, 3}, {6}, {6, 1}, {1, 6}}) {
    io::ProblemFile file = plain_file();
    file.y.shape = shape;
    EXPECT_NE(refusal(file).find("train.npz"), std::string::npos) << refusal(file);
  }
  EXPECT_EQ(refusal(plain_file()), "accepted");
}

TEST(Problem, RefusesDataThatDoNotFit) {
  io::ProblemFile x = plain_file();
  x.x = {{2, 3}, {1, 2, 3, 4, 5, 6}, {}};
  EXPECT_NE(refusal(x).find("\"x\""), std::string::npos);
  io::ProblemFile loss = plain_file();
  loss.loss = "huber";
  EXPECT_NE(refusal(loss).find("huber"), std::string::npos);
  io::ProblemFile signs = plain_file();
  signs.loss = "logistic";
  EXPECT_NE(refusal(signs).find("-1 or 1"), std::string::npos);
  for (const double bad : {2.0, -1.0, 0.5, std::numeric_limits<double>::infinity()}) {
    io::ProblemFile labels = plain_file();
    labels.loss = "cross_entropy";
    labels.y = {{3}, {0, 1, bad}, {}};
    EXPECT_NE(refusal(labels).find("class index"), std::string::npos) << bad;
  }
  io::ProblemFile labels = plain_file();
  labels.loss = "cross_entropy";
  labels.y = {{3}, {0, 1, 1}, {}};
  EXPECT_EQ(refusal(labels), "accepted");
}

TEST(Problem, BuiltInCode) {
  EXPECT_THROW(make_problem(small_model(2, 2), {1, 2, 3}, {1, 2}, {1, 2}), InputError);
  EXPECT_THROW(make_problem(small_model(2, 2), {1, 2, 3, 4}, {1, 2, 3}, {1, 2}), InputError);
  EXPECT_THROW(make_problem(small_model(2, 2), {1, 2, 3, 4}, {}, {}), InputError);
  EXPECT_THROW(make_problem(small_model(2, 2), {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3}), InputError);
  EXPECT_THROW(make_problem(small_model(1, 1), {1}, {1, 2}, {1, 2, 3}), InputError);
  EXPECT_NO_THROW(make_problem(small_model(2, 2), {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}));
}

TEST(Problem, ExactNumbersInEveryScalar) {
  io::Tensor t{{3}, {0.5, 1.0 / 3.0, std::numeric_limits<double>::infinity()}, {}};
  t.exact[1] = "1/3";
  t.exact[2] = "1" + std::string(400, '0');  // 10^400: no double
  const Vector<Ball> balls = to_scalars<Ball>(t);
  EXPECT_TRUE(balls[0].is_exact());
  EXPECT_TRUE((balls[1] * Ball(3)).contains(Ball(1)));
  EXPECT_LT(balls[1].radius(), 1e-38);
  EXPECT_TRUE(balls[2].is_finite() && balls[2].certainly_positive());
  const Vector<Real> reals = to_scalars<Real>(t);
  EXPECT_TRUE(reals[1] == Real(1) / 3);
  EXPECT_TRUE(to_scalars<Quad>(t)[1] == Quad(1) / 3);
  EXPECT_EQ(to_scalars<double>(t)[1], 1.0 / 3.0);
  EXPECT_EQ(to_scalars<Dual<double>>(t)[1].tangent, 0);
  EXPECT_TRUE(to_scalars<Dual<Ball>>(t)[1].value.contains(balls[1]));
}

TEST(Problem, VectorsToTensorsAndBack) {
  const PrecisionScope scope(300);
  const Vector<Real> reals{Real(1) / 3, Real(0.5), Real(-2)};
  const io::Tensor t = to_tensor(reals);
  EXPECT_EQ(t.exact.size(), 1u);
  EXPECT_TRUE(to_scalars<Real>(t) == reals);
  const Vector<Quad> quads{Quad(1) / 3, exp(Quad(-1000)), Quad(7)};
  EXPECT_TRUE(to_scalars<Quad>(to_tensor(quads)) == quads) << "one is below the smallest double";
  EXPECT_TRUE(to_scalars<Ball>(to_tensor(quads))[0].contains(to_ball(quads[0])));
}

TEST(Problem, GroupsOfEqualInputs) {
  Problem problem =
      make_problem(small_model(2, 1), {1, 2}, {1, 2, 0.0, 3, 1, 2, -0.0, 3, 2, 1}, {1, 2, 3, 4, 5});
  InputGroups groups = equal_input_groups(problem);
  EXPECT_EQ(groups.count, 3u);
  EXPECT_EQ(groups.group, (std::vector<std::size_t>{0, 1, 0, 1, 2}));
  problem.x.exact[4] = "10000000000000000000001/10000000000000000000000";  // nearest double 1
  groups = equal_input_groups(problem);
  EXPECT_EQ(groups.count, 4u);
}

}  // namespace
}  // namespace pgb::test
