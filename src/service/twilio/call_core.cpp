// SPDX-License-Identifier: Apache-2.0
//
// One slice of a call: what the other end says, what the agent makes of it, what is sent back.
#include "service/twilio/call_core.h"

#include <span>
#include <utility>
#include <variant>

#include "base/log.h"
#include "service/speaker_gate.h"

namespace parley::service {
namespace {

using media::MediaTime;

constexpr int kRate = 8'000;                           // Hz, of all telephones
constexpr const char* kInstructions = "instructions";  // a parameter of the <Stream>
constexpr const char* kVoice = "voice";                // likewise

agent::AgentSettings settings_of(agent::AgentSettings settings) {
  settings = worded_settings(std::move(settings), {media::Codec::pcmu, kRate},
                             {media::Codec::pcmu, kRate});
  settings.turn.detect = true;
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
  const std::uint64_t seed = setup.session.seed;
  setup.session.settings = settings_of(std::move(setup.session.settings));
  std::unique_ptr<CallCore> core(new CallCore(std::move(setup)));
  PARLEY_TRY_STATUS(core->make_agent(core->context_, seed));
  return core;
}

CallCore::CallCore(Setup setup)
    : AgentSession(std::move(setup.session), std::move(setup.link), kCallMessagesWaitingMax,
                   setup.metrics.mailbox_refused),
      metrics_(setup.metrics),
      greeting_(std::move(setup.greeting)),
      playout_(kRate) {}

// --- in -----------------------------------------------------------------------------------------

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
  if (!take_audio(length)) return;
  input_.take(context_.buffers.copy_of(std::as_bytes(std::span(sound.bytes))), media::Codec::pcmu);
}

void CallCore::press(char digit) {
  digits_ += digit;
  digit_at_ = context_.clock.now();
}

// --- out ----------------------------------------------------------------------------------------

void CallCore::send(protocol::CallCommand command) {
  if (ended_ || stream_.empty()) return;
  sent(link_->send(std::move(command), stream_));
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
  if (const auto refused = take_request()) return end(kClosePolicy, refused->message);
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
  for (const CallPlayout::Cut& one : playout_.clear(now)) cut(one.item_id, one.heard);
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
  AgentSession::transcription_failed(item_id, error);
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

void CallCore::response_done(const agent::Response& response, const agent::TurnTimeline& timeline) {
  AgentSession::response_done(response, timeline);
  if (response.status != agent::Response::Status::failed) return;
  log::warn("a reply in a call failed", {{"session", id_}, {"why", response.error.message}});
}

void CallCore::failed(const Error& error) {
  log::warn("trouble in a call", {{"session", id_}, {"why", error.message}});
}

// --- time ---------------------------------------------------------------------------------------

bool CallCore::is_quiet(Instant now) const {
  return AgentSession::is_quiet(now) && !playout_.is_playing(now) && !wants_greeting_ &&
         digits_.empty();
}

void CallCore::add_looks(NextLook& next) const {
  if (stream_.empty()) next.consider(opened_ + kCallStartPatience);
  if (!digits_.empty()) next.consider(digit_at_ + kCallDigitsPause);
  // A server that ends waits for the last word to be heard.
  if (is_finishing() && playout_.is_playing(next.now)) {
    next.consider(playout_.plays_until() + kCallMarkPatience);
  }
}

}  // namespace parley::service
