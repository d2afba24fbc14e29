// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a gRPC message of a client that wants to be listened to, ours or Riva's: an order,
// audio or an error, and what was taken keeps its limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include <google/protobuf/stubs/logging.h>

#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/recognition_proto.h"
#include "protocol/recognition/riva_asr_proto.h"
#include "protocol/recognition/stream_rate.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

// Its complaints about strings would fill the log.
const auto kBefore = google::protobuf::SetLogHandler(nullptr);

void require(bool condition) {
  if (!condition) std::abort();
}

template <typename Result>
bool is_refused(const Result& result) {
  const auto* error = std::get_if<ProtocolError>(&result);
  require(error == nullptr || !error->message.empty());
  return error != nullptr;
}

void require_limits(const RivaListenOrder& order, bool says_itself) {
  require(order.rate == 0 || says_itself || is_stream_rate(order.rate));
  require(order.silence_ms == 0 || (order.silence_ms >= 100 && order.silence_ms <= 10'000));
  require(order.language.size() <= 35 && order.id.size() <= 256);
  require(!hot_words_problem("speech_contexts", order.hot_words));
}

bool says_itself(const RivaListenOrder& order) {
  return order.encoding == RivaEncoding::flac || order.encoding == RivaEncoding::ogg_opus;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto parsed = parse_recognize_stream(bytes); !is_refused(parsed)) {
    if (const auto* order = std::get_if<ListenOrder>(&std::get<ListenMessage>(parsed))) {
      require(is_stream_rate(order->rate) || is_opus_rate(order->rate));
      require(order->silence_ms >= 100 && order->silence_ms <= 10'000);
      require(order->language.size() <= 35);
      require(!hot_words_problem("hot_words", order->hot_words));
    }
  }
  if (const auto parsed = parse_riva_streaming(bytes); !is_refused(parsed)) {
    const auto* order = std::get_if<RivaListenOrder>(&std::get<RivaListenMessage>(parsed));
    if (order != nullptr) require_limits(*order, says_itself(*order));
  }
  if (const auto parsed = parse_riva_recognize(bytes); !is_refused(parsed)) {
    const auto& recording = std::get<RivaRecording>(parsed);
    require(!recording.audio.empty());
    require_limits(recording.order, says_itself(recording.order));
  }
  is_refused(riva_recognition_config(bytes, "model", "en-US"));
  return 0;
}
