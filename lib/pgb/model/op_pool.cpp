// avg_pool2d, max_pool2d and global_avg_pool2d on images [channels, height, width], channel by channel.
#include <algorithm>
#include <type_traits>

#include "pgb/io/errors.h"
#include "pgb/model/op_impl.h"
#include "pgb/model/ops.h"
#include "pgb/model/window.h"

namespace pgb {
namespace {

// What the two kinds of pooling share: shapes, and loops over samples and channels.
class Pool : public NoParameters {
 public:
  explicit Pool(const io::NodeSpec& node)
      : global_(node.op == "global_avg_pool2d"),
        kernel_(pair_attribute(node, "kernel_size", {1, 1})),
        attributes_(node, kernel_) {}

 protected:
  Window window(const Shape& images, const std::string& where) const {
    const bool whole = global_ && images.size() == 3;
    return attributes_.over(images, whole ? std::array<std::size_t, 2>{images[1], images[2]} : kernel_,
                            where);
  }

  Shape pooled(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
               const std::string& where) const {
    if (inputs.size() != 1)
      throw InputError(where + ": takes 1 input, found " + std::to_string(inputs.size()));
    if (weight != nullptr || bias != nullptr) throw InputError(where + ": takes no weight and no bias");
    const Window w = window(inputs[0], where);
    for (const WindowAxis& axis : w.axes) {
      for (std::size_t o = 0; o < axis.count; ++o) {
        if (axis.cells(o) == 0) throw InputError(where + ": a window holds nothing but padding");
      }
    }
    return {inputs[0][0], w.axes[0].count, w.axes[1].count};
  }

  // visit(sample, channel): x and y of a channel begin at channel times their planes.
  template <class Visit>
  static void for_each_plane(std::size_t samples, const Shape& images, Visit visit) {
    for (std::size_t i = 0; i < samples; ++i) {
      for (std::size_t c = 0; c < images[0]; ++c) visit(i, c);
    }
  }

 private:
  bool global_;
  std::array<std::size_t, 2> kernel_;
  WindowAttributes attributes_;
};

// Means over the windows; the padding counts as zeros where count_include_pad says so (PyTorch's default).
class AveragePool : public OpImplementation<AveragePool>, public Pool {
 public:
  explicit AveragePool(const io::NodeSpec& node)
      : Pool(node), padding_counts_(flag_attribute(node, "count_include_pad", true)) {}
  using NoParameters::reverse_parameters_of;

  OpKind kind() const override { return OpKind::other; }
  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    return pooled(inputs, weight, bias, where);
  }

  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    return means(in, in.inputs[0]);
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    return dot.inputs[0].data == nullptr ? Matrix<S>(y.rows, y.cols) : means(in, dot.inputs[0]);
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] == nullptr) return;
    const Shape& images = (*in.input_shapes)[0];
    const Window w = window(images, "");
    const std::vector<int> counts = divisors(w);
    const std::size_t from = w.input_plane(), to = w.output_plane();
    for_each_plane(y_bar.cols, images, [&](std::size_t i, std::size_t c) {
      Vector<S> share(y_bar.column(i) + c * to, y_bar.column(i) + (c + 1) * to);
      for (std::size_t o = 0; o < to; ++o) share[o] /= S(counts[o]);
      S* x_bar = input_bar[0]->column(i) + c * from;
      w.for_each_cell([&](std::size_t o, std::size_t, std::size_t at) { x_bar[at] += share[o]; });
    });
  }

 private:
  std::vector<int> divisors(const Window& w) const {
    const auto count = [&](const WindowAxis& axis, std::size_t o) {
      return static_cast<int>(padding_counts_ ? axis.padded_cells(o) : axis.cells(o));
    };
    std::vector<int> divisors;
    for (std::size_t i = 0; i < w.axes[0].count; ++i) {
      for (std::size_t j = 0; j < w.axes[1].count; ++j)
        divisors.push_back(count(w.axes[0], i) * count(w.axes[1], j));
    }
    return divisors;
  }

  template <class S>
  Matrix<S> means(const OpArguments<S>& in, ConstView<S> x) const {
    const Shape& images = (*in.input_shapes)[0];
    const Window w = window(images, "");
    const std::vector<int> counts = divisors(w);
    const std::size_t from = w.input_plane(), to = w.output_plane();
    Matrix<S> y(element_count(*in.shape), x.cols);
    for_each_plane(x.cols, images, [&](std::size_t i, std::size_t c) {
      const S* values = x.column(i) + c * from;
      S* sums = y.column(i) + c * to;
      w.for_each_cell([&](std::size_t o, std::size_t, std::size_t at) { sums[o] += values[at]; });
      for (std::size_t o = 0; o < to; ++o) sums[o] /= S(counts[o]);
    });
    return y;
  }

  bool padding_counts_;
};

