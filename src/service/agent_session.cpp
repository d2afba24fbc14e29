// SPDX-License-Identifier: Apache-2.0
#include "service/agent_session.h"

#include "base/random.h"
#include "exec/slice_budget.h"
#include "room/room_event.h"
#include "room/room_link.h"
#include "service/twilio/call_link.h"
#include "service/xiaozhi/xiaozhi_link.h"
#include "service/xiaozhi/xiaozhi_session.h"

namespace parley::service {
namespace {

constexpr int kMessagesPerSlice = 32;
/// The agent is so far ahead of what is heard; an interruption throws away no more.
constexpr Millis kPlayoutLead{1'000};

}  // namespace

agent::AgentSettings worded_settings(agent::AgentSettings settings, agent::InputFormat input,
                                     agent::OutputFormat output) {
  settings.audio = true;
  settings.transcription = true;
  settings.input_format = input;
  settings.output_format = output;
  settings.playout_lead = kPlayoutLead;
  settings.turn.create_response = false;
  settings.judge_turns = settings.enrolled_only;
  return settings;
}

template <typename Message, typename Link>
AgentSession<Message, Link>::AgentSession(AgentSessionSetup setup, std::shared_ptr<Link> link,
                                          std::size_t messages_max, Counter& refused)
    : context_(std::move(setup.context)),
      id_(Random(~setup.seed).id("sess_")),
      opened_(context_.clock.now()),
      deadline_(opened_ + setup.session_max),
      settings_(std::move(setup.settings)),
      input_(context_.buffers),
      link_(std::move(link)),
      strand_(exec::Strand::make(setup.executor, *this)),
      mailbox_(messages_max, &refused, strand_->waker()),
      bill_(std::move(setup.allowance), setup.prices),
      on_close_(std::move(setup.on_close)) {}

template <typename Message, typename Link>
Status AgentSession<Message, Link>::make_agent(agent::AgentContext context, std::uint64_t seed) {
  context.name = id_;
  PARLEY_TRY(agent_, agent::VoiceAgent::make(context, settings_, *this, strand_->waker(), seed));
  return {};
}

template <typename Message, typename Link>
bool AgentSession<Message, Link>::run_slice() noexcept {
  if (ended_) return false;
  const exec::SliceBudget budget(context_.clock);
  bool more = false;
  for (int taken = 1; !ended_ && !more && take_one(); ++taken) {
    more = taken == kMessagesPerSlice || budget.spent();
  }
  if (!ended_) {
    prepare(context_.clock.now());
    more |= agent_->run(budget);
    settle(context_.clock.now());
  }
  if (mailbox_.offers_room()) link_->resume();
  const Instant now = context_.clock.now();
  if (!ended_ && is_finishing() && is_quiet(now)) {
    end(kCloseGoingAway, "the server is going away");
  }
  if (ended_) {
    // Only here: the agent must not go while one of its calls is on the stack.
    agent_->end();
    part();
    agent_.reset();
    return false;
  }
  arm(now);
  return more;
}

template <typename Message, typename Link>
bool AgentSession<Message, Link>::take_one() {
  if (!input_.empty()) {
    // Until the detector has caught up; its host wakes the strand.
    if (!agent_->can_append()) return false;
    agent_->append_audio(input_.next());
    return true;
  }
  std::optional<Message> message = mailbox_.pop();
  if (!message) return false;
  handle(std::move(*message));
  return true;
}

template <typename Message, typename Link>
bool AgentSession<Message, Link>::is_quiet(Instant /*now*/) const {
  return agent_->idle() && !user_speaks_ && !wants_reply_ && heard_.empty() && input_.empty() &&
         mailbox_.empty();
}

template <typename Message, typename Link>
bool AgentSession<Message, Link>::take_audio(media::MediaTime length) {
  if (bill_.allowance() == nullptr) return true;
  const auto refused = bill_.allowance()->take_audio(Millis(length.ms()));
  if (!refused) return true;
  end(kClosePolicy, refused->message);
  return false;
}

template <typename Message, typename Link>
std::optional<Allowance::Refusal> AgentSession<Message, Link>::take_request() {
  if (bill_.allowance() == nullptr) return std::nullopt;
  return bill_.allowance()->take_request();
}

template <typename Message, typename Link>
void AgentSession<Message, Link>::cut(const std::string& item_id, media::MediaTime heard) {
  const agent::Item* const item = agent_->conversation().find(item_id);
  const bool is_spoken = item != nullptr && item->role == agent::Item::Role::assistant &&
                         !item->content.empty() &&
                         item->content.back().kind == agent::ContentPart::Kind::output_audio;
  if (is_spoken) agent_->truncate_item(item_id, item->content.size() - 1, heard);
}

template <typename Message, typename Link>
void AgentSession<Message, Link>::arm(Instant now) {
  NextLook next{.now = now, .at = deadline_};
  add_looks(next);
  if (next.at == timer_at_) return;
  context_.timers.cancel(timer_);
  timer_ = context_.timers.schedule(next.at, strand_->waker());
  timer_at_ = next.at;
}

template <typename Message, typename Link>
void AgentSession<Message, Link>::sent(SendResult result) {
  if (result != SendResult::closed) return;
  ended_ = true;
  mailbox_.close();
}

template <typename Message, typename Link>
void AgentSession<Message, Link>::end(std::uint16_t code, std::string reason) {
  if (ended_) return;
  ended_ = true;
  mailbox_.close();
  link_->close(code, std::move(reason));
}

template <typename Message, typename Link>
void AgentSession<Message, Link>::finish() {
  finishing_.store(true, std::memory_order_release);
  strand_->wake();
}

template <typename Message, typename Link>
void AgentSession<Message, Link>::close() noexcept {
  if (closed_.exchange(true)) return;
  mailbox_.close();
  strand_->close();
  context_.timers.cancel(timer_);
  ended_ = true;
  if (agent_) {
    agent_->end();
    part();
  }
  agent_.reset();
  link_.reset();
  if (on_close_) on_close_();
}

template class AgentSession<protocol::CallMessage, CallLink>;
template class AgentSession<DeviceEvent, XiaozhiLink>;
template class AgentSession<room::RoomEvent, room::RoomLink>;

}  // namespace parley::service
