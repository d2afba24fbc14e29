// SPDX-License-Identifier: Apache-2.0
//
// What a language model's endpoint sends: the bytes of a stream of events, cut at places that the
// first byte chooses. Whatever comes, the deltas are whole UTF-8.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backend/remote/chat_stream.h"
#include "backend/remote/sse_parser.h"

namespace {

bool is_whole_utf8(const std::string& text) {
  parley::backend::Utf8Assembler characters;
  std::string out;
  characters.push(text, out);
  characters.finish(out);
  return out == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = std::size_t{data[0]} + 1;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  std::string text;
  parley::backend::ChatStream stream(
      [&](parley::model::LlmDelta::Kind kind, const std::string& delta) {
        if (kind == parley::model::LlmDelta::Kind::text) text += delta;
      });
  parley::backend::SseParser events;
  bool goes_on = true;
  const auto take = [&](std::string_view event) {
    goes_on = goes_on && stream.take(event).has_value();
  };
  while (!bytes.empty() && goes_on) {
    goes_on = events.push(bytes.substr(0, piece), take).has_value() && goes_on;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  events.finish(take);
  static_cast<void>(stream.finish().has_value());
  static_cast<void>(stream.finish_reason());
  if (!is_whole_utf8(text)) std::abort();
  const std::string error =
      parley::backend::error_text(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!is_whole_utf8(error)) std::abort();
  return 0;
}
