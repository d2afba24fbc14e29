// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/data_url.h"

#include <cstddef>
#include <span>

#include "base/base64.h"
#include "protocol/header_value.h"

namespace parley::protocol {

std::optional<std::string> data_of_url(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kEncoding = ";base64";
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string head = lower_case(url.substr(0, comma));
  if (!head.starts_with(kScheme) || !head.ends_with(kEncoding)) return std::nullopt;
  const std::string_view text = url.substr(comma + 1);
  const std::optional<std::size_t> size = base64_decoded_size(text);
  if (!size) return std::nullopt;
  std::string bytes(*size, '\0');
  if (!base64_decode(text, std::as_writable_bytes(std::span(bytes)))) return std::nullopt;
  return bytes;
}

}  // namespace parley::protocol
