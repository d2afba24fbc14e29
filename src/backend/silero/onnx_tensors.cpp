// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/onnx_tensors.h"

#include <optional>
#include <utility>

namespace parley::backend {
namespace {

constexpr std::size_t kTensorsMax = 4096;
constexpr std::uint64_t kFloat32 = 1;  // TensorProto.DataType

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a varint
  std::string_view bytes;   // of what has a length
};

/// Walks over the fields of one message.
class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : rest_(bytes) {}

  /// False at the end, and at what is no message: `is_broken` tells which.
  bool next(Field& field) {
    if (rest_.empty() || is_broken_) return false;
    const std::optional<std::uint64_t> tag = varint();
    is_broken_ = !tag || !read_value(*tag & 7U, field);
    if (!is_broken_) field.number = *tag >> 3U;
    return !is_broken_;
  }
  [[nodiscard]] bool is_broken() const { return is_broken_; }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80U) return value;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  bool read_value(std::uint64_t wire_type, Field& field) {
    field = {};
    std::optional<std::uint64_t> number;
    switch (wire_type) {
      case 0:
        number = varint();
        field.value = number.value_or(0);
        return number.has_value();
      case 1:
        return take(8, field.bytes);
      case 2:
        number = varint();
        return number && take(*number, field.bytes);
      case 5:
        return take(4, field.bytes);
      default:
        return false;
    }
  }
  bool take(std::uint64_t size, std::string_view& bytes) {
    if (size > rest_.size()) return false;
    bytes = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return true;
  }

  std::string_view rest_;
  bool is_broken_ = false;
};

Error broken(const char* what) {
  return {ErrorCode::data_corrupt, std::string("not an ONNX file, or damaged: ") + what};
}

bool add_dimension(std::uint64_t value, OnnxTensor& tensor) {
  if (tensor.rank == OnnxTensor::kRankMax) return false;
  tensor.dims[tensor.rank++] = static_cast<std::int64_t>(value);
  return true;
}

/// Nothing for a tensor that is not float32 in raw form.
Result<std::optional<OnnxTensor>> read_tensor(std::string_view bytes) {
  OnnxTensor tensor;
  std::uint64_t type = 0;
  MessageReader reader(bytes);
  for (Field field; reader.next(field);) {
    if (field.number == 1 && !field.bytes.empty()) {  // proto3 packs repeated numbers
      for (MessageReader packed(field.bytes); !packed.at_end();) {
        const std::optional<std::uint64_t> value = packed.varint();
        if (!value || !add_dimension(*value, tensor)) return broken("dimensions");
      }
    } else if (field.number == 1) {
      if (!add_dimension(field.value, tensor)) return broken("dimensions");
    } else if (field.number == 2) {
      type = field.value;
    } else if (field.number == 8) {
      tensor.name = field.bytes;
    } else if (field.number == 9) {
      tensor.raw = field.bytes;
    }
  }
  if (reader.is_broken()) return broken("a tensor");
  if (type != kFloat32 || tensor.raw.empty()) return std::optional<OnnxTensor>();
  return std::optional(tensor);
}

}  // namespace

Result<std::vector<OnnxTensor>> read_onnx_tensors(std::string_view bytes) {
  std::string_view graph;
  MessageReader model(bytes);
  for (Field field; model.next(field);) {
    if (field.number == 7) graph = field.bytes;
  }
  if (model.is_broken()) return broken("the file");

  std::vector<OnnxTensor> tensors;
  MessageReader reader(graph);
  for (Field field; reader.next(field);) {
    if (field.number != 5) continue;
    PARLEY_TRY(const std::optional<OnnxTensor> tensor, read_tensor(field.bytes));
    if (!tensor) continue;
    if (tensors.size() == kTensorsMax) return broken("too many tensors");
    tensors.push_back(*tensor);
  }
  if (reader.is_broken()) return broken("the graph");
  return tensors;
}

}  // namespace parley::backend
