// SPDX-License-Identifier: Apache-2.0
//
// What a recogniser elsewhere answers: the body of an HTTP answer, and the messages of a socket,
// one a line, the first byte saying whose. Whatever comes, what is taken of it keeps its own rules.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backend/remote/recogniser_talk.h"
#include "backend/remote/transcription_answer.h"

namespace {

using namespace parley::backend;  // NOLINT: one file, one subject

constexpr auto kLength = parley::media::MediaTime::from_ms(5000);

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const HeardAnswer& answer) {
  std::string words;
  parley::media::MediaTime last;
  for (const parley::media::WordTime& word : answer.words) {
    words += (words.empty() ? "" : " ") + word.text;
    require(word.begin >= last && word.end >= word.begin && word.end <= kLength);
    last = word.begin;
  }
  require(answer.words.empty() || words == answer.text);
  std::string tokens;
  for (const parley::media::TokenScore& token : answer.tokens) {
    require(token.logprob <= 0.0);
    tokens += token.text;
  }
  require(answer.tokens.empty() || tokens == answer.text);
  require(answer.text.find_first_of("\t\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto answer = read_transcription(text, kLength)) {
    check(*answer);
  } else {
    require(!answer.error().message.empty());
  }
  RecogniserTalk talk(data[0] % 2 == 0 ? SocketRecogniser::raw : SocketRecogniser::vosk);
  parley::model::AsrCall call;
  call.audio.assign(9000, 0.5F);
  require(!talk.messages(call).empty());
  bool goes_on = true;
  while (!text.empty() && goes_on) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    goes_on = talk.take(text.substr(0, end)).has_value();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (goes_on && !talk.is_whole()) static_cast<void>(talk.take_close(1000, text).has_value());
  if (talk.is_whole()) check(talk.answer(kLength));
  return 0;
}
