// SPDX-License-Identifier: Apache-2.0
//
// What is said to a recogniser behind a WebSocket, and what its messages mean: an utterance goes
// there whole, as fast as it is read, and all the words that come until the end are the answer.
//
//   raw   /v1/asr/stream?…   audio, {"type":"end"}  ←  {"type":"final",…} …, {"type":"done"}
//   vosk  {"config":{…}}, audio, {"eof" : 1}        ←  an answer to each piece; the last to the end
//
// Threads: one owner. No socket in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/remote/heard_answer.h"
#include "base/result.h"
#include "model/asr_model.h"

namespace parley::backend {

enum class SocketRecogniser : std::uint8_t { raw, vosk };

/// Of hot words in an address: what most servers take for a request line.
inline constexpr std::size_t kHotWordsQueryBytesMax = 4096;

struct SocketMessage {
  std::string bytes;
  bool is_text = false;
};

class RecogniserTalk {
 public:
  explicit RecogniserTalk(SocketRecogniser kind) : kind_(kind) {}

  /// `path` with what the recogniser wants to know of the call there.
  [[nodiscard]] std::string address(std::string_view path, const model::AsrCall& call) const;
  /// All that is to be sent, in order.
  [[nodiscard]] std::vector<SocketMessage> messages(const model::AsrCall& call);
  /// A message that has come. Errors: what the recogniser says is wrong, data_corrupt.
  Status take(std::string_view message);
  /// The recogniser has closed the socket as it should: for some that is the end.
  Status take_close(std::uint16_t code, std::string_view reason);
  /// Everything has been heard.
  [[nodiscard]] bool is_whole() const noexcept { return is_whole_; }
  /// Something of the answer has come.
  [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
  /// REQUIRES: is_whole(). `length`: of the audio.
  [[nodiscard]] HeardAnswer answer(media::MediaTime length);

 private:
  struct Message;
  Status read(std::string_view message);
  Status take_raw(const Message& message);
  Status take_vosk(const Message& message);
  void append(std::string_view text);

  const SocketRecogniser kind_;
  HeardAnswer answer_;
  std::size_t answers_due_ = 0;   // vosk: one to each piece, and one to the end
  double logprob_sum_ = 0.0;      // of the finals that tell how sure they are,
  std::size_t scored_bytes_ = 0;  // by their length
  bool has_words_ = true;         // each final had them
  bool has_begun_ = false;
  bool is_whole_ = false;
};

}  // namespace parley::backend
