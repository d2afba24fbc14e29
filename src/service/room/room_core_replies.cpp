// SPDX-License-Identifier: Apache-2.0
//
// The way out: what the agent says, when it falls silent, and its end.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/trace.h"
#include "service/room/room_core.h"

namespace parley::service {
namespace {

using media::MediaTime;

constexpr int kVoiceRate = 24'000;  // Hz
constexpr const char* kMinutesInstructions =
    "You are given what was said in a meeting. Write its minutes: what it was about, what was "
    "decided, and who is to do what. Use only what was said.";

}  // namespace

/// After the agent's slice: nothing of the agent is on the stack.
void RoomCore::settle(Instant now) {
  if (std::exchange(interrupted_, false)) interrupt(now);
  make_exact_speech();
  const bool is_working = place_ == Place::working;
  if (!out_ && is_working) reply();
  if (agent_->idle()) muted_ = false;
  pump(now);
  take_back_voices(now);
  if (is_in_ && is_working) show_state(now);
  if (memory_) memory_->submit(agent_->conversation());
  if (has_successor()) give_place(now);
  // Whoever goes on in the room writes them at its end.
  const bool is_leaving = is_finishing() && !has_successor();
  const bool is_over = (out_ && place_ != Place::handed_over) || is_leaving;
  const bool has_all = tracks_.empty() || is_leaving;
  if (is_over && has_all && minutes_state_ == MinutesState::wanted) write_minutes();
  if (minutes_state_ == MinutesState::writing && now >= minutes_by_) give_minutes({});
  const bool is_done =
      place_ == Place::handed_over || (place_ != Place::recalling && has_minutes());
  if (out_ && is_done) {
    const bool failed = out_->why == room::Disconnected::Why::failed;
    return end(failed ? kCloseInternal : kCloseNormal, failed ? out_->error.message : "");
  }
  if (!is_in_ && !out_ && now >= opened_ + kRoomJoinPatience) {
    end(kCloseInternal, "the room did not let the agent in in time");
  }
  if (now >= deadline_) end(kCloseNormal, "the session has lasted its time");
  const bool is_alone = is_in_ && room_.persons() == 0;
  if (!is_alone) alone_since_.reset();
  if (is_alone && !alone_since_) alone_since_ = now;
  if (is_left_alone() && now >= *alone_since_ + request_.alone_max) finish();
}

bool RoomCore::is_left_alone() const {
  return alone_since_ && request_.alone_max > Millis(0) && !is_finishing();
}

bool RoomCore::is_anybody_speaking() const {
  return std::ranges::any_of(
      tracks_, [](const auto& entry) { return entry.second.pipeline->is_speaking(); });
}

/// Or about to: a reply is being made.
bool RoomCore::is_answering() const {
  if (exact_ || (agent_ && agent_->active_response() != nullptr)) return true;
  const auto own = voices_.find({});
  return own != voices_.end() && !own->second.voice.is_silent(context_.clock.now());
}

/// Something of the reply is in the air.
bool RoomCore::is_heard() const {
  const auto own = voices_.find({});
  return own != voices_.end() && own->second.voice.plays_until() > context_.clock.now();
}

Speaking RoomCore::self() const {
  const auto own = voices_.find({});
  return {room_.self().identity, own == voices_.end() ? std::string() : own->second.track_sid};
}

/// To what was said, when nobody speaks any more.
void RoomCore::reply() {
  if (is_anybody_speaking() || is_answering()) return;
  if (wants_say_) return say(*std::exchange(wants_say_, std::nullopt));
  if (!wants_reply_) return;
  wants_reply_ = false;
  if (const auto refused = take_request()) return end(kClosePolicy, refused->message);
  muted_ = false;
  agent_->create_response({});
}

void RoomCore::say(std::string words) {
  auto speech = ExactSpeech::make(context_, executor_,
                                  {.id = agent_->make_id("item_"),
                                   .words = std::move(words),
                                   .settings = {.voice = settings_.voice,
                                                .speed = settings_.speed,
                                                .any_seed = settings_.any_seed,
                                                .rate = kVoiceRate}},
                                  waker());
  if (!speech) return failed(speech.error());
  exact_ = std::move(*speech);
  agent::Item item;
  item.id = exact_->text().id;
  item.role = agent::Item::Role::assistant;
  agent::ContentPart& part = item.content.emplace_back();
  part.kind = agent::ContentPart::Kind::output_text;
  part.text = exact_->text().words;
  agent_->insert_item(std::move(item), {});
  make_exact_speech();
}

void RoomCore::make_exact_speech() {
  if (!exact_) return;
  RoomVoice& voice = voice_of({}).voice;
  const std::string& id = exact_->text().id;
  const bool is_made =
      exact_->run({.sound = [&](std::span<const float> samples) { voice.add_audio(id, samples); },
                   .clause =
                       [&](const media::TextDelta& clause) {
                         const char* const space = clause.head.pts > MediaTime{} ? " " : "";
                         voice.add_words(id, clause.head.pts, space + clause.text);
                       }});
  if (!is_made) return;
  voice.end_item();
  exact_.reset();
}

void RoomCore::stop_reply() {
  exact_.reset();
  const agent::Response* const active = agent_->active_response();
  if (active == nullptr) return;
  // A copy: cancelling destroys the response that the name belongs to.
  const std::string id = active->id;
  agent_->cancel_response(id);
}

/// No more of it is played, and the conversation keeps what was heard.
void RoomCore::interrupt(Instant now) {
  metrics_.interruptions.add();
  stop_reply();
  Voice& own = voice_of({});
  const std::vector<RoomVoice::Cut> cuts = own.voice.drop(now);
  link_->clear_voice(own.id);
  for (const RoomVoice::Cut& one : cuts) {
    cut(one.item_id, one.played);
    cut_words(one.item_id);
  }
  transcripts_.end_speeches(self());
}

/// Words that were said exactly are text: what was heard of it takes its place.
void RoomCore::cut_words(const std::string& item_id) {
  const agent::Conversation& conversation = agent_->conversation();
  const agent::Item* const item = conversation.find(item_id);
  const bool is_text = item != nullptr && !item->content.empty() &&
                       item->content.back().kind == agent::ContentPart::Kind::output_text;
  if (!is_text) return;
  agent::Item heard = *item;
  heard.content.back().text = transcripts_.spoken(item_id);
  using Position = agent::Conversation::Position;
  const std::string before = conversation.previous_id(item_id);
  const Position place =
      before.empty() ? Position{Position::Kind::front} : Position{Position::Kind::after, before};
  agent_->delete_item(item_id);
  if (!heard.content.back().text.empty()) agent_->insert_item(std::move(heard), place);
}

// --- voices --------------------------------------------------------------------------------------

RoomCore::Voice& RoomCore::voice_of(const std::string& identity) {
  const auto at = voices_.find(identity);
  if (at != voices_.end()) return at->second;
  Voice& voice = voices_
                     .emplace(identity, Voice{.voice = RoomVoice(context_.buffers, kVoiceRate),
                                              .track_sid = {},
                                              .id = ++voices_made_})
                     .first->second;
  link_->publish_voice(voice.id, identity.empty() ? "voice" : "translation:" + identity,
                       kVoiceRate);
  return voice;
}

void RoomCore::place(const room::VoicePublished& published) {
  const auto at = std::ranges::find_if(
      voices_, [&](const auto& entry) { return entry.second.id == published.voice; });
  if (at == voices_.end()) return;
  if (published.track_sid) {
    at->second.track_sid = *published.track_sid;
  } else {
    end(kCloseInternal, "a voice could not be published: " + published.track_sid.error().message);
  }
}

/// Translations of those who have left, once they have been heard.
void RoomCore::take_back_voices(Instant now) {
  std::erase_if(voices_, [&](const auto& entry) {
    const auto& [identity, voice] = entry;
    const bool is_needed = identity.empty() || room_.find(identity) != nullptr ||
                           voice.track_sid.empty() || !voice.voice.is_silent(now) ||
                           std::ranges::any_of(tracks_, [&](const auto& track) {
                             return track.second.identity == identity;
                           });
    if (!is_needed) link_->unpublish_voice(voice.id);
    return !is_needed;
  });
}

/// Voices that stand in the room get what is due.
void RoomCore::pump(Instant now) {
  for (auto& [identity, voice] : voices_) {
    if (voice.track_sid.empty()) continue;
    voice.voice.pump(
        now,
        {.sound =
             [&](media::BufferRef bytes) {
               PARLEY_HOP();
               link_->write_voice(voice.id, std::move(bytes));
             },
         .words = [&](const std::string& item,
                      std::string words) { transcripts_.speak(self(), item, std::move(words)); },
         .over = [&](const std::string& item) { transcripts_.end_speech(self(), item); }});
  }
}

void RoomCore::show_state(Instant now) {
  const auto own = voices_.find({});
  const bool is_speaking = own != voices_.end() && !own->second.voice.is_silent(now);
  const bool is_thinking = wants_reply_ || is_answering();
  const char* const state = is_speaking ? "speaking" : is_thinking ? "thinking" : "listening";
  if (state == state_) return;
  state_ = state;
  link_->set_attributes({{kStateAttribute, state_}});
  tell_program(AgentStateChanged{state_});
}

// --- minutes -------------------------------------------------------------------------------------

/// Or none are to be written.
bool RoomCore::has_minutes() const {
  if (minutes_state_ == MinutesState::given) return true;
  return minutes_state_ == MinutesState::none && (!has_minutes_ || tracks_.empty());
}

void RoomCore::write_minutes() {
  minutes_state_ = MinutesState::writing;
  minutes_by_ = context_.clock.now() + kMinutesPatience;
  agent::Item item;
  item.id = agent_->make_id("item_");
  std::string& text = item.content.emplace_back().text;
  for (const Minutes::Line& line : minutes_.lines) text += line.speaker + ": " + line.text + "\n";
  agent::ResponseOptions options;
  options.out_of_band = true;
  options.audio = false;
  options.instructions = kMinutesInstructions;
  options.input.emplace().push_back(std::move(item));
  agent_->create_response(std::move(options));
}

void RoomCore::give_minutes(std::string text) {
  minutes_state_ = MinutesState::given;
  minutes_.text = std::move(text);
  if (request_.minutes) request_.minutes(std::move(minutes_));
}

// --- the agent's events --------------------------------------------------------------------------

/// More of a reply has been spoken: its words go out with their sound.
void RoomCore::item_changed(const agent::Item& item) {
  if (memory_) memory_->change(item);
  const agent::Response* const active = agent_ ? agent_->active_response() : nullptr;
  if (active == nullptr || interrupted_ || item.role != agent::Item::Role::assistant ||
      item.content.empty() || item.content.back().kind != agent::ContentPart::Kind::output_audio) {
    return;
  }
  if (item.id != clause_item_) {
    if (item.status != agent::Item::Status::in_progress) return;  // an old one was cut
    clause_item_ = item.id;
    clauses_told_ = 0;
  }
  const std::vector<agent::SpokenClause>& clauses = item.content.back().clauses;
  for (; clauses_told_ < clauses.size(); ++clauses_told_)
    add_clause(item.id, clauses[clauses_told_]);
}

/// Word for word, where the voice tells when each is heard.
void RoomCore::add_clause(const std::string& item_id, const agent::SpokenClause& clause) {
  RoomVoice& voice = voice_of({}).voice;
  const std::string space = clause.begin > MediaTime{} ? " " : "";
  if (clause.words.empty()) voice.add_words(item_id, clause.begin, space + clause.text);
  for (std::size_t at = 0; at < clause.words.size(); ++at) {
    voice.add_words(item_id, clause.words[at].begin,
                    (at > 0 ? " " : space) + clause.words[at].text);
  }
}

void RoomCore::audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) {
  if (interrupted_) return;
  const std::span<const std::byte> bytes = audio.bytes.bytes();
  voice_of({}).voice.add_audio(at.item.id,
                               std::span(reinterpret_cast<const std::int16_t*>(bytes.data()),
                                         bytes.size() / sizeof(std::int16_t)));
}

