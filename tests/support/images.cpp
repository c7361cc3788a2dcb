#include "support/images.h"

#include <boost/multiprecision/mpfr.hpp>
#include <stdexcept>

namespace pgb::test {
namespace {

using Int = long long;

io::NodeSpec named(const std::string& op) {
  io::NodeSpec node;
  node.op = op;
  return node;
}

// Attribute `name`, entry k; one entry counts for all.
Int size_of(const io::NodeSpec& node, const std::string& name, std::size_t k, Int otherwise) {
  const auto found = node.sizes.find(name);
  if (found == node.sizes.end()) return otherwise;
  return static_cast<Int>(found->second[k % found->second.size()]);
}

Int as_int(std::size_t n) { return static_cast<Int>(n); }

}  // namespace

std::vector<Real> naive_image_op(const io::NodeSpec& node, const io::Tensors& tensors, const Shape& in,
                                 const Shape& out, const std::vector<Real>& x) {
  std::vector<Real> y;
  if (node.op == "reshape" || node.op == "flatten") return x;
  const auto pixel = [&](Int c, Int i, Int j, bool& inside) {
    inside = i >= 0 && j >= 0 && i < as_int(in[1]) && j < as_int(in[2]);
    return inside ? x[static_cast<std::size_t>((c * as_int(in[1]) + i) * as_int(in[2]) + j)] : Real(0);
  };
  const bool global = node.op == "global_avg_pool2d";
  const bool pool = node.op == "max_pool2d" || node.op == "avg_pool2d" || global;
  for (Int c = 0; c < as_int(out[0]); ++c) {
    for (Int i = 0; i < as_int(out[1]); ++i) {
      for (Int j = 0; j < as_int(out[2]); ++j) {
        bool inside = false;
        if (node.op == "batch_norm") {
          const auto k = static_cast<std::size_t>(c);
          const double eps = node.numbers.count("eps") ? node.numbers.at("eps") : 1e-5;
          const Real spread = Real(tensors.at(node.words.at("running_var")).values[k]) + Real(eps);
          Real v = (pixel(c, i, j, inside) - tensors.at(node.words.at("running_mean")).values[k]) /
                   boost::multiprecision::sqrt(spread);
          if (!node.weight.empty()) v *= tensors.at(node.weight).values[k];
          if (!node.bias.empty()) v += tensors.at(node.bias).values[k];
          y.push_back(v);
          continue;
        }
        if (node.op == "permute") {
          Int from[3];
          const Int to[3] = {c, i, j};
          for (std::size_t d = 0; d < 3; ++d) from[node.sizes.at("dims")[d]] = to[d];
          y.push_back(pixel(from[0], from[1], from[2], inside));
          continue;
        }
        const bool conv = node.op == "conv2d";
        const Shape kernel = conv ? Shape{tensors.at(node.weight).shape[2], tensors.at(node.weight).shape[3]}
                             : global ? Shape{in[1], in[2]}
                                      : node.sizes.at("kernel_size");
        const Int groups = size_of(node, "groups", 0, 1);
        const Int channels = conv ? as_int(tensors.at(node.weight).shape[1]) : 1;
        const Int first = conv ? c / (as_int(out[0]) / groups) * channels : c;
        Real sum(0), largest(0);
        Int cells = 0, padded = 0;
        for (Int q = 0; q < channels; ++q) {
          for (Int p = 0; p < as_int(kernel[0]); ++p) {
            for (Int r = 0; r < as_int(kernel[1]); ++r) {
              const Int row = i * size_of(node, "stride", 0, pool ? as_int(kernel[0]) : 1) +
                              p * size_of(node, "dilation", 0, 1) - size_of(node, "padding", 0, 0);
              const Int column = j * size_of(node, "stride", 1, pool ? as_int(kernel.back()) : 1) +
                                 r * size_of(node, "dilation", 1, 1) - size_of(node, "padding", 1, 0);
              const Real v = pixel(first + q, row, column, inside);
              const Int bottom = node.sizes.count("padding") && node.sizes.at("padding").size() == 4
                                     ? size_of(node, "padding", 2, 0)
                                     : size_of(node, "padding", 0, 0);
              const Int right = node.sizes.count("padding") && node.sizes.at("padding").size() == 4
                                    ? size_of(node, "padding", 3, 0)
                                    : size_of(node, "padding", 1, 0);
              padded += row < as_int(in[1]) + bottom && column < as_int(in[2]) + right ? 1 : 0;
              if (!inside) continue;
              largest = cells == 0 || v > largest ? v : largest;
              ++cells;
              const auto at = static_cast<std::size_t>(
                  ((c * channels + q) * as_int(kernel[0]) + p) * as_int(kernel[1]) + r);
              sum += conv ? Real(tensors.at(node.weight).values[at] * v) : v;
            }
          }
        }
        if (conv && !node.bias.empty()) sum += tensors.at(node.bias).values[static_cast<std::size_t>(c)];
        const Int count = size_of(node, "count_include_pad", 0, 1) != 0 ? padded : cells;
        y.push_back(conv ? sum : node.op == "max_pool2d" ? largest : Real(sum / count));
      }
    }
  }
  return y;
}

Network random_image_network(Random& random, bool smooth, std::string& output) {
  Network net(1);
  Shape shape{random.between(1, 2) * 2, random.between(4, 6), random.between(4, 6)};
  net.spec.input = shape;
  const auto conv = [&](const std::string& from) {
    io::NodeSpec node = named("conv2d");
    const std::size_t groups = random.coin(0.3) ? 2 : 1, out = 2 * random.between(1, 2);
    const Shape kernel{random.between(1, std::min<std::size_t>(3, shape[1])),
                       random.between(1, std::min<std::size_t>(3, shape[2]))};
    const std::string name = "n" + std::to_string(net.spec.nodes.size());
    node.weight = net.tensor(name + ".w", {out, shape[0] / groups, kernel[0], kernel[1]}, random);
    if (random.coin()) node.bias = net.tensor(name + ".b", {out}, random);
    if (groups > 1) node.sizes["groups"] = {groups};
    if (random.coin()) node.sizes["stride"] = {random.between(1, 2), random.between(1, 2)};
    if (random.coin()) {
      node.sizes["padding"] = {random.index(kernel[0]), random.index(kernel[1])};
      if (random.coin())
        node.sizes["padding"] = {random.index(2), random.index(2), random.index(3), random.index(3)};
    }
    if (random.coin(0.3) && kernel[0] == 1) node.sizes["dilation"] = {3, 1};
    return net.node(node, {from});
  };
  const auto shape_of = [&](const std::string& name) {
    return Graph(
               [&] {
                 io::ModelSpec s = net.spec;
                 s.nodes.push_back(named("flatten"));
                 s.nodes.back().name = "end";
                 s.nodes.back().inputs = {name};
                 s.output = "end";
                 return s;
               }(),
               net.tensors, "test")
        .nodes()
        .back()
        .input_shapes[0];
  };
  std::string last = conv("x");
  shape = shape_of(last);
  for (int k = 0; k < 4; ++k) {
    io::NodeSpec node;
    switch (random.index(smooth ? 7 : 9)) {
      case 0:
        last = conv(last);
        break;
      case 1:
        last = net.node("tanh", {last});
        break;
      case 2:
        node = named("batch_norm");
        node.words["running_mean"] = net.tensor("mean" + std::to_string(k), {shape[0]}, random);
        node.words["running_var"] = net.tensor("var" + std::to_string(k), {shape[0]}, random);
        for (double& v : net.tensors[node.words["running_var"]].values) v = v * v;
        if (random.coin()) node.weight = net.tensor("gamma" + std::to_string(k), {shape[0]}, random);
        if (random.coin()) node.bias = net.tensor("beta" + std::to_string(k), {shape[0]}, random);
        node.numbers["eps"] = 0.25;
        last = net.node(node, {last});
        break;
      case 3:
      case 7: {
        if (shape[1] < 2 || shape[2] < 2) break;
        const bool largest = !smooth && random.coin();
        node = named(largest ? "max_pool2d" : "avg_pool2d");
        node.sizes["kernel_size"] = {2, random.between(1, 2)};
        if (random.coin()) node.sizes["stride"] = {1, 2};
        if (random.coin()) node.sizes["padding"] = {1, 0};
        if (random.coin()) node.sizes["ceil_mode"] = {1};
        if (!largest && random.coin()) node.sizes["count_include_pad"] = {0};
        last = net.node(node, {last});
        break;
      }
      case 4:
        node = named("permute");
        node.sizes["dims"] = {0, 2, 1};
        last = net.node(node, {last});
        break;
      case 5:
        last = net.node("add", {last, net.node("sin", {last})});
        break;
      case 6:
        node = named("rescale");
        node.words["scale"] = net.tensor("scale" + std::to_string(k), {shape[0], 1, 1}, random);
        if (random.coin()) node.words["shift"] = net.tensor("shift" + std::to_string(k), {shape[2]}, random);
        last = net.node(node, {last});
        break;
      default:
        last = net.node("relu", {last});
    }
    shape = shape_of(last);
  }
  if (random.coin(0.3)) last = net.node("global_avg_pool2d", {last});
  output = net.node("flatten", {last});
  return net;
}

}  // namespace pgb::test
