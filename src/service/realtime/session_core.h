// SPDX-License-Identifier: Apache-2.0
//
// The strand's side of a Realtime session: takes client events from the mailbox one by one, runs
// the agent, sends server events, ends at the time limit. Threads: strand, except where a method
// says otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/voice_agent.h"
#include "base/metrics.h"
#include "base/random.h"
#include "exec/mailbox.h"
#include "exec/strand.h"
#include "service/input_audio.h"
#include "service/realtime/agent_events.h"
#include "service/realtime/client_commands.h"
#include "service/realtime/client_link.h"
#include "service/realtime/conversation_log.h"
#include "service/realtime/conversation_resume.h"
#include "service/realtime/held_events.h"
#include "service/realtime/outbox.h"
#include "service/realtime/session_meter.h"
#include "service/realtime/session_observer.h"
#include "service/realtime/session_settings.h"
#include "service/speakers/recording_speakers.h"

namespace parley::service {

/// Decoded audio that an event carries.
[[nodiscard]] std::size_t audio_bytes_of(const protocol::ParsedEvent& parsed);

struct SessionMetrics {
  explicit SessionMetrics(Metrics& metrics);
  Gauge& sessions;
  Counter& opened;
  Counter& refused;
  Counter& client_events;
  Counter& client_errors;
  Counter& mailbox_full;
  Counter& mailbox_refused;
  Counter& slow_sends;
};

class SessionCore final : public exec::StrandBody, private Outbox {
 public:
  struct Setup {
    agent::AgentContext context;
    exec::Executor& executor;
    SessionMetrics& metrics;
    agent::AgentSettings defaults;
    SessionSettings::Start start;
    std::unique_ptr<protocol::SessionPatch> patch;  // of a client secret; may be null
    std::chrono::seconds session_max;
    const PriceTable& prices;
    MeterMetrics& meter_metrics;
    double budget = 0.0;                   // 0: none
    std::shared_ptr<Allowance> allowance;  // may be null; shared with the key's other uses
    SessionObserver* observer = nullptr;
    std::string key;  // its name, for observers
    std::uint64_t seed = 0;
    float speaker_score_min = kSameSpeakerScore;
    std::shared_ptr<ClientLink> link;  // shared with the connection, which may end first
    Keeping keeping;                   // of the conversation
    std::string owner;                 // whose it is
    std::string resume;                // conv_… to go on with; empty: a new one
    std::function<void()> on_close;    // once, from `close`
  };

  /// Errors: what the agent says; invalid_argument when the patch does not apply.
  static Result<std::unique_ptr<SessionCore>> make(Setup setup);
  ~SessionCore() override;

  // Threads: any.
  [[nodiscard]] const std::string& id() const noexcept { return settings_.config().id; }
  [[nodiscard]] exec::Mailbox<protocol::ParsedEvent>& mailbox() noexcept { return mailbox_; }
  [[nodiscard]] bool idle() const noexcept { return idle_.load(std::memory_order_acquire); }
  void finish();
  void close() noexcept;
  void start() noexcept { strand_->wake(); }

  // Threads: the producer.
  [[nodiscard]] bool has_room(std::size_t audio_bytes) const noexcept;
  /// Asks for ClientLink::resume() when there is room again; then has_room must be asked once more.
  void want_resume() noexcept;
  void count_in(std::size_t audio_bytes) noexcept;

 private:
  explicit SessionCore(Setup setup);

  bool run_slice() noexcept override;
  void send(protocol::ServerPayload payload) override;
  void user_said(std::string_view item_id, std::string_view transcript) override;

  void begin();
  /// Once the store has answered: takes over its conversation. False: not yet, or refused.
  bool finish_resume();
  void say_created();
  /// Null where conversations are not kept.
  ConversationLog* start_log();
  /// What the store has answered since; sends what waited for it.
  void hear_store();
  void deliver(protocol::ServerEvent event);
  /// Tells the observer, if there is one. Threads: strand, or after it was closed.
  template <typename What>
  void observe(What what);
  /// One event, or one piece of an event's audio. False: there is none, or it must wait.
  bool take_one();
  void handle(protocol::ClientEvent event);
  void refuse(protocol::ProtocolError error);
  void expire();
  void end_spent();
  /// With an error as the last event.
  void end_with(protocol::ProtocolError error);
  void end(std::uint16_t code, std::string reason);
  void finish_end();
  void retire_agent();
  void give_room();
  /// It has ended, or will as soon as what is held has gone out.
  [[nodiscard]] bool is_over() const { return ended_ || ending_.has_value(); }

  const agent::AgentContext context_;
  SessionMetrics& metrics_;
  const std::chrono::seconds session_max_;
  const Instant opened_;
  const Instant deadline_;
  const std::shared_ptr<exec::Strand> strand_;
  Random random_;
  std::shared_ptr<ClientLink> link_;
  std::function<void()> on_close_;

  SessionSettings settings_;
  const std::string conversation_id_;  // conv_…
  const Keeping keeping_;
  const std::string owner_;
  bool resumes_;
  std::optional<ConversationResume> resume_;  // while the store is asked
  std::optional<ConversationLog> log_;        // of a conversation that is kept
  HeldEvents held_;
  SessionMeter meter_;
  SessionObserver* const observer_;
  const std::shared_ptr<const SessionLabel> label_;  // shared with records; null: no observer
  AgentEvents events_;
  ClientCommands commands_;
  InputAudio input_;
  exec::Mailbox<protocol::ParsedEvent> mailbox_;
  std::optional<RecordingSpeakers> voices_;   // nothing: there is no model of speakers
  std::unique_ptr<agent::VoiceAgent> agent_;  // null once the session has ended

  bool begun_ = false;
  bool ended_ = false;
  struct Ending {
    std::uint16_t code;
    std::string reason;
  };
  std::optional<Ending> ending_;  // once what is held has gone out
  exec::TimerService::Id expiry_ = 0;

  std::atomic<std::size_t> audio_waiting_{0};  // bytes in the mailbox
  std::atomic<bool> resume_wanted_{false};
  std::atomic<bool> finishing_{false};
  std::atomic<bool> idle_{true};
  std::atomic<bool> closed_{false};
};

}  // namespace parley::service
