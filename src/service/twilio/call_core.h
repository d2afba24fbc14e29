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

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/voice_agent.h"
#include "base/metrics.h"
#include "exec/mailbox.h"
#include "exec/strand.h"
#include "service/heard_words.h"
#include "service/input_audio.h"
#include "service/quiet_listener.h"
#include "service/realtime/allowance.h"
#include "service/realtime/price.h"
#include "service/response_bill.h"
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

class CallCore final : public exec::StrandBody, private QuietListener {
 public:
  struct Setup {
    agent::AgentContext context;
    exec::Executor& executor;
    CallMetrics& metrics;
    agent::AgentSettings settings;
    std::string greeting;  // empty: the caller speaks first
    std::chrono::seconds session_max;
    const PriceTable& prices;
    std::shared_ptr<Allowance> allowance;  // may be null; shared with the key's other uses
    std::uint64_t seed = 0;
    std::shared_ptr<CallLink> link;  // shared with the connection, which may end first
    std::function<void()> on_close;  // once, from `close`
  };

  /// Errors: what the agent says.
  static Result<std::unique_ptr<CallCore>> make(Setup setup);
  ~CallCore() override;

  // Threads: any.
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] exec::Mailbox<protocol::CallMessage>& mailbox() noexcept { return mailbox_; }
  void finish();
  void close() noexcept;
  void start() noexcept { strand_->wake(); }

  // Threads: the producer.
  [[nodiscard]] bool has_room() const noexcept { return mailbox_.size() < kCallMessagesWaitingMax; }
  /// Asks for CallLink::resume() when there is room again; then has_room must be asked again.
  void want_resume() noexcept { resume_wanted_.store(true); }

 private:
  explicit CallCore(Setup setup);
  bool run_slice() noexcept override;

  // In.
  bool take_one();
  void handle(protocol::CallMessage message);
  void begin(protocol::CallStart start);
  void refuse(std::string reason);
  void set_gate(std::string_view wanted);
  void hear(const protocol::CallSound& sound);
  void press(char digit);

  // Out.
  void send(protocol::CallCommand command);
  void mark(bool is_end);
  void settle(Instant now);
  void take_digits(Instant now);
  void tell_heard();
  void reply();
  void interrupt(Instant now);
  void end(std::uint16_t code, std::string reason);
  void arm(Instant now);
  [[nodiscard]] bool is_quiet(Instant now) const;

  // agent::AgentListener.
  void speech_started(std::string_view item_id, media::MediaTime at) override;
  void speech_stopped(std::string_view, media::MediaTime) override { user_speaks_ = false; }
  void input_committed(std::string_view item_id, std::string_view) override {
    heard_.await(item_id, settings_.judge_turns);
  }
  void input_cleared() override { user_speaks_ = false; }
  void user_said(std::string_view item_id, std::string_view transcript) override {
    heard_.said(item_id, transcript);
  }
  void transcription_failed(std::string_view item_id, const Error& error) override;
  void turn_judged(std::string_view item_id, bool is_enrolled) override {
    heard_.judged(item_id, is_enrolled);
  }
  void audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) override;
  void audio_done(const agent::OutputRef&) override;
  void response_done(const agent::Response& response, const agent::TurnTimeline&) override;
  agent::ResponsePermit permit_response() override;
  void failed(const Error& error) override;

  const agent::AgentContext context_;
  CallMetrics& metrics_;
  const std::string id_;
  const std::string greeting_;
  const Instant opened_;
  const Instant deadline_;
  const std::shared_ptr<exec::Strand> strand_;
  ResponseBill bill_;
  std::shared_ptr<CallLink> link_;  // shared with the connection
  std::function<void()> on_close_;
  agent::AgentSettings settings_;  // the agent reads them live
  exec::Mailbox<protocol::CallMessage> mailbox_;
  InputAudio input_;
  CallPlayout playout_;
  std::unique_ptr<agent::VoiceAgent> agent_;  // null once the call has ended

  std::string stream_;  // the call's name for it; empty: it has not begun
  HeardWords heard_;
  std::string digits_;       // that were pressed
  Instant digit_at_;         // the last one
  bool is_admitted_ = true;  // who said words last
  bool user_speaks_ = false;
  bool interrupted_ = false;  // to be settled after the agent's slice
  bool muted_ = false;        // what an interrupted reply leads to is not said
  bool wants_reply_ = false;  // words came that nobody has answered
  bool wants_greeting_ = false;

  bool ended_ = false;
  exec::TimerService::Id timer_ = 0;
  Instant timer_at_ = Instant::never();

  std::atomic<bool> resume_wanted_{false};
  std::atomic<bool> finishing_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace parley::service
