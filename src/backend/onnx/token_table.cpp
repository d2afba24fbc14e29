// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/token_table.h"

#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace parley::backend {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581
constexpr std::string_view kReserved = "<<ST_";
constexpr std::int64_t kFirstPlain = 3;

void append_with_spaces(std::string& out, std::string_view piece) {
  for (std::size_t at = piece.find(kSpace); at != std::string_view::npos; at = piece.find(kSpace)) {
    out.append(piece.substr(0, at)).push_back(' ');
    piece.remove_prefix(at + kSpace.size());
  }
  out.append(piece);
}

}  // namespace

Result<TokenTable> TokenTable::load(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{ErrorCode::not_found, file + ": cannot be read"};
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Result<TokenTable> table = parse(std::move(bytes));
  if (!table) return table.error().with_context(file);
  return table;
}

Result<TokenTable> TokenTable::parse(std::string bytes) {
  TokenTable table;
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (at < bytes.size()) {
    std::size_t length = byte(at++);
    if (length >= 128) {
      if (at >= bytes.size()) return Error{ErrorCode::data_corrupt, "the token table is cut off"};
      length = static_cast<std::size_t>(byte(at++)) * 128 + length - 128;
    }
    if (length > bytes.size() - at) {
      return Error{ErrorCode::data_corrupt, "the token table is cut off"};
    }
    table.pieces_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length)});
    at += length;
  }
  if (table.pieces_.size() <= static_cast<std::size_t>(kFirstPlain)) {
    return Error{ErrorCode::data_corrupt, "the token table is empty"};
  }
  table.bytes_ = std::move(bytes);
  return table;
}

std::string_view TokenTable::bytes(std::int64_t id) const noexcept {
  if (id < 0 || static_cast<std::size_t>(id) >= pieces_.size()) return {};
  const Piece& piece = pieces_[static_cast<std::size_t>(id)];
  return {bytes_.data() + piece.offset, piece.length};
}

std::string TokenTable::piece(std::int64_t id) const {
  if (id < kFirstPlain) return {};
  const std::string_view record = bytes(id);
  std::string out;
  if (!record.starts_with(kReserved)) append_with_spaces(out, record);
  return out;
}

std::string TokenTable::text(std::span<const std::int64_t> ids) const {
  std::string out;
  for (const std::int64_t id : ids) out += piece(id);
  const std::size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

}  // namespace parley::backend
