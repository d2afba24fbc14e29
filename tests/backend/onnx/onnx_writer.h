// SPDX-License-Identifier: Apache-2.0
//
// Writes tiny ONNX files for tests: just so much of protobuf's wire format and of onnx.proto (IR
// version 8) as that takes.
//
//   OnnxWriter writer("adder");
//   writer.input("a", kOnnxFloat, {1, -1}).input("b", kOnnxFloat, {1, -1});
//   writer.node("Add", {"a", "b"}, {"sum"}).output("sum", kOnnxFloat, {1, -1});
//   std::string bytes = writer.model();
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::test {

inline constexpr int kOnnxFloat = 1;  // TensorProto.DataType
inline constexpr int kOnnxInt64 = 7;

class Protobuf {
 public:
  Protobuf& number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3U);
    varint(value);
    return *this;
  }
  Protobuf& text(int field, std::string_view value) {
    varint((static_cast<std::uint64_t>(field) << 3U) | 2U);
    varint(value.size());
    bytes += value;
    return *this;
  }
  Protobuf& fixed(int field, std::uint32_t value) {
    varint((static_cast<std::uint64_t>(field) << 3U) | 5U);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>((value >> shift) & 0xFFU);
    }
    return *this;
  }
  Protobuf& message(int field, const Protobuf& value) { return text(field, value.bytes); }
  std::string bytes;

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) bytes += static_cast<char>((value & 0x7FU) | 0x80U);
    bytes += static_cast<char>(value);
  }
};

class OnnxWriter {
 public:
  explicit OnnxWriter(std::string_view name) { graph_.text(2, name); }

  /// A dimension of -1 is free; no dimensions: a scalar.
  OnnxWriter& input(std::string_view name, int element, const std::vector<int>& shape) {
    graph_.message(11, value(name, element, shape));
    return *this;
  }
  OnnxWriter& output(std::string_view name, int element, const std::vector<int>& shape) {
    graph_.message(12, value(name, element, shape));
    return *this;
  }
  struct Attribute {
    std::string name;
    std::variant<std::int64_t, std::vector<std::int64_t>, std::vector<float>> value;
  };
  OnnxWriter& node(std::string_view op, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs,
                   const std::vector<Attribute>& attributes = {}) {
    Protobuf node;
    for (const std::string& name : inputs) node.text(1, name);
    for (const std::string& name : outputs) node.text(2, name);
    node.text(4, op);
    for (const Attribute& attribute : attributes) {
      Protobuf written;
      written.text(1, attribute.name);
      std::visit([&written](const auto& value) { write(written, value); }, attribute.value);
      node.message(5, written);
    }
    graph_.message(1, node);
    return *this;
  }
  /// What the node's output is: values that never change.
  OnnxWriter& constant(std::string_view name, const std::vector<std::int64_t>& values) {
    return node("Constant", {}, {std::string(name)}, {{"value_ints", values}});
  }
  OnnxWriter& constant(std::string_view name, const std::vector<float>& values) {
    return node("Constant", {}, {std::string(name)}, {{"value_floats", values}});
  }
  /// A line of the file's metadata.
  OnnxWriter& note(std::string_view key, std::string_view value) {
    Protobuf entry;
    entry.text(1, key).text(2, value);
    notes_.message(14, entry);
    return *this;
  }
  [[nodiscard]] std::string model() const {
    Protobuf opset;
    opset.number(2, 15);
    Protobuf model;
    model.number(1, 8).message(7, graph_).message(8, opset);
    return model.bytes + notes_.bytes;
  }

 private:
  static void write(Protobuf& attribute, std::int64_t value) {
    attribute.number(3, static_cast<std::uint64_t>(value)).number(20, 2);  // INT
  }
  static void write(Protobuf& attribute, const std::vector<std::int64_t>& values) {
    for (const std::int64_t value : values) {
      attribute.number(8, static_cast<std::uint64_t>(value));
    }
    attribute.number(20, 7);  // INTS
  }
  static void write(Protobuf& attribute, const std::vector<float>& values) {
    for (const float value : values) attribute.fixed(7, std::bit_cast<std::uint32_t>(value));
    attribute.number(20, 6);  // FLOATS
  }
  static Protobuf value(std::string_view name, int element, const std::vector<int>& shape) {
    Protobuf dims;
    for (const int dim : shape) {
      Protobuf written;
      if (dim >= 0) {
        written.number(1, static_cast<std::uint64_t>(dim));
      } else {
        written.text(2, "n");
      }
      dims.message(1, written);
    }
    Protobuf tensor;
    tensor.number(1, static_cast<std::uint64_t>(element)).message(2, dims);
    Protobuf type;
    type.message(1, tensor);
    Protobuf info;
    info.text(1, name).message(2, type);
    return info;
  }

  Protobuf graph_;
  Protobuf notes_;
};

}  // namespace parley::test
