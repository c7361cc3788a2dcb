#include "verifier/examples.h"

namespace pgb::test {
namespace {

Json statement(const std::string& kind, const Json& fields = Json::object()) {
  Json all{{"kind", kind}, {"center", "saved"}};
  all.update(fields);
  return all;
}

Json proof(const Json& fields = Json::object()) {
  Json all{{"precision", 128}};
  all.update(fields);
  return all;
}

Json flat(const ProblemText& problem, const Json& direction, std::size_t component,
          const std::string& epsilon = "1/4") {
  return certificate(problem, statement("flat-direction"),
                     proof({{"direction", direction}, {"epsilon", epsilon}, {"component", component}}));
}

Json critical(const ProblemText& problem, const Json& pinned = Json::array(),
              const Json& symmetries = Json::array(), const std::string& radius = "0",
              const std::string& uniqueness = "1/1024") {
  return certificate(problem,
                     statement("critical-point", {{"radius", radius}, {"uniqueness_radius", uniqueness}}),
                     proof({{"pinned", pinned}, {"symmetries", symmetries}}));
}

Json strict(Json c) {
  c["statement"]["strict_minimum"] = true;
  return c;
}

// c on (-1, 1), (1, -1) with what `units` adds: at c = 0 the residuals are -1 and 1.
const Rows two{{-1}, {1}};
const Rows opposite{{1}, {-1}};

// v s(w x + u) + c, z = (w, u, v, c)
ProblemText one_unit(const std::string& op, double w, double u, double v, double c) {
  return ProblemText(1).linear("h", {{w}}, {u}).op(op).linear("f", {{v}}, {c});
}

// v_1 s(w_1 x + u_1) + v_2 s(w_2 x + u_2) + c, z = (w_1, w_2, u_1, u_2, v_1, v_2, c)
ProblemText two_units(const std::string& op, const Numbers& w, const Numbers& u, const Numbers& v, double c) {
  return ProblemText(1).linear("h", {{w[0]}, {w[1]}}, u).op(op).linear("f", {v}, {c});
}

// v_1 tanh(w_1 x) + v_2 tanh(w_2 x) on (1, 1), (2, 3), (3, 1), z = (w_1, w_2, v_1, v_2), at what the minimum
// a tanh(w x) of the smaller network becomes when w_1 = w_2 = w, v_1 = share a, v_2 = (1 - share) a; see
// embedded_minimum.
Json split(double share, const Json& statement, const Json& proof) {
  const double w = embedded_minimum.w, a = embedded_minimum.a;
  const ProblemText problem =
      ProblemText(1).linear("h", {{w}, {w}}).op("tanh").linear("f", {{share * a, (1 - share) * a}});
  Json c = critical(ProblemText(problem).data({{1}, {2}, {3}}, {{1}, {3}, {1}}), Json::array(), Json::array(),
                    "1e-12", "1e-9");
  c["statement"]["splits"] = {{{"node", "h"}, {"unit", 0}, {"other", 1}, {"share", hex(share)}}};
  c["statement"]["smaller_minimum"] = true;
  c["statement"].update(statement);
  c["proof"].update(proof);
  return c;
}

// f has a strict minimum at z up to the scaling of its relu unit: 2 relu(x) + 1 through exact data.
ProblemText relu_line(bool second) {
  ProblemText text(1);
  if (second)
    text.linear("h", {{1}, {1}}, {0.5, -8}).op("relu").linear("f", {{2, 1}}, {1});  // the second unit is dead
  else
    text.linear("h", {{1}}, {0.5}).op("relu").linear("f", {{2}}, {1});
  return text.data({{1}, {2}, {-1}}, {{4}, {6}, {1}});
}

// W_2 (W_1 x + b_1) + b_2 with W_1 = (1), W_2 = (2): the outputs are 2 x + 1.
ProblemText two_maps() {
  return ProblemText(1)
      .linear("first", {{1}}, {0.5})
      .linear("second", {{2}}, {0})
      .data({{1}, {2}}, {{3}, {5}});
}

void add_points(std::vector<Example>& list) {
  list.push_back({"critical-point", strict(critical(line(1, 1)))});
  // v tanh(w x): the Hessian at 0 is the matrix of -2 mean(x y) v w, here mean(x y) = -1.
  Json saddle = critical(ProblemText(1).linear("h", {{0}}).op("tanh").linear("f", {{0}}).data(two, opposite));
  saddle["statement"]["saddle"] = true;
  saddle["proof"]["direction"] = sparse({{0, "1"}, {1, "-1"}});
  list.push_back({"saddle", saddle});
  const Json scaling{{"kind", "scaling"}, {"node", "h"}, {"unit", 0}};
  list.push_back({"scaling", strict(critical(relu_line(false), {0}, Json::array({scaling})))});
  Json free = Json::array({scaling});
  Json pinned = Json::array({0});
  for (const int k : {1, 3, 5}) {  // the dead unit's weight and bias, and the weight that reads it
    free.push_back({{"kind", "free"}, {"parameter", k}});
    pinned.push_back(k);
  }
  list.push_back({"free", strict(critical(relu_line(true), pinned, free))});
  const Json orthogonal{
      {"kind", "orthogonal-input"}, {"node", "f"}, {"unit", 0}, {"vector", {"2", "-1", "0"}}};
  const ProblemText plane = ProblemText(2).linear("f", {{0.5, 0.25}}, {1}).data({{1, 2}, {2, 4}}, {{2}, {3}});
  list.push_back({"orthogonal-input", strict(critical(plane, {0}, Json::array({orthogonal})))});
  Json regular = critical(line(1, 1));
  regular["statement"]["regular"] = true;
  regular["proof"]["rows"] = {0, 1};
  list.push_back({"regular", regular});
  list.push_back({"split minimum", split(0.5, {{"strict_minimum", true}}, Json::object())});
  list.push_back(
      {"split saddle", split(2, {{"saddle", true}}, {{"direction", sparse({{0, "1"}, {1, "2"}})}})});
  // Q is no minimum there, but <g, D^2 Phi> is definite across the line, on the kernel of J.
  list.push_back({"split, isolated", split(2, {{"isolated", true}}, {{"multipliers", {"-1", "4"}}})});
  // c + v tanh(u tanh(w x)) with w = u = v = 0: only c has a derivative, and its second one is not 0.
  ProblemText deep(1);
  deep.linear("h1", {{0}}).op("tanh").linear("h2", {{0}}).op("tanh").linear("f", {{0}}, {1. / 3});
  Json still =
      critical(deep.data({{1}, {2}, {3}}, {{0}, {0}, {1}}), Json::array(), Json::array(), "1e-12", "1e-9");
  still["proof"]["still"] = {0, 1, 2};
  list.push_back({"still", still});
  const Json maps{
      {"kind", "linear-maps"}, {"first", "first"}, {"second", "second"}, {"row", 0}, {"column", 0}};
  const Json shift{{"kind", "shift"}, {"first", "first"}, {"second", "second"}, {"unit", 0}};
  list.push_back({"linear-maps", strict(critical(two_maps(), {0, 1}, Json::array({maps, shift})))});
}

void add_flat_directions(std::vector<Example>& list) {
  const ProblemText plain = ProblemText(1).linear("f", {{0}}, {0}).data(two, opposite);
  // z = (w, c, a, b, W): d_a Q = mean 2 r exp(W x + b), 0 at W = 0
  list.push_back({"added-neurons", flat(ProblemText(plain).added("1/10"), sparse({{4, "1"}}), 2)});
  list.push_back(
      {"free-parameters", flat(one_unit("tanh", 0, 0, 0, 0).data(two, opposite), sparse({{0, "1"}}), 2)});
  list.push_back({"free-parameters, relu",
                  flat(one_unit("relu", 1, 0.5, 0, 0).data(two, opposite), sparse({{0, "1"}}), 2)});
  // (1, 0)^T tanh(W_2 tanh(W_1 x)) with zeros for W_1, W_2 and a residual in the second output: W_1 and W_3
  // move together.
  const auto three = ProblemText(1).linear("h", {{0}}).op("tanh").linear("g", {{0}}).op("tanh");
  const auto chain = ProblemText(three).linear("f", {{1}, {0}}).data(two, {{0, 1}, {0, -1}});
  list.push_back({"moves together", flat(chain, sparse({{0, "1"}, {3, "1"}}), 1)});
  // The same with tanh(x) - tanh(x) for the feature that is 0; and a product with it as a factor.
  const auto difference = ProblemText(1).linear("h", {{1}, {1}}).op("tanh").linear("g", {{1, -1}}).op("tanh");
  list.push_back({"difference", flat(ProblemText(difference).linear("f", {{0}}).data(two, opposite),
                                     sparse({{2, "1"}, {3, "-1"}, {4, "1"}}), 0)});
  ProblemText gated(1);
  gated.linear("h", {{1}}).linear("g", {{0}}, {}, "x").op("mul", {"h", "g"}, "p").data(two, {{1}, {1}});
  list.push_back({"product", flat(gated, sparse({{0, "1"}}), 1)});
  const auto equal = two_units("tanh", {1, 1}, {0.25, 0.25}, {0.5, 0.25}, 0).data(two, opposite);
  list.push_back({"equal units", flat(equal, sparse({{4, "1"}, {5, "-1"}}), 0)});
  const auto odd = two_units("tanh", {1, -1}, {0.25, -0.25}, {0.5, 0.25}, 0).data(two, opposite);
  list.push_back({"opposite units", flat(odd, sparse({{4, "1/3"}, {5, "1/3"}}), 0)});
  // relu(3 x + 3/2) = 3 relu(x + 1/2), and relu(1/2) is a constant like the bias
  const auto homogeneous = two_units("relu", {1, 3}, {0.5, 1.5}, {0.5, 0.25}, 0).data(two, opposite);
  list.push_back({"multiples", flat(homogeneous, sparse({{4, "3"}, {5, "-1"}}), 0)});
  const auto constant = two_units("relu", {1, 0}, {0.5, 0.5}, {0.5, 0.25}, 0).data(two, opposite);
  list.push_back({"constant unit", flat(constant, sparse({{5, "2"}, {6, "-1"}}), 1)});
}

void add_regions(std::vector<Example>& list) {
  list.push_back({"not-critical", certificate(line(0, 0), statement("not-critical", {{"radius", "1/4"}}),
                                              proof({{"component", 0}}))});
  // 4 |w^2 - 4| w > 0 on [1/8, 11/8]: the enclosure over all of it holds 0
  list.push_back({"not-critical, in parts",
                  certificate(ProblemText(1).linear("f", {{0.75}}).op("square").data({{1}}, {{4}}),
                              statement("not-critical", {{"radius", "5/8"}}), proof({{"component", 0}}))});
  list.push_back({"no-local-minimum",
                  certificate(ProblemText(1).linear("f", {{0}}, {0}).data(two, opposite).added("1/10"),
                              statement("no-local-minimum", {{"radius", "1/4"}}),
                              proof({{"rule", "added-neurons"}, {"output", 0}, {"sample", 0}}))});
  list.push_back({"no-suboptimal-local-minimum",
                  certificate(one_unit("tanh", 1, 0, 1, 0).data(two, opposite),
                              statement("no-suboptimal-local-minimum", {{"radius", "1/16"}}),
                              proof({{"coordinates", {0, 3}}}))});
  list.push_back(
      {"lower-value",
       certificate(line(0, 0), statement("lower-value", {{"radius", "1/4"}, {"other", {"1", "1"}}}),
                   proof())});
  list.push_back({"rank", certificate(line(0, 0), statement("rank", {{"radius", "1/4"}, {"at_least", 2}}),
                                      proof({{"rows", {0, 1}}, {"columns", {0, 1}}}))});
  list.push_back(
      {"rank, prime", certificate(one_unit("relu", 1, 2, 0.5, 0).data(two, opposite),
                                  statement("rank", {{"radius", "0"}, {"at_least", 2}}),
                                  proof({{"rows", {0, 1}}, {"columns", {0, 3}}, {"prime", 1000003}}))});
  list.push_back(
      {"negative-curvature",
       certificate(ProblemText(1).linear("h", {{0}}).op("tanh").linear("f", {{0}}).data(two, opposite),
                   statement("negative-curvature", {{"radius", "1/16"}}),
                   proof({{"direction", sparse({{0, "1"}, {1, "-1"}})}}))});
  // Two samples with one input and targets 0 and 2: at output 1 the residuals cancel.
  list.push_back({"span-orthogonal, functions",
                  certificate(ProblemText(1).linear("f", {{1}}, {0}).data({{1}, {1}}, {{0}, {2}}),
                              statement("span-orthogonal", {{"space", "functions-of-x"}}), proof())});
  // 1 on (-1, 2), (0, -1), (1, 2): the residuals -1, 2, -1 are orthogonal to x and 1.
  list.push_back({"span-orthogonal, affine",
                  certificate(ProblemText(1).linear("f", {{0}}, {1}).data({{-1}, {0}, {1}}, {{2}, {-1}, {2}}),
                              statement("span-orthogonal", {{"space", "model"}}), proof())});
  list.push_back(
      {"span-orthogonal, linear", certificate(ProblemText(1).linear("f", {{1}}).data({{1}, {1}}, {{0}, {2}}),
                                              statement("span-orthogonal", {{"space", "model"}}), proof())});
  // relu(x + 2) is x + 2 at all samples: the best line, with residuals orthogonal to x and 1.
  list.push_back({"span-orthogonal, near",
                  certificate(one_unit("relu", 1, 2, 1, 0).data({{-1}, {0}, {1}}, {{2}, {0}, {4}}),
                              statement("span-orthogonal", {{"space", "near"}}), proof())});
  // c = 2/3, and tanh(x) at -1, 0, 1: a fixed feature, of which no more is known than that it is odd.
  const Json two_thirds{{"saved_plus", sparse({{1, "2/3"}})}};
  list.push_back(
      {"span-orthogonal, fixed",
       certificate(ProblemText(1).op("tanh").linear("f", {{0}}, {0}).data({{-1}, {0}, {1}}, {{1}, {0}, {1}}),
                   statement("span-orthogonal", {{"space", "model"}, {"center", two_thirds}}), proof())});
  // Both units see -1 at every input, and 2 v sigmoid(-1) = 1/3.
  list.push_back({"level-set", certificate(ProblemText(2)
                                               .linear("h", {{-1, -1}, {-1, -1}})
                                               .op("sigmoid")
                                               .linear("f", {{level_set_weight, level_set_weight}})
                                               .data({{1, 0}, {0, 1}, {0.5, 0.5}}, {{0}, {0}, {1}}),
                                           statement("level-set", {{"radius", "1e-12"}}),
                                           proof({{"classes", {0, 0, 0}}, {"across", {1, 3, 5}}}))});
}

Json box_tree(const ProblemText& problem, const std::string& subject, const std::string& radius,
              const Json& points, const Json& undecided, const Json& tree) {
  return certificate(
      problem,
      statement("box-tree",
                {{"radii", {radius}}, {"subject", subject}, {"points", points}, {"undecided", undecided}}),
      proof({{"tree", tree}}));
}

Json node(const std::string& kind, const Json& indices = Json::array(), const Json& numbers = Json::array()) {
  Json list = Json::array({kind});
  for (const Json& index : indices) list.push_back(index);
  for (const Json& number : numbers) list.push_back(number);
  return list;
}

void add_trees(std::vector<Example>& list) {
  const Json none = Json::array();
  // Q = (w - 1)^2 + (b - 1)^2 on [-2, 2]^2
  const Json point{
      {"center", {"1", "1"}}, {"radius", "0"}, {"uniqueness_radius", "2"}, {"strict_minimum", true}};
  const Json cover = {node("split", {0}, {"-1/2"}), node("gradient", {0}), node("split", {1}, {"-1/2"}),
                      node("combination", {1}, {"1"}), node("point", {0})};
  list.push_back(
      {"box-tree", box_tree(line(0, 0), "critical-points", "2", Json::array({point}), none, cover)});
  const Json part = {node("split", {0}, {"1/2"}), node("gradient", {0}), node("undecided")};
  list.push_back({"box-tree, undecided", box_tree(line(0, 0), "local-minima", "2", none, {2}, part)});
  // A unit with outgoing weight v: near v = 0 d_v Q = 0 at w = 0 only, and d_w Q / v is about 2.
  const auto unit = one_unit("tanh", 0, 0, 0, 0).data(two, opposite);
  list.push_back({"box-tree, off", box_tree(unit, "local-minima", "1/16", none, none,
                                            Json::array({node("off", {2, 0, 0}, {"1/16"})}))});
  const auto line_added = ProblemText(1).linear("f", {{0}}, {0}).data(two, opposite).added("1/10");
  list.push_back({"box-tree, added",
                  box_tree(line_added, "local-minima", "1/4", none, none,
                           {node("split", {0}, {"0"}), node("added", {0, 0}), node("added", {0, 1})})});
  list.push_back(
      {"box-tree, curvature",
       box_tree(ProblemText(1).linear("h", {{0}}).op("tanh").linear("f", {{0}}).data(two, opposite),
                "local-minima", "1/16", none, none, Json::array({node("curvature", {0, 1}, {"1", "-1"})}))});
  list.push_back(
      {"box-tree, rank",
       box_tree(one_unit("tanh", 1, 0, 1, 0).data(two, opposite), "suboptimal-local-minima", "1/8", none,
                none, {node("split", {3}, {"0"}), node("rank", {0, 3}), node("rank", {0, 3})})});
}

void add_interpolation(std::vector<Example>& list) {
  // v tanh(w x + u) + c through two points: u and v move little.
  const ProblemText through = one_unit("tanh", 1, 0, 1, 0).data({{-1}, {1}}, {{-0.75}, {0.765625}});
  list.push_back(
      {"interpolating-minimum", certificate(through, statement("interpolating-minimum", {{"radius", "1/8"}}),
                                            proof({{"coordinates", {2, 3}}}))});
  const ProblemText twice = ProblemText(1).linear("f", {{1}}, {0}).data({{1}, {1}}, {{0}, {2}});
  list.push_back({"interpolating-minimum, mean",
                  certificate(twice, statement("interpolating-minimum", {{"radius", "0"}}),
                              proof({{"coordinates", {1}}}))});
}

}  // namespace

std::vector<Example> examples() {
  std::vector<Example> list;
  add_points(list);
  add_flat_directions(list);
  add_regions(list);
  add_trees(list);
  add_interpolation(list);
  return list;
}

Json example(const std::string& name) {
  for (const Example& e : examples()) {
    if (e.name == name) return e.certificate;
  }
  throw std::invalid_argument(name);
}

ProblemText line(double w, double b) {
  return ProblemText(1).linear("f", {{w}}, {b}).data({{-1}, {1}}, {{0}, {2}});
}

Json sparse(const std::vector<std::pair<std::size_t, std::string>>& entries) {
  Json list = Json::array();
  for (const auto& [k, value] : entries) list.push_back(Json::array({k, value}));
  return list;
}

}  // namespace pgb::test
