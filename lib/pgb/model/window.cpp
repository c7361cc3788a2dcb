#include "pgb/model/window.h"

#include <algorithm>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"

namespace pgb {
namespace {

constexpr std::size_t kLongestSide = std::size_t{1} << 20, kMostFeatures = std::size_t{1} << 24,
                      kMostCells = std::size_t{1} << 28;

std::size_t quotient_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Cells k < axis.kernel of window o with first <= o * stride + k * dilation < last.
std::size_t cells_between(const WindowAxis& axis, std::size_t o, std::size_t first, std::size_t last) {
  const std::size_t begin = o * axis.stride;
  const std::size_t from = begin < first ? quotient_up(first - begin, axis.dilation) : 0;
  const std::size_t to = begin < last ? std::min(axis.kernel, quotient_up(last - begin, axis.dilation)) : 0;
  return to > from ? to - from : 0;
}

std::size_t all_cells(const WindowAxis& axis) {
  std::size_t sum = 0;
  for (std::size_t o = 0; o < axis.count; ++o) sum += axis.cells(o);
  return sum;
}

}  // namespace

std::size_t WindowAxis::cells(std::size_t o) const { return cells_between(*this, o, before, before + size); }

std::size_t WindowAxis::padded_cells(std::size_t o) const {
  return cells_between(*this, o, 0, before + size + after);
}

std::array<std::size_t, 2> pair_attribute(const io::NodeSpec& node, const std::string& name,
                                          const std::array<std::size_t, 2>& otherwise) {
  const auto found = node.sizes.find(name);
  if (found == node.sizes.end()) return otherwise;
  return {found->second.front(), found->second.back()};
}

bool flag_attribute(const io::NodeSpec& node, const std::string& name, bool otherwise) {
  const auto found = node.sizes.find(name);
  return found == node.sizes.end() ? otherwise : found->second.front() != 0;
}

WindowAttributes::WindowAttributes(const io::NodeSpec& node, const std::array<std::size_t, 2>& default_stride)
    : stride(pair_attribute(node, "stride", default_stride)),
      dilation(pair_attribute(node, "dilation", {1, 1})),
      ceil_mode(flag_attribute(node, "ceil_mode", false)) {
  const auto found = node.sizes.find("padding");
  if (found == node.sizes.end()) return;
  const std::vector<std::size_t>& sides = found->second;
  padding = sides.size() == 4 ? std::array<std::size_t, 4>{sides[0], sides[1], sides[2], sides[3]}
                              : std::array<std::size_t, 4>{sides[0], sides.back(), sides[0], sides.back()};
}

Window WindowAttributes::over(const Shape& images, const std::array<std::size_t, 2>& kernel,
                              const std::string& where) const {
  if (images.size() != 3) {
    throw InputError(where + ": takes images [channels, height, width], found " + io::shape_text(images) +
                     (images.size() == 1 ? "; put a reshape before it" : ""));
  }
  Window window;
  for (std::size_t d = 0; d < 2; ++d) {
    WindowAxis& axis = window.axes[d];
    axis = {images[d + 1], kernel[d], stride[d], padding[d], padding[d + 2], dilation[d], 0};
    // Every number is below 2^31, so that nothing wraps around.
    const std::size_t span = axis.dilation * (axis.kernel - 1) + 1,
                      padded = axis.before + axis.size + axis.after;
    if (padded > kLongestSide || images[d + 1] == 0) {
      throw InputError(where + ": expected images of 1 to 2^20 cells a side, padding included, found " +
                       std::to_string(padded));
    }
    if (span > padded) {
      throw InputError(where + ": expected a kernel of at most " + std::to_string(padded) +
                       " cells a side here, found " + std::to_string(span));
    }
    axis.count = (padded - span) / axis.stride + 1;
    const bool more =
        ceil_mode && (padded - span) % axis.stride != 0 && axis.count * axis.stride < axis.before + axis.size;
    if (more) ++axis.count;
  }
  const std::size_t windows = window.output_plane();  // at most 2^40
  if (windows > kMostFeatures / std::max<std::size_t>(1, images[0]))
    throw InputError(where + ": a result of more than 2^24 features");
  if (all_cells(window.axes[0]) > kMostCells / std::max<std::size_t>(1, all_cells(window.axes[1])))
    throw InputError(where + ": windows of more than 2^28 cells in all");
  return window;
}

}  // namespace pgb