template <class T>
const T& value_part(const T& x) {
  return x;
}
template <class T>
const T& value_part(const Dual<T>& x) {
  return x.value;
}

Ball hull_of(const Ball& a, const Ball& b) { return Ball::hull(a, b); }
Dual<Ball> hull_of(const Dual<Ball>& a, const Dual<Ball>& b) {
  return {Ball::hull(a.value, b.value), Ball::hull(a.tangent, b.tangent)};
}
template <class S>
S hull_of(const S& a, const S&) {
  return a;  // only balls have several cells that may be the largest
}
// Holds the larger of a and b.
Ball larger(const Ball& a, const Ball& b) { return a + (b - a).nonnegative_part(); }
Dual<Ball> larger(const Dual<Ball>& a, const Dual<Ball>& b) {
  return {larger(a.value, b.value), Ball::hull(a.tangent, b.tangent)};
}
template <class S>
S larger(const S& a, const S&) {
  return a;
}

// The weight of a cell that may or may not be the largest: 0, 1 or, with others, between.
template <class S>
S any_share() {
  if constexpr (std::is_same_v<S, Ball>) return Ball::hull(Ball(0), Ball(1));
  if constexpr (std::is_same_v<S, Dual<Ball>>) return Dual<Ball>::constant(Ball::hull(Ball(0), Ball(1)));
  return S(1);
}

// The largest cell of each window, of equal ones the first, as in PyTorch; padding is never the largest.
// Balls that may be the largest all count: the value is the hull of what it may be, each slope between 0
// and 1.
class MaxPool : public OpImplementation<MaxPool>, public Pool {
 public:
  explicit MaxPool(const io::NodeSpec& node) : Pool(node) {}
  using NoParameters::reverse_parameters_of;

