// SPDX-License-Identifier: Apache-2.0
//
// Moonshine's tokenizer.bin: the bytes that each token id stands for.
//
// A record per id, without header or padding: a length, then that many bytes. Length 0: the id is
// unused; below 128: one byte; from 128 on: two bytes, `high * 128 + low - 128` with the low one
// first. Ids 0 to 2 are <unk>, <s> and </s>; 3 to 258 are the single bytes; `▁` (U+2581) in a piece
// is a space; pieces that begin with `<<ST_` are reserved and say nothing.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::backend {

class TokenTable {
 public:
  static constexpr std::int64_t kBegin = 1;
  static constexpr std::int64_t kEnd = 2;

  /// not_found, or data_corrupt when the last record is cut off.
  static Result<TokenTable> load(const std::string& file);
  static Result<TokenTable> parse(std::string bytes);

  [[nodiscard]] std::size_t size() const noexcept { return pieces_.size(); }
  /// The record of one id as it is in the file; empty for ids that are not there.
  [[nodiscard]] std::string_view bytes(std::int64_t id) const noexcept;
  /// What one id adds to a text, a space before it included; empty for unknown and special ids.
  [[nodiscard]] std::string piece(std::int64_t id) const;
  /// The text of `ids`, without spaces at its ends; unknown and special ids say nothing.
  [[nodiscard]] std::string text(std::span<const std::int64_t> ids) const;

 private:
  struct Piece {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };
  std::string bytes_;
  std::vector<Piece> pieces_;
};

}  // namespace parley::backend
