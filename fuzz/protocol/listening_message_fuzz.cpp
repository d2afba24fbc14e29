// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what clients of recognition say: messages of Vosk's, FunASR's and our own protocol,
// the head of a WAV file, of a recording of sherpa-onnx's. What is taken keeps its limits, what is
// not says why, and what is answered to it is JSON.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json.hpp>

#include "protocol/recognition/funasr.h"
#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/raw_socket.h"
#include "protocol/recognition/sherpa.h"
#include "protocol/recognition/stream_rate.h"
#include "protocol/recognition/vosk.h"
#include "protocol/recognition/wav_head.h"

namespace {

using namespace parley;            // NOLINT: one file, one subject
using namespace parley::protocol;  // NOLINT

void require(bool condition) {
  if (!condition) std::abort();
}

void require_object(std::string_view text) {
  boost::json::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  require(!error && value.is_object());
}

void check_funasr(std::string_view text) {
  const auto parsed = parse_funasr_message(text);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    require(!error->message.empty());
    require_object(funasr_error(text, error->message));
    return;
  }
  const auto& message = std::get<FunasrMessage>(parsed);
  require(!message.rate || is_stream_rate(*message.rate));
  require(!message.chunk_ms || *message.chunk_ms > 0);
  const std::string name = message.wav_name.value_or("");
  const std::vector<media::WordTime> words{{name, {}, {}}, {std::string(text), {}, {}}};
  require_object(to_json({.mode = message.mode.value_or(FunasrMode::two_pass),
                          .text = text,
                          .wav_name = name,
                          .words = &words}));
  require_object(funasr_acknowledgement(name));
}

void check_vosk(std::string_view text) {
  const auto parsed = parse_vosk_message(text);
  const auto* message = std::get_if<VoskMessage>(&parsed);
  const auto* config = message == nullptr ? nullptr : std::get_if<VoskConfig>(message);
  if (config == nullptr) return;
  require(!config->rate || is_stream_rate(*config->rate));
  require(!config->hot_words || !hot_words_problem("phrase_list", *config->hot_words));
}

void check_binary(std::span<const std::byte> bytes, std::string_view text) {
  const auto wav = read_wav_head(bytes);
  if (const auto* head = std::get_if<WavHead>(&wav)) {
    require(is_stream_rate(head->rate) && head->bytes <= bytes.size() && head->bytes >= 36);
    require(head->sample_bytes > 0);
  }
  const auto recording = parse_sherpa_head(bytes);
  if (const auto* head = std::get_if<SherpaHead>(&recording)) {
    require(is_stream_rate(head->rate) && head->bytes % sizeof(float) == 0);
    require(head->bytes / sizeof(float) / static_cast<std::size_t>(head->rate) <=
            std::size_t{kSherpaRecordingSecondsMax});
  }
  const std::vector<media::WordTime> words{{std::string(text), {}, {}}};
  require_object(
      sherpa_recording_json(text, {.language = text, .emotion = text, .event = text}, words));
  require_object(to_json(SherpaSegment{.text = text, .words = &words}));
  require_object(vosk_result(text, &words, 1.0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_funasr(text);
  check_binary(std::as_bytes(std::span(data, size)), text);
  check_vosk(text);
  (void)parse_listen_message(text);
  const auto words = parse_hot_words("hot_words", text);
  if (const auto* taken = std::get_if<std::vector<std::string>>(&words)) {
    require(!hot_words_problem("hot_words", *taken));
  }
  return 0;
}
