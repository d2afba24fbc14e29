// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a client's frame: they become an event or an error, and what the server would say of
// it is always one JSON object.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "base/base64.h"
#include "protocol/realtime/client_event.h"
#include "protocol/realtime/client_secret.h"
#include "protocol/realtime/server_event.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

void require(bool condition) {
  if (!condition) std::abort();
}

Dialect dialect = Dialect::ga;  // of the run that is going on

void answer(ServerPayload payload) {
  if (!is_shown(payload, dialect)) return;
  const std::string json = to_json(ServerEvent{"event_1", std::move(payload)}, dialect);
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(json, error);
  require(!error && value.is_object());
}

void put_on_a_session(const SessionPatch& patch) {
  SessionConfig config;
  config.type = patch.type;
  if (patch.model) config.model = *patch.model;
  const std::string before = to_json(config);
  if (std::optional<ProtocolError> error = apply(patch, {}, config)) {
    require(to_json(config) == before);
    answer(ErrorOccurred{std::move(*error)});
    return;
  }
  answer(SessionUpdated{std::make_shared<const SessionConfig>(config)});
  // The same again changes nothing.
  const std::string once = to_json(config);
  require(!apply(patch, {}, config));
  require(to_json(config) == once);
}

void serve(ClientEvent event) {
  if (auto* update = std::get_if<SessionUpdate>(&event.payload)) {
    put_on_a_session(*update->session);
  } else if (auto* create = std::get_if<ConversationItemCreate>(&event.payload)) {
    answer(ItemRetrieved{std::move(*create->item)});
  } else if (auto* response = std::get_if<ResponseCreate>(&event.payload)) {
    ResponseObject object;
    object.metadata = std::move(response->response->metadata);
    answer(ResponseCreated{std::move(object)});
  } else if (auto* append = std::get_if<InputAudioBufferAppend>(&event.payload)) {
    answer(OutputAudioDelta{{}, append->audio});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static parley::media::BufferPool buffers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Dialect one : {Dialect::ga, Dialect::beta}) {
    dialect = one;
    ParsedEvent parsed =
        parse_client_event(text, buffers, {.server_plays_out = true, .dialect = one});
    if (auto* error = std::get_if<ProtocolError>(&parsed)) {
      answer(ErrorOccurred{std::move(*error)});
    } else {
      serve(std::move(std::get<ClientEvent>(parsed)));
    }
    const auto secret = parse_client_secret_request(text, one, SessionType::realtime);
    if (const auto* error = std::get_if<ProtocolError>(&secret)) answer(ErrorOccurred{*error});
  }
  return 0;
}
