// SPDX-License-Identifier: Apache-2.0
#include "graph/port_format.h"

#include <array>
#include <cstdint>

namespace parley::graph {
namespace {

using media::TensorShape;

bool number_fits(std::int64_t given, std::int64_t wanted, std::int64_t any) {
  return given == any || wanted == any || given == wanted;
}

bool shape_fits(const TensorShape& given, const TensorShape& wanted) {
  if (given.rank() == 0 || wanted.rank() == 0) return true;
  if (given.rank() != wanted.rank()) return false;
  for (std::size_t i = 0; i < given.rank(); ++i) {
    if (!number_fits(given.dims()[i], wanted.dims()[i], TensorShape::kAny)) return false;
  }
  return true;
}

TensorShape merged_shape(const TensorShape& first, const TensorShape& second) {
  if (first.rank() == 0) return second;
  if (second.rank() != first.rank()) return first;
  std::array<std::int64_t, TensorShape::kRankMax> dims{};
  for (std::size_t i = 0; i < first.rank(); ++i) {
    const std::int64_t dim = first.dims()[i];
    dims[i] = dim == TensorShape::kAny ? second.dims()[i] : dim;
  }
  return TensorShape(std::span(dims).first(first.rank()));
}

std::string shape_text(const TensorShape& shape) {
  std::string text;
  for (const std::int64_t dim : shape.dims()) {
    if (!text.empty()) text += ", ";
    text += dim == TensorShape::kAny ? "any" : std::to_string(dim);
  }
  return "[" + text + "]";
}

}  // namespace

bool fits(const PortFormat& given, const PortFormat& wanted) {
  return number_fits(given.rate_hz, wanted.rate_hz, 0) &&
         number_fits(given.channels, wanted.channels, 0) && shape_fits(given.shape, wanted.shape);
}

PortFormat merged(const PortFormat& first, const PortFormat& second) {
  return {.rate_hz = first.rate_hz != 0 ? first.rate_hz : second.rate_hz,
          .channels = first.channels != 0 ? first.channels : second.channels,
          .shape = merged_shape(first.shape, second.shape)};
}

std::string format_text(const PortFormat& format) {
  std::string text;
  if (format.rate_hz != 0) text += " at " + std::to_string(format.rate_hz) + " Hz";
  if (format.channels != 0) {
    text += text.empty() ? " with " : ", ";
    text += std::to_string(format.channels) + (format.channels == 1 ? " channel" : " channels");
  }
  if (format.shape.rank() != 0) text += " of shape " + shape_text(format.shape);
  return text;
}

std::string advice_text(const PortFormat& given, const PortFormat& wanted) {
  if (!number_fits(given.rate_hz, wanted.rate_hz, 0)) {
    return "insert a resample operator: {operator: resample, options: {rate_hz: " +
           std::to_string(wanted.rate_hz) + "}}";
  }
  if (!number_fits(given.channels, wanted.channels, 0)) {
    return "insert an operator that makes " + std::to_string(wanted.channels) +
           (wanted.channels == 1 ? " channel of it" : " channels of it");
  }
  return "insert an operator that gives the shape " + shape_text(wanted.shape);
}

}  // namespace parley::graph
