// SPDX-License-Identifier: Apache-2.0
#include "backend/phonemizer/phonemizer_protocol.h"

#include <algorithm>
#include <charconv>

namespace parley::backend {
namespace {

constexpr std::size_t kHeadMax = 32;  // "error 262144\n" is far shorter

bool is_voice_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '+';
}

Error not_a_reply() { return {ErrorCode::data_corrupt, "the phonemizer said what is no reply"}; }

}  // namespace

Result<std::string> phonemizer_request(std::string_view text, std::string_view voice) {
  if (text.size() > kPhonemizerTextMax) {
    return Error{ErrorCode::invalid_argument, "text: " + std::to_string(text.size()) +
                                                  " bytes are more than " +
                                                  std::to_string(kPhonemizerTextMax)};
  }
  if (voice.empty() || voice.size() > kPhonemizerVoiceMax ||
      !std::all_of(voice.begin(), voice.end(), is_voice_character)) {
    return Error{ErrorCode::invalid_argument,
                 "voice: '" + std::string(voice) + "' is not the name of an espeak-ng voice"};
  }
  std::string request(voice);
  request.append(" ").append(std::to_string(text.size())).append("\n").append(text);
  return request;
}

Result<std::optional<PhonemizerReply>> parse_phonemizer_reply(std::string_view received) {
  const std::size_t line = received.substr(0, kHeadMax).find('\n');
  if (line == std::string_view::npos) {
    if (received.size() >= kHeadMax) return not_a_reply();
    return std::optional<PhonemizerReply>();
  }
  const std::string_view head = received.substr(0, line);
  const bool is_ok = head.starts_with("ok ");
  if (!is_ok && !head.starts_with("error ")) return not_a_reply();

  const std::string_view digits = head.substr(head.find(' ') + 1);
  std::size_t size = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (code != std::errc() || end != digits.data() + digits.size() || size > kPhonemizerReplyMax) {
    return not_a_reply();
  }
  const std::string_view body = received.substr(line + 1);
  if (body.size() < size) return std::optional<PhonemizerReply>();
  if (body.size() > size) return not_a_reply();  // one request, one reply
  return std::optional<PhonemizerReply>({is_ok, std::string(body)});
}

}  // namespace parley::backend
