// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/symbols.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

namespace parley::operators {
namespace {

constexpr std::string_view kWordMark = "\xE2\x96\x81";  // U+2581
constexpr std::array<std::string_view, 8> kSilent{"<eps>", "<blk>", "<blank>", "<s>",
                                                  "</s>",  "<unk>", "<sos>",   "<sos/eos>"};
// Numbers may come in any order; how far the largest may be beyond the count of lines.
constexpr std::size_t kHolesMax = 100'000;

Error failure(std::string_view name, std::size_t line, const std::string& why) {
  return {ErrorCode::data_corrupt, std::string(name) + ":" + std::to_string(line) + ": " + why};
}

}  // namespace

std::string_view Symbols::of(std::int32_t label) const noexcept {
  const auto index = static_cast<std::size_t>(label);
  if (label < 0 || index >= count()) return {};
  return std::string_view(letters_).substr(begins_[index], begins_[index + 1] - begins_[index]);
}

void Symbols::append(std::span<const std::int32_t> labels, SymbolKind kind,
                     std::string& text) const {
  for (const std::int32_t label : labels) {
    std::string_view symbol = of(label);
    if (symbol.empty()) continue;
    if (std::find(kSilent.begin(), kSilent.end(), symbol) != kSilent.end()) continue;
    if (kind == SymbolKind::words) {
      if (!text.empty()) text += ' ';
      text += symbol;
      continue;
    }
    for (std::size_t mark = symbol.find(kWordMark); mark != std::string_view::npos;
         mark = symbol.find(kWordMark)) {
      text += symbol.substr(0, mark);
      if (!text.empty()) text += ' ';
      symbol.remove_prefix(mark + kWordMark.size());
    }
    text += symbol;
  }
}

Result<Symbols> Symbols::parse(std::string_view text, std::string_view name) {
  struct Line {
    std::size_t number;
    std::string_view symbol;
  };
  std::vector<Line> lines;
  std::size_t largest = 0;
  std::size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
      line.remove_suffix(1);
    }
    if (line.empty()) continue;
    if (line.size() > kLineMax) return failure(name, line_number, "a line of more than 1024 bytes");
    const std::size_t blank = line.find_last_of(" \t");
    std::size_t number = 0;
    const std::string_view digits = line.substr(blank == std::string_view::npos ? 0 : blank + 1);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (blank == std::string_view::npos || error != std::errc() ||
        stop != digits.data() + digits.size()) {
      return failure(name, line_number, "not 'symbol number'");
    }
    std::string_view symbol = line.substr(0, blank);
    while (!symbol.empty() && (symbol.back() == ' ' || symbol.back() == '\t')) {
      symbol.remove_suffix(1);
    }
    if (lines.size() >= kCountMax || number >= kCountMax) {
      return failure(name, line_number, "more than 10 million symbols");
    }
    largest = std::max(largest, number);
    lines.push_back({number, symbol});
  }
  if (lines.empty()) return failure(name, line_number, "there are no symbols");
  if (largest >= lines.size() + kHolesMax) {
    return failure(name, line_number,
                   "the number " + std::to_string(largest) + " among " +
                       std::to_string(lines.size()) + " symbols");
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return a.number < b.number; });
  Symbols symbols;
  symbols.begins_.reserve(largest + 2);
  for (const Line& line : lines) {
    if (line.number < symbols.begins_.size()) {
      return failure(name, line_number, "the number " + std::to_string(line.number) + " twice");
    }
    symbols.begins_.resize(line.number + 1, static_cast<std::uint32_t>(symbols.letters_.size()));
    symbols.letters_ += line.symbol;
  }
  symbols.begins_.push_back(static_cast<std::uint32_t>(symbols.letters_.size()));
  return symbols;
}

Result<Symbols> Symbols::read(const std::filesystem::path& file) {
  struct Close {
    void operator()(std::FILE* open) const noexcept { std::fclose(open); }
  };
  const std::unique_ptr<std::FILE, Close> open(std::fopen(file.c_str(), "rb"));
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (open == nullptr || error) {
    return Error{ErrorCode::not_found,
                 file.string() + ": there is no such file, or it may not be read"};
  }
  if (size > kBytesMax) {
    return Error{ErrorCode::resource_exhausted,
                 file.string() + ": larger than " + std::to_string(kBytesMax >> 20U) + " MiB"};
  }
  std::string text(size, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), open.get()));
  return parse(text, file.string());
}

}  // namespace parley::operators
