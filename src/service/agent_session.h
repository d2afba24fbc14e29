// SPDX-License-Identifier: Apache-2.0
//
// What sessions of devices and telephone calls have in common: one strand and one mailbox, which
// drive a VoiceAgent by words. A turn alone asks for no reply, its words do; and where only
// enrolled speakers are answered, it must be known first whose they are.
//
// A slice takes messages, runs the agent, and then settles what follows, where nothing of the agent
// is on the stack. The protocol's part derives from it and says what messages mean; its destructor
// calls `close`, since the agent may still tell it something.
//
// Threads: strand, except where a method says otherwise.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/voice_agent.h"
#include "exec/strand.h"
#include "service/heard_words.h"
#include "service/input_audio.h"
#include "service/quiet_listener.h"
#include "service/realtime/allowance.h"
#include "service/realtime/client_link.h"
#include "service/realtime/price.h"
#include "service/response_bill.h"
#include "service/session_mailbox.h"

namespace parley::service {

struct AgentSessionSetup {
  agent::AgentContext context;
  exec::Executor& executor;
  agent::AgentSettings settings;  // see worded_settings()
  std::chrono::seconds session_max;
  const PriceTable& prices;
  std::shared_ptr<Allowance> allowance;  // may be null; shared with the key's other uses
  std::uint64_t seed = 0;
  std::function<void()> on_close;  // once, from `close`
};

/// What the agent hears and says is sound in these formats, and words ask for replies.
[[nodiscard]] agent::AgentSettings worded_settings(agent::AgentSettings settings,
                                                   agent::InputFormat input,
                                                   agent::OutputFormat output);

/// `Link` is the way to the connection: `resume()` and `close(code, reason)`. There are those two
/// that agent_session.cpp names.
template <typename Message, typename Link>
class AgentSession : public exec::StrandBody, protected QuietListener {
 public:
  // Threads: any.
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  void start() noexcept { strand_->wake(); }
  /// Ends it by our own hand as soon as nobody speaks: the link is closed with 1001.
  void finish();
  /// The other end is gone. Not from inside a call of the link. Idempotent.
  void close() noexcept;
  /// On `full` the message is left as it was. Threads: one producer.
  [[nodiscard]] PushResult push(Message&& message) { return mailbox_.push(std::move(message)); }

 protected:
  static constexpr std::uint16_t kCloseNormal = 1000;
  static constexpr std::uint16_t kCloseGoingAway = 1001;
  static constexpr std::uint16_t kClosePolicy = 1008;
  static constexpr std::uint16_t kCloseInternal = 1011;

  /// When something is to be looked at again. What is past waits for something else than time.
  struct NextLook {
    Instant now;
    Instant at;
    void consider(Instant when) {
      if (when > now) at = std::min(at, when);
    }
  };

  /// `refused`: SessionMailbox's.
  AgentSession(AgentSessionSetup setup, std::shared_ptr<Link> link, std::size_t messages_max,
               Counter& refused);
  /// After the constructor, which cannot fail. `context`: `context_`, or what is changed of it.
  Status make_agent(agent::AgentContext context, std::uint64_t seed);

  virtual void handle(Message message) = 0;
  /// Before the agent's slice.
  virtual void prepare(Instant /*now*/) {}
  /// After it.
  virtual void settle(Instant now) = 0;
  virtual void add_looks(NextLook& next) const = 0;
  /// The agent has ended, and is there for the last time.
  virtual void part() {}
  /// Nobody speaks, and nothing that was said waits for an answer.
  [[nodiscard]] virtual bool is_quiet(Instant now) const;

  /// False: the key may send no more, and the session has ended.
  bool take_audio(media::MediaTime length);
  [[nodiscard]] bool is_finishing() const noexcept {
    return finishing_.load(std::memory_order_acquire);
  }
  /// The conversation keeps of a reply what was heard of it.
  void cut(const std::string& item_id, media::MediaTime heard);
  /// Why the key may have no reply more; nothing: it may, and that was counted.
  [[nodiscard]] std::optional<Allowance::Refusal> take_request();
  void sent(SendResult result);
  /// Of the strand: for what a derived session runs on it.
  [[nodiscard]] exec::Waker waker() const { return strand_->waker(); }
  void end(std::uint16_t code, std::string reason);

  // agent::AgentListener.
  void speech_stopped(std::string_view /*item_id*/, media::MediaTime /*at*/) override {
    user_speaks_ = false;
  }
  void input_cleared() override { user_speaks_ = false; }
  void input_committed(std::string_view item_id, std::string_view /*previous*/) override {
    heard_.await(item_id, settings_.judge_turns);
  }
  void user_said(std::string_view item_id, std::string_view transcript) override {
    heard_.said(item_id, transcript);
  }
  void turn_judged(std::string_view item_id, bool is_enrolled) override {
    heard_.judged(item_id, is_enrolled);
  }
  void transcription_failed(std::string_view item_id, const Error& /*error*/) override {
    heard_.failed(item_id);
  }
  void response_done(const agent::Response& response, const agent::TurnTimeline&) override {
    bill_.pay(response);
  }
  /// What a tool's answer or a timer leads to.
  agent::ResponsePermit permit_response() override {
    return muted_ ? agent::ResponsePermit{.granted = false} : bill_.permit();
  }

  const agent::AgentContext context_;
  const std::string id_;
  const Instant opened_;
  const Instant deadline_;
  agent::AgentSettings settings_;  // the agent reads them live
  InputAudio input_;
  std::unique_ptr<agent::VoiceAgent> agent_;  // null once the session has ended
  std::shared_ptr<Link> link_;                // shared with the connection

  HeardWords heard_;
  bool user_speaks_ = false;
  bool interrupted_ = false;  // by speech; to be settled after the agent's slice
  bool muted_ = false;        // what an interrupted reply leads to is not said
  bool wants_reply_ = false;  // words came that nobody has answered
  bool ended_ = false;

 private:
  bool run_slice() noexcept final;
  bool take_one();
  void arm(Instant now);

  const std::shared_ptr<exec::Strand> strand_;
  SessionMailbox<Message> mailbox_;
  ResponseBill bill_;
  std::function<void()> on_close_;
  exec::TimerService::Id timer_ = 0;
  Instant timer_at_ = Instant::never();
  std::atomic<bool> finishing_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace parley::service
