// SPDX-License-Identifier: Apache-2.0
//
// The strand's side of a telephone call: who speaks, and what the caller is sent of it.
//
// The caller is heard all the time. A turn ends by silence, and a reply is asked for only once it
// has words: a cough wakes nobody. While we speak the caller may interrupt: what he has not heard
// is cleared, and the conversation keeps of the reply what marks say that he heard. Keys that he
// presses become words of his, after a # or a pause. Where only enrolled speakers are answered,
// keys have no voice: they are answered as what was said before them.
//
// Threads: strand, except where a method says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "service/agent_session.h"
#include "service/twilio/call_link.h"
#include "service/twilio/call_playout.h"
#include "service/twilio/call_session.h"

namespace parley::service {

/// From the upgrade to the call's start; then the socket is closed.
inline constexpr Millis kCallStartPatience{10'000};
/// After a key of the telephone; then what was pressed is taken as a whole.
inline constexpr Millis kCallDigitsPause{2'000};
/// Keys that are taken as a whole; a further one ends them.
inline constexpr std::size_t kCallDigitsMax = 32;

struct CallMetrics {
  explicit CallMetrics(Metrics& metrics);
  Gauge& sessions;
  Counter& opened;
  Counter& refused;
  Counter& interruptions;
  Counter& mailbox_refused;
  Counter& gate_refused;
};

class CallCore final : public AgentSession<protocol::CallMessage, CallLink> {
 public:
  struct Setup {
    AgentSessionSetup session;
    CallMetrics& metrics;
    std::string greeting;            // empty: the caller speaks first
    std::shared_ptr<CallLink> link;  // shared with the connection, which may end first
  };

  /// Errors: what the agent says.
  static Result<std::unique_ptr<CallCore>> make(Setup setup);
  ~CallCore() override { close(); }

 private:
  explicit CallCore(Setup setup);

  // In.
  void handle(protocol::CallMessage message) override;
  void begin(protocol::CallStart start);
  void refuse(std::string reason);
  void set_gate(std::string_view wanted);
  void hear(const protocol::CallSound& sound);
  void press(char digit);

  // Out.
  void send(protocol::CallCommand command);
  void mark(bool is_end);
  void settle(Instant now) override;
  void take_digits(Instant now);
  void tell_heard();
  void reply();
  void interrupt(Instant now);
  void add_looks(NextLook& next) const override;
  [[nodiscard]] bool is_quiet(Instant now) const override;

  // agent::AgentListener.
  void speech_started(std::string_view item_id, media::MediaTime at) override;
  void transcription_failed(std::string_view item_id, const Error& error) override;
  void audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) override;
  void audio_done(const agent::OutputRef&) override;
  void response_done(const agent::Response& response, const agent::TurnTimeline&) override;
  void failed(const Error& error) override;

  CallMetrics& metrics_;
  const std::string greeting_;
  CallPlayout playout_;
  std::string stream_;       // the call's name for it; empty: it has not begun
  std::string digits_;       // that were pressed
  Instant digit_at_;         // the last one
  bool is_admitted_ = true;  // who said words last
  bool wants_greeting_ = false;
};

}  // namespace parley::service
