// SPDX-License-Identifier: Apache-2.0
//
// One slice of a call: what the other end says, what the agent makes of it, what is sent back.
#include "service/twilio/call_core.h"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/random.h"
#include "exec/slice_budget.h"
#include "service/speaker_gate.h"

namespace parley::service {
namespace {

using media::MediaTime;

constexpr int kRate = 8'000;  // Hz, of all telephones
constexpr int kMessagesPerSlice = 32;
constexpr std::uint16_t kCloseNormal = 1000;
constexpr std::uint16_t kCloseGoingAway = 1001;
constexpr std::uint16_t kClosePolicy = 1008;
/// The agent is so far ahead of what the caller hears: so much is cleared when he interrupts.
constexpr Millis kPlayoutLead{1'000};
constexpr const char* kInstructions = "instructions";  // a parameter of the <Stream>
constexpr const char* kVoice = "voice";                // likewise

/// As the agent hears and speaks here.
agent::AgentSettings settings_of(agent::AgentSettings settings) {
  settings.audio = true;
  settings.transcription = true;
  settings.input_format = {media::Codec::pcmu, kRate};
  settings.output_format = {media::Codec::pcmu, kRate};
  settings.playout_lead = kPlayoutLead;
  settings.turn.detect = true;
  settings.turn.create_response = false;          // only to words,
  settings.judge_turns = settings.enrolled_only;  // and to whose they are
  settings.turn.interrupt_response = true;
  return settings;
}

}  // namespace

CallMetrics::CallMetrics(Metrics& metrics)
    : sessions(metrics.gauge("parley_call_sessions", "Telephone calls that are connected")),
      opened(metrics.counter("parley_call_sessions_total", "Telephone calls taken")),
      refused(metrics.counter("parley_call_sessions_refused_total",
                              "Telephone calls refused at a limit")),
      interruptions(metrics.counter("parley_call_interruptions_total",
                                    "Replies in telephone calls that speech cut off")),
      mailbox_refused(metrics.counter("parley_call_mailbox_refused_total",
                                      "Messages that a call's mailbox had no room for; none, as "
                                      "long as connections wait")),
      gate_refused(agent::refused_turns(metrics)) {}

Result<std::unique_ptr<CallCore>> CallCore::make(Setup setup) {
  const std::uint64_t seed = setup.seed;
  std::unique_ptr<CallCore> core(new CallCore(std::move(setup)));
  agent::AgentContext context = core->context_;
  context.name = core->id_;
  PARLEY_TRY(core->agent_, agent::VoiceAgent::make(context, core->settings_, *core,
                                                   core->strand_->waker(), seed));
  return core;
}

CallCore::CallCore(Setup setup)
    : context_(std::move(setup.context)),
      metrics_(setup.metrics),
      id_(Random(~setup.seed).id("sess_")),
      greeting_(std::move(setup.greeting)),
      opened_(context_.clock.now()),
      deadline_(opened_ + setup.session_max),
      strand_(exec::Strand::make(setup.executor, *this)),
      bill_(std::move(setup.allowance), setup.prices),
      link_(std::move(setup.link)),
      on_close_(std::move(setup.on_close)),
      settings_(settings_of(std::move(setup.settings))),
      mailbox_(
          {.capacity = kCallMessagesWaitingMax, .refused_metric = &setup.metrics.mailbox_refused},
          strand_->waker()),
      input_(context_.buffers),
      playout_(kRate) {}

CallCore::~CallCore() { close(); }

bool CallCore::run_slice() noexcept {
  if (ended_) return false;
  const exec::SliceBudget budget(context_.clock);
  bool more = false;
  for (int taken = 1; !ended_ && !more && take_one(); ++taken) {
    more = taken == kMessagesPerSlice || budget.spent();
  }
  if (!ended_) {
    more |= agent_->run(budget);
    settle(context_.clock.now());
  }
  if (resume_wanted_.load() && has_room() && resume_wanted_.exchange(false)) link_->resume();
  const Instant now = context_.clock.now();
  if (!ended_ && finishing_.load(std::memory_order_acquire) && is_quiet(now)) {
    end(kCloseGoingAway, "the server is going away");
  }
  if (ended_) {
    // Only here: the agent must not go while one of its calls is on the stack.
    agent_->end();
    agent_.reset();
    return false;
  }
  arm(now);
  return more;
}

// --- in -----------------------------------------------------------------------------------------

bool CallCore::take_one() {
  if (!input_.empty()) {
    // Until the detector has caught up; its host wakes the strand.
    if (!agent_->can_append()) return false;
    agent_->append_audio(input_.next());
    return true;
  }
  std::optional<protocol::CallMessage> message = mailbox_.pop();
  if (!message) return false;
  handle(std::move(*message));
  return true;
}

void CallCore::handle(protocol::CallMessage message) {
  if (auto* start = std::get_if<protocol::CallStart>(&message)) {
    if (stream_.empty()) begin(std::move(*start));
  } else if (std::holds_alternative<protocol::CallStop>(message)) {
    end(kCloseNormal, "the call has ended");
  } else if (stream_.empty()) {
    return;  // before its start nothing is heard
  } else if (const auto* sound = std::get_if<protocol::CallSound>(&message)) {
    hear(*sound);
  } else if (const auto* mark = std::get_if<protocol::CallMark>(&message)) {
    playout_.played_to(mark->name, context_.clock.now());
  } else if (const auto* pressed = std::get_if<protocol::CallDigit>(&message)) {
    press(pressed->digit);
  }
}

void CallCore::begin(protocol::CallStart start) {
  stream_ = std::move(start.stream);
  log::info("call started", {{"session", id_}, {"stream", stream_}, {"call", start.call}});
  if (start.has_outbound) return refuse("a stream that only listens belongs to /twilio/listen");
  for (auto& [name, value] : start.parameters) {
    if (name == kInstructions) {
      settings_.instructions = std::move(value);
    } else if (name == kVoice) {
      settings_.voice = std::move(value);
    } else if (name == kGate) {
      set_gate(value);
    }
  }
  is_admitted_ = !settings_.enrolled_only;
  if (ended_) return;
  agent_->settings_changed();
  wants_greeting_ = !greeting_.empty();
}

void CallCore::refuse(std::string reason) {
  log::warn("a call was refused", {{"session", id_}, {"reason", reason}});
  end(kClosePolicy, std::move(reason));
}

/// A call whose gate cannot be as it is wanted is not taken at all.
void CallCore::set_gate(std::string_view wanted) {
  const Result<bool> enrolled_only = parse_gate(wanted, context_);
  if (!enrolled_only) return refuse(enrolled_only.error().message);
  settings_.enrolled_only = settings_.judge_turns = *enrolled_only;
}

void CallCore::hear(const protocol::CallSound& sound) {
  if (!sound.is_inbound || sound.bytes.empty()) return;  // our own voice
  const MediaTime length =
      MediaTime::from_samples(static_cast<std::int64_t>(sound.bytes.size()), kRate);
  if (bill_.allowance() != nullptr) {
    if (const auto refused = bill_.allowance()->take_audio(Millis(length.ms()))) {
      return end(kClosePolicy, refused->message);
    }
  }
  input_.take(context_.buffers.copy_of(std::as_bytes(std::span(sound.bytes))), media::Codec::pcmu);
}

void CallCore::press(char digit) {
  digits_ += digit;
  digit_at_ = context_.clock.now();
}

// --- out ----------------------------------------------------------------------------------------

void CallCore::send(protocol::CallCommand command) {
  if (ended_ || stream_.empty()) return;
  if (link_->send(std::move(command), stream_) != SendResult::closed) return;
  ended_ = true;
  mailbox_.close();
}

void CallCore::mark(bool is_end) {
  if (auto name = playout_.mark(is_end)) send(protocol::CallSendMark{std::move(*name)});
}

/// After the agent's slice: nothing of the agent is on the stack.
void CallCore::settle(Instant now) {
  if (std::exchange(interrupted_, false)) interrupt(now);
  take_digits(now);
  tell_heard();
  reply();
  if (agent_->idle()) muted_ = false;
  if (stream_.empty() && now >= opened_ + kCallStartPatience) end(kClosePolicy, "no start");
  if (now >= deadline_) end(kCloseNormal, "the call has lasted its time");
}

void CallCore::take_digits(Instant now) {
  if (digits_.empty()) return;
  const bool is_whole = digits_.back() == '#' || digits_.size() >= kCallDigitsMax ||
                        now >= digit_at_ + kCallDigitsPause;
  if (!is_whole) return;
  agent::Item item;
  item.id = agent_->make_id("item_");
  item.content.emplace_back().text =
      "(The caller pressed these keys: " + std::exchange(digits_, {}) + ")";
  heard_.add(item.content.back().text, is_admitted_);
  agent_->insert_item(std::move(item), {});
}

void CallCore::tell_heard() {
  for (const HeardWords::Words& words : heard_.take()) {
    if (words.text.find_first_not_of(" \t\n") == std::string::npos) continue;
    is_admitted_ = words.is_admitted;
    if (is_admitted_) {
      wants_reply_ = true;
    } else {
      metrics_.gate_refused.add();
    }
  }
}

/// To what was said, or to nothing yet, when nobody speaks any more.
void CallCore::reply() {
  if ((!wants_reply_ && !wants_greeting_) || user_speaks_ || agent_->active_response() != nullptr) {
    return;
  }
  const bool is_greeting = std::exchange(wants_greeting_, false) && !wants_reply_;
  wants_reply_ = false;
  if (bill_.allowance() != nullptr) {
    if (const auto refused = bill_.allowance()->take_request()) {
      return end(kClosePolicy, refused->message);
    }
  }
  muted_ = false;
  agent::ResponseOptions options;
  if (is_greeting) {
    options.instructions = "Say exactly the following words, and nothing else: " + greeting_;
  }
  agent_->create_response(std::move(options));
}

/// No more of it is played, and the conversation keeps what was heard.
void CallCore::interrupt(Instant now) {
  metrics_.interruptions.add();
  send(protocol::CallClear{});
  for (const CallPlayout::Cut& cut : playout_.clear(now)) {
    const agent::Item* const item = agent_->conversation().find(cut.item_id);
    const bool is_spoken = item != nullptr && item->role == agent::Item::Role::assistant &&
                           !item->content.empty() &&
                           item->content.back().kind == agent::ContentPart::Kind::output_audio;
    if (is_spoken) agent_->truncate_item(cut.item_id, item->content.size() - 1, cut.heard);
  }
}

// --- the agent's events -------------------------------------------------------------------------

void CallCore::speech_started(std::string_view /*item_id*/, MediaTime /*at*/) {
  user_speaks_ = true;
  wants_greeting_ = false;
  if (!playout_.is_playing(context_.clock.now()) && agent_->active_response() == nullptr) return;
  interrupted_ = true;
  muted_ = true;
}

void CallCore::transcription_failed(std::string_view item_id, const Error& error) {
  heard_.failed(item_id);
  failed(error);
}

void CallCore::audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) {
  if (interrupted_) return;
  const std::span<const std::byte> bytes = audio.bytes.bytes();
  playout_.add_audio(at.item.id, bytes.size(), context_.clock.now());
  send(protocol::CallSend{{reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  mark(false);
}

void CallCore::audio_done(const agent::OutputRef& /*at*/) {
  playout_.end_item();
  if (!interrupted_) mark(true);
}

void CallCore::response_done(const agent::Response& response,
                             const agent::TurnTimeline& /*timeline*/) {
  bill_.pay(response);
  if (response.status != agent::Response::Status::failed) return;
  log::warn("a reply in a call failed", {{"session", id_}, {"why", response.error.message}});
}

/// What a tool's answer or a timer leads to.
agent::ResponsePermit CallCore::permit_response() {
  return muted_ ? agent::ResponsePermit{.granted = false} : bill_.permit();
}

void CallCore::failed(const Error& error) {
  log::warn("trouble in a call", {{"session", id_}, {"why", error.message}});
}

// --- time ---------------------------------------------------------------------------------------

bool CallCore::is_quiet(Instant now) const {
  return agent_->idle() && !playout_.is_playing(now) && !user_speaks_ && !wants_reply_ &&
         !wants_greeting_ && digits_.empty() && heard_.empty() && input_.empty() &&
         mailbox_.size() == 0;
}

void CallCore::arm(Instant now) {
  Instant next = deadline_;
  // What is past waits for something else than time.
  const auto consider = [&](Instant at) {
    if (at > now) next = std::min(next, at);
  };
  if (stream_.empty()) consider(opened_ + kCallStartPatience);
  if (!digits_.empty()) consider(digit_at_ + kCallDigitsPause);
  // A server that ends waits for the last word to be heard.
  if (finishing_.load() && playout_.is_playing(now)) {
    consider(playout_.plays_until() + kCallMarkPatience);
  }
  if (next == timer_at_) return;
  context_.timers.cancel(timer_);
  timer_ = context_.timers.schedule(next, strand_->waker());
  timer_at_ = next;
}

void CallCore::end(std::uint16_t code, std::string reason) {
  if (ended_) return;
  ended_ = true;
  mailbox_.close();
  link_->close(code, std::move(reason));
}

void CallCore::finish() {
  finishing_.store(true, std::memory_order_release);
  strand_->wake();
}

void CallCore::close() noexcept {
  if (closed_.exchange(true)) return;
  mailbox_.close();
  strand_->close();
  context_.timers.cancel(timer_);
  ended_ = true;
  if (agent_) agent_->end();
  agent_.reset();
  link_.reset();
  if (on_close_) on_close_();
}

}  // namespace parley::service
