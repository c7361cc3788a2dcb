// Windows that slide over the rows and columns of [channels, height, width]: convolution and pooling.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "pgb/model/op.h"

namespace pgb {

// One axis: window o begins at o * stride - before; its cell k is at the begin plus k * dilation.
struct WindowAxis {
  std::size_t size = 0;  // of the input
  std::size_t kernel = 1, stride = 1, before = 0, after = 0, dilation = 1;
  std::size_t count = 0;  // windows

  // Whether cell k of window o lies in the input, and where.
  bool source(std::size_t o, std::size_t k, std::size_t& at) const {
    const std::size_t shifted = o * stride + k * dilation;
    at = shifted - before;
    return shifted >= before && at < size;
  }
  // Cells of window o in the input, and in the input with its padding.
  std::size_t cells(std::size_t o) const;
  std::size_t padded_cells(std::size_t o) const;
};

struct Window {
  std::array<WindowAxis, 2> axes;  // height, width

  std::size_t input_plane() const { return axes[0].size * axes[1].size; }
  std::size_t output_plane() const { return axes[0].count * axes[1].count; }
  std::size_t kernel_plane() const { return axes[0].kernel * axes[1].kernel; }

  // Calls visit(output position, kernel position, input position) for every cell in the input, window by
  // window, each row-major.
  template <class Visit>
  void for_each_cell(Visit visit) const {
    std::size_t row = 0, column = 0;
    for (std::size_t i = 0; i < axes[0].count; ++i) {
      for (std::size_t j = 0; j < axes[1].count; ++j) {
        for (std::size_t p = 0; p < axes[0].kernel; ++p) {
          if (!axes[0].source(i, p, row)) continue;
          for (std::size_t q = 0; q < axes[1].kernel; ++q) {
            if (!axes[1].source(j, q, column)) continue;
            visit(i * axes[1].count + j, p * axes[1].kernel + q, row * axes[1].size + column);
          }
        }
      }
    }
  }
};

// The attributes of a node: stride, padding [height, width] or [top, left, bottom, right], dilation,
// ceil_mode (windows that begin in the input or before it but end beyond the padding count too).
struct WindowAttributes {
  std::array<std::size_t, 2> stride, dilation{1, 1};
  std::array<std::size_t, 4> padding{0, 0, 0, 0};
  bool ceil_mode = false;

  WindowAttributes(const io::NodeSpec& node, const std::array<std::size_t, 2>& default_stride);

  // Over images [channels, height, width]. Throws InputError for another shape, where no window fits, and
  // where the result would have more than 2^24 features or the windows more than 2^28 cells.
  Window over(const Shape& images, const std::array<std::size_t, 2>& kernel, const std::string& where) const;
};

// The attribute `name` of a node as two numbers, or what is given otherwise.
std::array<std::size_t, 2> pair_attribute(const io::NodeSpec& node, const std::string& name,
                                          const std::array<std::size_t, 2>& otherwise);
bool flag_attribute(const io::NodeSpec& node, const std::string& name, bool otherwise);

}  // namespace pgb
