// SPDX-License-Identifier: Apache-2.0
#include "operators/inference/tensor_binding.h"

#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace parley::operators {

using media::ElementType;
using media::TensorShape;

namespace {

Error bad(std::string_view text, std::string_view wanted) {
  return {ErrorCode::invalid_argument, "'" + std::string(text) + "': give " + std::string(wanted)};
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

constexpr std::array<std::pair<std::string_view, ElementType>, 6> kElements{
    {{"float32", ElementType::float32},
     {"float16", ElementType::float16},
     {"int8", ElementType::int8},
     {"uint8", ElementType::uint8},
     {"int32", ElementType::int32},
     {"int64", ElementType::int64}}};

}  // namespace

Result<TensorShape> read_shape(std::string_view text) {
  constexpr std::string_view kWanted = "a shape such as 1x?x80, or scalar";
  if (text == "scalar") return TensorShape{};
  const std::vector<std::string_view> parts = split(text, 'x');
  if (parts.size() > TensorShape::kRankMax) return bad(text, "at most 6 dimensions");
  std::vector<std::int64_t> dims;
  std::int64_t elements = 1;
  for (const std::string_view part : parts) {
    if (part == "?") {
      dims.push_back(TensorShape::kAny);
      continue;
    }
    const auto dim = number_of<std::int64_t>(part);
    if (!dim || *dim < 1 || *dim > kTensorElementsMax) return bad(text, kWanted);
    elements *= *dim;
    if (elements > kTensorElementsMax) return bad(text, "at most 64 Mi elements");
    dims.push_back(*dim);
  }
  return TensorShape(std::span<const std::int64_t>(dims));
}

Result<TensorInput> read_input(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (text.empty() || colon == 0) return bad(text, "name, or name:shape");
  TensorInput input{std::string(text.substr(0, colon)), std::nullopt};
  if (colon != std::string_view::npos) {
    PARLEY_TRY(input.shape, read_shape(text.substr(colon + 1)));
  }
  return input;
}

Result<TensorState> read_state(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty() || parts[1].empty()) {
    return bad(text, "input:output, or input:output:shape");
  }
  TensorState state{std::string(parts[0]), std::string(parts[1]), std::nullopt};
  if (parts.size() == 3) {
    PARLEY_TRY(state.shape, read_shape(parts[2]));
    for (const std::int64_t dim : state.shape->dims()) {
      if (dim == TensorShape::kAny) return bad(text, "a shape without '?' for a state");
    }
  }
  return state;
}

Result<TensorConstant> read_constant(std::string_view text) {
  constexpr std::string_view kWanted = "name:type:value, such as sr:int64:16000";
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() != 3 || parts[0].empty()) return bad(text, kWanted);
  const auto value = number_of<double>(parts[2]);
  for (const auto& [name, element] : kElements) {
    if (name == parts[1] && value) return TensorConstant{std::string(parts[0]), element, *value};
  }
  return bad(text, kWanted);
}

std::string shape_text(const TensorShape& shape) {
  std::string text = "[";
  for (const std::int64_t dim : shape.dims()) {
    if (text.size() > 1) text += ", ";
    text += dim == TensorShape::kAny ? std::string("?") : std::to_string(dim);
  }
  return text + "]";
}

Result<TensorShape> reshaped(const TensorShape& wanted, std::size_t elements) {
  std::array<std::int64_t, TensorShape::kRankMax> dims{};
  std::size_t known = 1;
  std::optional<std::size_t> open;
  const auto from = wanted.dims();
  bool fits = true;
  for (std::size_t i = 0; i < from.size(); ++i) {
    dims[i] = from[i];
    if (from[i] == TensorShape::kAny) {
      fits = fits && !open;
      open = i;
    } else {
      known *= static_cast<std::size_t>(from[i]);
    }
  }
  if (open && known > 0) dims[*open] = static_cast<std::int64_t>(elements / known);
  fits = fits && known > 0 && (open ? elements % known == 0 : elements == known);
  if (!fits) {
    return Error{
        ErrorCode::invalid_argument,
        std::to_string(elements) + " elements do not make a tensor of " + shape_text(wanted)};
  }
  return TensorShape(std::span<const std::int64_t>(dims).first(from.size()));
}

}  // namespace parley::operators
