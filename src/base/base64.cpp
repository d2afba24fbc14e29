// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/check.h"

namespace parley {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kInvalid = 0x0100'0000;  // above the 24 bits of a group

using Table = std::array<std::uint32_t, 256>;

/// One table per place in a group of four, with the six bits already shifted there: a group costs
/// four loads, three ors and one comparison.
constexpr std::array<Table, 4> make_decode_tables() {
  std::array<Table, 4> tables{};
  for (Table& table : tables) table.fill(kInvalid);
  for (std::uint32_t value = 0; value < 64; ++value) {
    const auto symbol = static_cast<unsigned char>(kAlphabet[value]);
    for (std::size_t place = 0; place < 4; ++place) {
      tables[place][symbol] = value << (6U * (3U - static_cast<std::uint32_t>(place)));
    }
  }
  return tables;
}

/// Two symbols for each value of 12 bits.
constexpr std::array<std::array<char, 2>, 4096> make_encode_table() {
  std::array<std::array<char, 2>, 4096> table{};
  for (std::size_t value = 0; value < table.size(); ++value) {
    table[value] = {kAlphabet[value >> 6U], kAlphabet[value & 63U]};
  }
  return table;
}

constexpr std::array<Table, 4> kDecode = make_decode_tables();
constexpr std::array<std::array<char, 2>, 4096> kEncode = make_encode_table();

constexpr std::uint32_t group_at(const unsigned char* in) noexcept {
  return kDecode[0][in[0]] | kDecode[1][in[1]] | kDecode[2][in[2]] | kDecode[3][in[3]];
}

constexpr std::byte octet(std::uint32_t bits, unsigned shift) noexcept {
  return static_cast<std::byte>((bits >> shift) & 0xFFU);
}

std::size_t padding_of(std::string_view text) noexcept {
  if (text.empty() || text.back() != '=') return 0;
  return text[text.size() - 2] == '=' ? 2 : 1;
}

/// The last group, with one or two '='; the bits that no byte uses must be zero (RFC 4648 §3.5).
bool decode_padded(const unsigned char* in, std::size_t padding, std::byte* out) noexcept {
  std::uint32_t bits = kDecode[0][in[0]] | kDecode[1][in[1]];
  if (padding == 1) bits |= kDecode[2][in[2]];
  const std::uint32_t unused = padding == 1 ? 0xFFU : 0xFFFFU;
  if ((bits & (kInvalid | unused)) != 0) return false;
  out[0] = octet(bits, 16);
  if (padding == 1) out[1] = octet(bits, 8);
  return true;
}

}  // namespace

std::optional<std::size_t> base64_decoded_size(std::string_view text) noexcept {
  if (text.size() % 4 != 0) return std::nullopt;
  return text.size() / 4 * 3 - padding_of(text);
}

bool base64_decode(std::string_view text, std::span<std::byte> out) noexcept {
  PARLEY_CHECK(base64_decoded_size(text) == out.size());
  const std::size_t padding = padding_of(text);
  const std::size_t whole = text.size() / 4 - (padding == 0 ? 0 : 1);
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  std::byte* to = out.data();
  std::uint32_t seen = 0;  // judged once, after the loop
  for (std::size_t group = 0; group < whole; ++group, in += 4, to += 3) {
    const std::uint32_t bits = group_at(in);
    seen |= bits;
    to[0] = octet(bits, 16);
    to[1] = octet(bits, 8);
    to[2] = octet(bits, 0);
  }
  if ((seen & kInvalid) != 0) return false;
  return padding == 0 || decode_padded(in, padding, to);
}

void base64_append(std::string& out, std::span<const std::byte> bytes) {
  const std::size_t start = out.size();
  out.resize(start + base64_encoded_size(bytes.size()));
  char* to = out.data() + start;
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3, to += 4) {
    const std::uint32_t bits = at(i) << 16U | at(i + 1) << 8U | at(i + 2);
    const std::array<char, 2>& high = kEncode[bits >> 12U];
    const std::array<char, 2>& low = kEncode[bits & 0xFFFU];
    to[0] = high[0];
    to[1] = high[1];
    to[2] = low[0];
    to[3] = low[1];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return;
  const std::uint32_t bits = at(i) << 16U | (left == 2 ? at(i + 1) << 8U : 0U);
  to[0] = kAlphabet[bits >> 18U];
  to[1] = kAlphabet[(bits >> 12U) & 63U];
  to[2] = left == 2 ? kAlphabet[(bits >> 6U) & 63U] : '=';
  to[3] = '=';
}

std::string base64url(std::string_view bytes) {
  std::string out;
  base64_append(out, std::as_bytes(std::span(bytes)));
  while (out.ends_with('=')) out.pop_back();
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  // One symbol alone is no byte: three '=' are padding of no group.
  if (padded.size() % 4 == 1) return std::nullopt;
  padded.append((4 - padded.size() % 4) % 4, '=');
  const std::optional<std::size_t> size = base64_decoded_size(padded);
  if (!size) return std::nullopt;
  std::string out(*size, '\0');
  if (!base64_decode(padded, std::as_writable_bytes(std::span(out)))) return std::nullopt;
  return out;
}

}  // namespace parley
