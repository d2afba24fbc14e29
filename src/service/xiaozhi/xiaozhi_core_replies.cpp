// SPDX-License-Identifier: Apache-2.0
//
// What a device is told: the words that it heard, the reply, and its end.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "service/xiaozhi/emotion.h"
#include "service/xiaozhi/wake_words.h"
#include "service/xiaozhi/xiaozhi_core.h"

namespace parley::service {
namespace {

using media::MediaTime;
using protocol::XiaozhiTts;

const agent::ContentPart* spoken_part(const agent::Item& item) {
  if (item.role != agent::Item::Role::assistant || item.content.empty()) return nullptr;
  const agent::ContentPart& part = item.content.back();
  return part.kind == agent::ContentPart::Kind::output_audio ? &part : nullptr;
}

}  // namespace

void XiaozhiCore::send(protocol::XiaozhiMessage message) {
  if (ended_) return;
  sent(link_->send(std::move(message), id_));
}

void XiaozhiCore::begin_speaking() {
  if (speaking_) return;
  speaking_ = true;
  forgets_input_ = mode_ != Mode::realtime;  // its microphone is off now
  emotion_text_.clear();
  has_emotion_ = false;
  touch();
  send(XiaozhiTts{XiaozhiTts::State::start, {}});
}

void XiaozhiCore::end_speaking() {
  speaking_ = false;
  has_sound_ = false;
  touch();
  send(XiaozhiTts{XiaozhiTts::State::stop, {}});
}

/// After the agent's slice: nothing of the agent is on the stack.
void XiaozhiCore::settle(Instant now) {
  if (std::exchange(interrupted_, false)) interrupt();
  if (std::exchange(forgets_input_, false)) agent_->clear();
  tools_.expire(now);
  tell_heard();
  reply();
  if (agent_->idle()) muted_ = false;
  if (downlink_) {
    const Status sent = downlink_->pump(now, [this](protocol::XiaozhiMessage message) {
      if (auto* sentence = std::get_if<XiaozhiTts>(&message)) {
        show_emotion(sentence->text, true);
        sentence->text = without_emoji(sentence->text);
        if (sentence->text.empty()) return;
      }
      send(std::move(message));
    });
    if (!sent) return end(kCloseInternal, sent.error().message);
    const bool is_said = agent_->idle() && !wants_reply_ && downlink_->is_empty();
    if (speaking_ && is_said && now >= downlink_->plays_until() + kXiaozhiTail) end_speaking();
    if (now >= active_at_ + kXiaozhiIdleMax && is_quiet(now)) end(kCloseNormal, "nobody speaks");
  } else if (now >= opened_ + kXiaozhiHelloPatience) {
    end(kClosePolicy, "no hello");
  }
  if (now >= deadline_) end(kCloseNormal, "the session has lasted its time");
}

void XiaozhiCore::tell_heard() {
  for (HeardWords::Words& words : heard_.take()) {
    const std::string bare = bare_words(words.text);
    // Its wake word, which came through in spite of all.
    const bool is_call = !bare.empty() && bare == std::exchange(wake_word_, {});
    if (bare.empty() || is_call) continue;
    touch();
    send(protocol::XiaozhiStt{std::move(words.text)});
    if (words.is_admitted) {
      wants_reply_ = true;
    } else {
      metrics_.gate_refused.add();
    }
  }
}

/// To what was said, when nobody speaks any more.
void XiaozhiCore::reply() {
  if (!wants_reply_ || user_speaks_ || agent_->active_response() != nullptr) return;
  wants_reply_ = false;
  if (const auto refused = take_request()) {
    send(protocol::XiaozhiAlert{"Error", refused->message, "sad"});
    if (speaking_) end_speaking();
    return;
  }
  muted_ = false;
  begin_speaking();
  agent_->create_response({});
}

/// The device says that its user wants no more of it.
void XiaozhiCore::abort() {
  wants_reply_ = false;
  heard_.forget();
  if (mode_ != Mode::realtime) {
    listening_ = false;
    if (user_speaks_) agent_->clear();
  }
  if (const agent::Response* const active = agent_->active_response()) {
    // A copy: cancelling destroys the response that the name belongs to.
    const std::string id = active->id;
    agent_->cancel_response(id);
  }
  muted_ = !agent_->idle();
  interrupt();
}

/// No more sound goes out, and the conversation keeps what was heard.
void XiaozhiCore::interrupt() {
  const std::vector<Downlink::Cut> cuts = downlink_->drop(context_.clock.now());
  for (const Downlink::Cut& one : cuts) cut(one.item_id, one.played);
  if (speaking_) metrics_.interruptions.add();
  // A device that does not speak passes it over.
  end_speaking();
}

// --- the agent's events -------------------------------------------------------------------------

void XiaozhiCore::speech_started(std::string_view /*item_id*/, MediaTime /*at*/) {
  touch();
  user_speaks_ = true;
  if (!speaking_) return;
  if (mode_ != Mode::realtime) {
    forgets_input_ = true;  // the detector was late
    return;
  }
  interrupted_ = true;
  muted_ = true;
}

void XiaozhiCore::speech_stopped(std::string_view item_id, MediaTime at) {
  touch();
  AgentSession::speech_stopped(item_id, at);
}

void XiaozhiCore::transcription_failed(std::string_view item_id, const Error& error) {
  AgentSession::transcription_failed(item_id, error);
  send(protocol::XiaozhiAlert{"Error", error.message, "sad"});
}

/// More of a reply has been spoken: its sentences go out with their sound.
void XiaozhiCore::item_changed(const agent::Item& item) {
  const agent::ContentPart* const part = spoken_part(item);
  const agent::Response* const active = agent_ ? agent_->active_response() : nullptr;
  if (part == nullptr || active == nullptr || interrupted_) return;
  if (item.id != clause_item_) {
    if (item.status != agent::Item::Status::in_progress) return;  // an old one was cut
    clause_item_ = item.id;
    clauses_told_ = 0;
  }
  for (; clauses_told_ < part->clauses.size(); ++clauses_told_) {
    const agent::SpokenClause& clause = part->clauses[clauses_told_];
    downlink_->add_sentence(item.id, clause.begin, clause.text);
  }
}

void XiaozhiCore::transcript_delta(const agent::OutputRef& /*at*/, std::string_view delta) {
  if (has_emotion_ || !speaking_) return;
  emotion_text_ += delta;
  show_emotion(emotion_text_, false);
}

/// Once in a speaking, before its first sentence.
void XiaozhiCore::show_emotion(std::string_view text, bool is_last_chance) {
  if (has_emotion_) return;
  const std::optional<Emotion> found = emotion_of(text);
  if (!found && !is_last_chance) return;
  const Emotion emotion = found.value_or(kNeutral);
  has_emotion_ = true;
  send(protocol::XiaozhiEmotion{std::string(emotion.name), std::string(emotion.emoji)});
}

void XiaozhiCore::audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) {
  if (!downlink_ || interrupted_) return;
  begin_speaking();  // of a timer, say: nobody asked
  const std::span<const std::byte> bytes = audio.bytes.bytes();
  downlink_->add_audio(at.item.id, {reinterpret_cast<const std::int16_t*>(bytes.data()),
                                    bytes.size() / sizeof(std::int16_t)});
}

void XiaozhiCore::audio_done(const agent::OutputRef& /*at*/) {
  if (downlink_) downlink_->end_item();
}

void XiaozhiCore::response_done(const agent::Response& response,
                                const agent::TurnTimeline& timeline) {
  AgentSession::response_done(response, timeline);
  if (response.status != agent::Response::Status::failed) return;
  log::warn("a device's reply failed",
            {{"session", id_}, {"device", device_}, {"why", response.error.message}});
  send(protocol::XiaozhiAlert{"Error", response.error.message, "sad"});
}

void XiaozhiCore::failed(const Error& error) {
  log::warn("trouble in a device's session", {{"session", id_}, {"why", error.message}});
}

}  // namespace parley::service
