// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/token_index.h"

#include <algorithm>

namespace parley::backend {

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool is_word_byte(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || static_cast<unsigned char>(byte) >= 0x80U;
}

TokenIndex::TokenIndex(std::size_t count, const std::function<std::string(std::int64_t)>& piece) {
  continues_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<std::int64_t>(i);
    const std::string text = lower_ascii(piece(id));
    if (text.empty()) continue;
    continues_[i] = is_word_byte(text.front());
    bytes_max_ = std::max(bytes_max_, text.size());
    ids_[text].push_back(id);
  }
}

std::span<const std::int64_t> TokenIndex::find(std::string_view text) const {
  const auto found = ids_.find(text);
  if (found == ids_.end()) return {};
  return found->second;
}

}  // namespace parley::backend