  OpKind kind() const override { return OpKind::other; }
  bool has_cells() const override { return true; }
  bool has_kink() const override { return true; }
  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    return pooled(inputs, weight, bias, where);
  }

  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    Matrix<S> y(element_count(*in.shape), in.inputs[0].cols);
    for_each_window(in, false, [&](std::size_t i, std::size_t unit, const std::vector<std::size_t>& largest) {
      const S* x = in.inputs[0].column(i);
      S& out = y(unit, i);
      out = x[largest[0]];
      for (std::size_t t = 1; t < largest.size(); ++t) out = larger(out, x[largest[t]]);
    });
    return y;
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    Matrix<S> y_dot(y.rows, y.cols);
    if (dot.inputs[0].data == nullptr) return y_dot;
    for_each_window(in, false, [&](std::size_t i, std::size_t unit, const std::vector<std::size_t>& largest) {
      const S* x_dot = dot.inputs[0].column(i);
      S& out = y_dot(unit, i);
      out = x_dot[largest[0]];
      for (std::size_t t = 1; t < largest.size(); ++t) out = hull_of(out, x_dot[largest[t]]);
    });
    return y_dot;
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] == nullptr) return;
    for_each_window(in, false, [&](std::size_t i, std::size_t unit, const std::vector<std::size_t>& largest) {
      S* x_bar = input_bar[0]->column(i);
      if (largest.size() == 1) {
        x_bar[largest[0]] += y_bar(unit, i);
        return;
      }
      for (const std::size_t at : largest) x_bar[at] += any_share<S>() * y_bar(unit, i);
    });
  }

  // Windows with several cells that are, or may be, the largest, unless none of these moves with z.
  template <class S>
  void find_kinks_of(const OpArguments<S>& in, const std::vector<bool>& still,
                     std::vector<UnitKink>& found) const {
    const std::size_t rows = in.inputs[0].rows;
    for_each_window(in, true, [&](std::size_t i, std::size_t unit, const std::vector<std::size_t>& largest) {
      if (largest.size() == 1) return;
      const bool moves = still.empty() || std::any_of(largest.begin(), largest.end(),
                                                      [&](std::size_t at) { return !still[i * rows + at]; });
      if (!moves) return;
      const S* x = in.inputs[0].column(i);
      std::size_t equal = 0;
      for (const std::size_t at : largest) equal += sign_of(S(x[at] - x[largest[0]])) == Sign::zero ? 1 : 0;
      found.push_back({unit, i, equal > 1});
    });
  }

  void append_cells(const OpArguments<double>& in, std::vector<std::size_t>& cells) const override {
    for_each_window(in, false, [&](std::size_t, std::size_t, const std::vector<std::size_t>& largest) {
      cells.push_back(largest[0]);
    });
  }

 private:
  // visit(sample, unit of the result, cells of the input that may be the largest); `ties`: equal ones too.
  template <class S, class Visit>
  void for_each_window(const OpArguments<S>& in, bool ties, Visit visit) const {
    const Shape& images = (*in.input_shapes)[0];
    const Window w = window(images, "");
    const std::size_t from = w.input_plane(), to = w.output_plane();
    std::vector<std::vector<std::size_t>> cells(to);
    w.for_each_cell([&](std::size_t o, std::size_t, std::size_t at) { cells[o].push_back(at); });
    std::vector<std::size_t> largest;
    for_each_plane(in.inputs[0].cols, images, [&](std::size_t i, std::size_t c) {
      for (std::size_t o = 0; o < to; ++o) {
        find_largest(in.inputs[0].column(i), c * from, cells[o], ties, largest);
        visit(i, c * to + o, largest);
      }
    });
  }

  template <class S>
  static void find_largest(const S* x, std::size_t first, const std::vector<std::size_t>& cells, bool ties,
                           std::vector<std::size_t>& largest) {
    using T = std::decay_t<decltype(value_part(*x))>;
    constexpr bool balls = std::is_same_v<T, Ball>;
    std::size_t best = first + cells[0];
    for (const std::size_t cell : cells) {
      if (is_above(value_part(x[first + cell]), value_part(x[best]))) best = first + cell;
    }
    largest.assign(1, best);
    if (!balls && !ties) return;
    for (const std::size_t cell : cells) {
      const std::size_t at = first + cell;
      if (at == best) continue;
      const Sign sign = sign_of(T(value_part(x[at]) - value_part(x[best])));
      if (sign != Sign::negative) largest.push_back(at);
    }
  }

  // Of balls: the one with the larger lower end, so that all that is certainly below `b` is no candidate.
  static bool is_above(const Ball& a, const Ball& b) { return a.lower() > b.lower(); }
  template <class T>
  static bool is_above(const T& a, const T& b) {
    return a > b;
  }
};

}  // namespace

std::unique_ptr<Op> make_pool_op(const io::NodeSpec& node, const io::Tensors&, const std::string&) {
  if (node.op == "avg_pool2d" || node.op == "global_avg_pool2d") return std::make_unique<AveragePool>(node);
  if (node.op == "max_pool2d") return std::make_unique<MaxPool>(node);
  return nullptr;
}

}  // namespace pgb