void RoomCore::audio_done(const agent::OutputRef& /*at*/) { voice_of({}).voice.end_item(); }

void RoomCore::response_done(const agent::Response& response, const agent::TurnTimeline& timeline) {
  AgentSession::response_done(response, timeline);
  if (response.out_of_band && minutes_state_ == MinutesState::writing) {
    const bool has_text = !response.output.empty() && !response.output.back().content.empty();
    give_minutes(has_text ? response.output.back().content.back().text : std::string());
  }
  if (response.status != agent::Response::Status::failed) return;
  log::warn("a reply in a room failed", {{"session", id_}, {"why", response.error.message}});
}

void RoomCore::failed(const Error& error) {
  log::warn("trouble in a room", {{"session", id_}, {"why", error.message}});
}

// --- time ----------------------------------------------------------------------------------------

bool RoomCore::is_quiet(Instant now) const {
  return successor_.empty() && is_all_said(now) && has_minutes();
}

bool RoomCore::is_all_said(Instant now) const {
  const bool is_heard = std::ranges::all_of(
      tracks_, [](const auto& entry) { return entry.second.pipeline->is_quiet(); });
  const bool is_said = std::ranges::all_of(
      voices_, [&](const auto& entry) { return entry.second.voice.is_silent(now); });
  const bool is_kept = !memory_ || memory_->is_idle();
  return AgentSession::is_quiet(now) && is_heard && is_said && is_kept && !exact_;
}

void RoomCore::add_looks(NextLook& next) const {
  if (!is_in_) next.consider(opened_ + kRoomJoinPatience);
  if (is_left_alone()) next.consider(*alone_since_ + request_.alone_max);
  if (place_ == Place::behind) {
    next.consider(entered_at_ + kPredecessorLook);
    next.consider(entered_at_ + request_.predecessor_patience);
  }
  if (place_ == Place::recalling && memory_) next.consider(memory_->next_at());
  if (has_successor()) {
    next.consider(active_at_ + kHandOverCalm);
    next.consider(handed_over_at_ + kHandOverGoodbye);
  }
  if (minutes_state_ == MinutesState::writing) next.consider(minutes_by_);
  for (const auto& [sid, track] : tracks_) {
    next.consider(track.pipeline->next_at());
    next.consider(track.until);
  }
  for (const auto& [identity, voice] : voices_) {
    if (const auto at = voice.voice.next_at(next.now)) next.consider(*at);
  }
}

}  // namespace parley::service
