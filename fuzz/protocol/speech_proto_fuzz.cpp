// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a gRPC message of a client of the speech service: an order or an error, and what was
// taken keeps its limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include <google/protobuf/stubs/logging.h>

#include "protocol/speech/riva_proto.h"
#include "protocol/speech/speech_proto.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

constexpr std::size_t kCharactersMax = 1000;
// Its complaints about strings would fill the log.
const auto kBefore = google::protobuf::SetLogHandler(nullptr);

void require(bool condition) {
  if (!condition) std::abort();
}

void require_limits(const Speak& speak) {
  require(speak.text.size() <= 4 * kCharactersMax);
  require(speak.voice.size() <= kSocketNameBytesMax);
  require(speak.speed >= 0.25 && speak.speed <= 4.0);
  require(speak.format.rate >= 8'000 && speak.format.rate <= 48'000);
  require(speak.format.kbps == 0 || (speak.format.kbps >= 8 && speak.format.kbps <= 320));
}

template <typename Result>
bool is_refused(const Result& result) {
  const auto* error = std::get_if<ProtocolError>(&result);
  require(error == nullptr || !error->message.empty());
  return error != nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto whole = parse_synthesize(bytes, kCharactersMax); !is_refused(whole)) {
    require(!std::get<Speak>(whole).text.empty());
    require_limits(std::get<Speak>(whole));
  }
  if (const auto piece = parse_synthesize_stream(bytes); !is_refused(piece)) {
    const auto* speak = std::get_if<Speak>(&std::get<StreamMessage>(piece));
    if (speak != nullptr) require_limits(*speak);
  }
  if (const auto order = parse_riva_synthesize(bytes, kCharactersMax); !is_refused(order)) {
    require_limits(std::get<RivaOrder>(order).speak);
  }
  is_refused(riva_config(bytes, {}));
  return 0;
}
