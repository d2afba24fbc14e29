// SPDX-License-Identifier: Apache-2.0
//
// What each client event does: checks what only the session knows, then tells the agent. Answers
// that the agent does not give by itself are sent here. Threads: strand.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "agent/voice_agent.h"
#include "media/buffer_pool.h"
#include "protocol/realtime/client_event.h"
#include "service/realtime/outbox.h"
#include "service/realtime/session_meter.h"
#include "service/realtime/session_settings.h"

namespace parley::service {

/// The least audio that a commit takes.
inline constexpr Millis kCommitMin{100};
/// Clients measure by the clock what they played: so far beyond the end a truncation is taken for
/// the end.
inline constexpr Millis kTruncateOvershootMax{250};

class ClientCommands {
 public:
  using Problem = std::optional<protocol::ProtocolError>;

  /// All outlive it.
  ClientCommands(SessionSettings& settings, Outbox& outbox, SessionMeter& meter,
                 media::BufferPool& buffers)
      : settings_(settings), outbox_(outbox), meter_(meter), buffers_(buffers) {}

  /// Does what the event asks, or changes nothing and says why. Audio is not its business: see
  /// InputAudio.
  [[nodiscard]] Problem run(agent::VoiceAgent& agent, protocol::ClientPayload payload);

 private:
  Problem update(agent::VoiceAgent& agent, const protocol::SessionPatch& patch);
  Problem commit(agent::VoiceAgent& agent);
  Problem create_item(agent::VoiceAgent& agent, protocol::ConversationItemCreate create);
  Problem retrieve(agent::VoiceAgent& agent, const std::string& item_id);
  Problem truncate(agent::VoiceAgent& agent, const protocol::ConversationItemTruncate& event);
  Problem erase(agent::VoiceAgent& agent, const std::string& item_id);
  Problem respond(agent::VoiceAgent& agent, protocol::ResponseRequest request);
  Problem cancel(agent::VoiceAgent& agent, const protocol::ResponseCancel& event);
  Problem take_input(const agent::VoiceAgent& agent, std::vector<protocol::InputItem> input,
                     agent::ResponseOptions& options) const;

  SessionSettings& settings_;
  Outbox& outbox_;
  SessionMeter& meter_;
  media::BufferPool& buffers_;
};

}  // namespace parley::service
