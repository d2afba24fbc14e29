// SPDX-License-Identifier: Apache-2.0
//
// What labels are called: a text file of lines `symbol number`, as OpenFst, Kaldi, k2 and
// sherpa-onnx write them. And how symbols become text: pieces are joined, with a blank for each
// U+2581 (SentencePiece's word mark); words get a blank in between.
//
// The bytes come from outside: what cannot be read is an Error that names file and line.
//
// Threads: immutable. Allocates: in `read` and `parse`; `append` what the text lacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::operators {

enum class SymbolKind : std::uint8_t { pieces, words };

class Symbols {
 public:
  static constexpr std::size_t kCountMax = 10'000'000;
  static constexpr std::size_t kBytesMax = std::size_t{512} << 20U;  // of the file
  static constexpr std::size_t kLineMax = 1'024;                     // bytes

  /// Errors: not_found, resource_exhausted, and those of `parse`.
  static Result<Symbols> read(const std::filesystem::path& file);
  /// `name` stands for the file in messages. Errors: data_corrupt.
  static Result<Symbols> parse(std::string_view text, std::string_view name);

  /// One more than the largest number.
  [[nodiscard]] std::size_t count() const noexcept {
    return begins_.empty() ? 0 : begins_.size() - 1;
  }
  /// Empty for a number that has none.
  [[nodiscard]] std::string_view of(std::int32_t label) const noexcept;
  /// Appends the text of `labels`; what stands in angle brackets with a meaning of its own, such as
  /// <s>, <unk> or <blk>, is left out, and so are numbers without a symbol.
  void append(std::span<const std::int32_t> labels, SymbolKind kind, std::string& text) const;

 private:
  std::string letters_;
  std::vector<std::uint32_t> begins_;  // of each symbol in letters_, and the end
};

}  // namespace parley::operators
