// SPDX-License-Identifier: Apache-2.0
//
// The way in: what happens in the room, and what the agent's graph makes of each track.
#include "service/room/room_core.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/random.h"
#include "base/trace.h"
#include "room/addressee.h"
#include "service/room/room_notes.h"

namespace parley::service {
namespace {

using media::MediaTime;
using media::TurnEvent;

constexpr std::size_t kStepsPerTrack = 256;
constexpr int kVoiceRate = 24'000;  // Hz
constexpr const char* kChatTopic = "lk.chat";
constexpr MediaTime kSoundLength = MediaTime::from_ms(20);

agent::AgentSettings settings_of(agent::AgentSettings settings, const RoomRequest& request) {
  settings = worded_settings(std::move(settings), {media::Codec::pcm16, kVoiceRate},
                             {media::Codec::pcm16, kVoiceRate});
  settings.turn.detect = false;  // the graph of each track does
  if (!request.instructions.empty()) settings.instructions = request.instructions;
  if (!request.voice.empty()) settings.voice = request.voice;
  settings.instructions += " Your name is " + request.name +
                           ". You are in a room where several people may talk: what each of them "
                           "says begins with his name. Do not begin with yours.";
  return settings;
}

}  // namespace

RoomMetrics::RoomMetrics(Metrics& metrics)
    : sessions(metrics.gauge("parley_room_sessions", "Rooms that an agent is in")),
      opened(metrics.counter("parley_room_sessions_total", "Rooms that an agent was sent to")),
      refused(metrics.counter("parley_room_sessions_refused_total",
                              "Rooms that were refused at a limit")),
      tracks(metrics.gauge("parley_room_tracks", "Spoken tracks that are heard in rooms")),
      tracks_refused(metrics.counter("parley_room_tracks_refused_total",
                                     "Spoken tracks that are not heard: there are too many")),
      sound_lost(metrics.counter("parley_room_sound_lost_total",
                                 "Frames of 20 ms that a track's graph had no time for")),
      interruptions(metrics.counter("parley_room_interruptions_total",
                                    "Replies in rooms that speech cut off")),
      mailbox_refused(metrics.counter("parley_room_mailbox_refused_total",
                                      "Events that an agent's mailbox had no room for")) {}

Result<std::unique_ptr<RoomCore>> RoomCore::make(Setup setup) {
  const std::uint64_t seed = setup.session.seed;
  setup.session.settings = settings_of(std::move(setup.session.settings), setup.request);
  std::unique_ptr<RoomCore> core(new RoomCore(std::move(setup)));
  PARLEY_TRY_STATUS(core->make_agent(core->context_, seed));
  return core;
}

RoomCore::RoomCore(Setup setup)
    : AgentSession(std::move(setup.session), setup.link, kRoomEventsWaitingMax,
                   setup.metrics.mailbox_refused),
      registry_(setup.registry),
      metrics_(setup.metrics),
      request_(std::move(setup.request)),
      transcripts_(*setup.link, Random(setup.session.seed).id("SG_"),
                   [this](AgentEvent event) { tell_program(std::move(event)); }),
      executor_(setup.session.executor),
      answers_(request_.graph->gives("utterances")),
      has_minutes_(request_.graph->gives("minutes")),
      minutes_from_(opened_),
      active_at_(opened_) {
  minutes_.job = request_.job;
  const bool is_kept = setup.keeping.store != nullptr && !request_.conversation.empty();
  if (!is_kept || !(answers_ || has_minutes_)) return;
  memory_.emplace(setup.keeping,
                  ConversationLog::Start{request_.conversation,
                                         {.owner = request_.owner, .model = request_.agent}},
                  ConversationLog::Surroundings{context_.clock, context_.timers}, waker());
}

RoomCore::~RoomCore() {
  close();
  metrics_.tracks.add(-static_cast<std::int64_t>(tracks_.size()));
}

void RoomCore::handle(room::RoomEvent event) {
  // While the room still knows him.
  if (const auto* left = std::get_if<room::ParticipantLeft>(&event)) see_off(left->identity);
  if (!room_.apply(event)) return;
  if (const auto* sound = std::get_if<room::TrackSound>(&event)) {
    hear(*sound);
  } else if (const auto* in = std::get_if<room::Connected>(&event)) {
    enter(*in);
  } else if (const auto* published = std::get_if<room::TrackPublished>(&event)) {
    listen_to(*published);
  } else if (const auto* gone = std::get_if<room::TrackUnpublished>(&event)) {
    stop_listening(gone->track_sid);
  } else if (const auto* came = std::get_if<room::ParticipantJoined>(&event)) {
    tell_program(ParticipantCame{came->participant});
  } else if (const auto* went = std::get_if<room::ParticipantLeft>(&event)) {
    tell_program(ParticipantWent{went->identity});
  } else if (const auto* muted = std::get_if<room::TrackMuted>(&event)) {
    const auto at = tracks_.find(muted->track_sid);
    if (at != tracks_.end() && muted->is_muted) at->second.pipeline->hush(context_.clock.now());
  } else if (const auto* text = std::get_if<room::TextReceived>(&event)) {
    read(*text);
  } else if (const auto* call = std::get_if<room::CallReceived>(&event)) {
    serve(*call);
  } else if (const auto* command = std::get_if<room::Command>(&event)) {
    obey(*command);
  } else if (const auto* voice = std::get_if<room::VoicePublished>(&event)) {
    place(*voice);
  } else if (auto* out = std::get_if<room::Disconnected>(&event)) {
    leave(*out);
  }
}

void RoomCore::enter(const room::Connected& in) {
  // Where a room is deleted while somebody joins it, LiveKit's client tries again, and the server
  // makes a new one for him alone.
  if (!request_.room_sid.empty() && !in.sid.empty() && in.sid != request_.room_sid) {
    return end(kCloseNormal, "the room of the job is over: this is another of its name");
  }
  is_in_ = true;
  minutes_.room = in.room;
  log::info(
      "in a room",
      {{"session", id_},
       {"job", request_.job},
       {"agent", request_.agent},
       {"room", in.room},
       {"ms", std::chrono::duration<double, std::milli>(context_.clock.now() - opened_).count()}});
  link_->serve_calls({"say", "interrupt", "set_instructions"});
  if (answers_) voice_of({});
  begin(context_.clock.now());
}

/// What minutes there are is written all the same; then it ends.
void RoomCore::leave(const room::Disconnected& out) {
  is_in_ = false;
  for (const auto& [sid, track] : tracks_) stop_listening(sid);
  if (agent_->active_response() != nullptr) stop_reply();
  out_ = out;
}

bool RoomCore::hears(const std::string& identity) const {
  if (!request_.participant.empty()) return identity == request_.participant;
  const room::Participant* const one = room_.find(identity);
  return one != nullptr && room::Room::is_person(*one);
}

void RoomCore::listen_to(const room::TrackPublished& published) {
  if (!hears(published.identity)) return;
  if (const auto at = tracks_.find(published.track.sid); at != tracks_.end()) {
    if (at->second.until == Instant::never()) return;
    // Its last words were still being told: after our connection was made anew it is there again.
    at->second.until = Instant::never();
    at->second.name.clear();
    return link_->subscribe(published.track.sid);
  }
  if (tracks_.size() >= kRoomTracksMax) {
    metrics_.tracks_refused.add();
    log::warn("a track is not heard: there are too many",
              {{"session", id_}, {"participant", published.identity}});
    return;
  }
  auto pipeline = TrackPipeline::make(*request_.graph, registry_,
                                      {.clock = context_.clock,
                                       .timers = context_.timers,
                                       .waker = waker(),
                                       .metrics = context_.metrics,
                                       .tap = context_.tap,
                                       .watchdog = context_.watchdog,
                                       .name = id_ + "/" + published.track.sid},
                                      context_.buffers, metrics_.sound_lost);
  if (!pipeline) {
    return end(kCloseInternal, "the agent's graph: " + pipeline.error().message);
  }
  tracks_.emplace(published.track.sid,
                  HeardTrack{.identity = published.identity, .pipeline = std::move(*pipeline)});
  metrics_.tracks.add(1);
  link_->subscribe(published.track.sid);
}

/// Its last words are still told.
void RoomCore::stop_listening(const std::string& track_sid) {
  const auto at = tracks_.find(track_sid);
  if (at == tracks_.end()) return;
  const Instant now = context_.clock.now();
  at->second.pipeline->hush(now);
  at->second.until = now + kTrackEndPatience;
}

void RoomCore::see_off(const std::string& identity) {
  for (auto& [sid, track] : tracks_) {
    if (track.identity != identity) continue;
    track.name = room_.name_of(identity);
    stop_listening(sid);
  }
}

/// What its translation was cut off in is over.
void RoomCore::let_go_of(const HeardTrack& track) {
  metrics_.tracks.add(-1);
  const auto voice = voices_.find(track.identity);
  if (voice != voices_.end()) voice->second.voice.end_item();
}

void RoomCore::hear(const room::TrackSound& sound) {
  const auto at = tracks_.find(sound.track_sid);
  if (at == tracks_.end() || !take_audio(kSoundLength)) return;
  PARLEY_HOP();
  at->second.pipeline->hear(sound.bytes, context_.clock.now());
}

/// Written words interrupt and are answered, as spoken ones would be, whoever is there.
void RoomCore::read(const room::TextReceived& text) {
  if (text.topic != kChatTopic || text.text.empty() || place_ == Place::handed_over) return;
  active_at_ = context_.clock.now();
  if (place_ != Place::working) {
    if (held_texts_.size() == kRoomTextsHeldMax) held_texts_.pop_front();
    held_texts_.push_back({text, active_at_});
    return;
  }
  if (has_minutes_) note(room_.name_of(text.identity), text.text);
  if (!answers_) return;
  interrupted_ = is_answering();
  add_utterance(room_.name_of(text.identity), text.text);
  wants_reply_ = true;
}

void RoomCore::serve(const room::CallReceived& call) {
  if (!answers_) {
    return link_->refuse_call(call.call, {1500, "this agent only listens"});
  }
  if (place_ != Place::working) {
    return link_->refuse_call(call.call, {1500, "this agent is not at work"});
  }
  follow(call.what);
  link_->answer_call(call.call, "{}");
}

void RoomCore::obey(const room::Command& command) {
  if (answers_ && place_ == Place::working) return follow(command.what);
  constexpr std::array<const char*, 3> kNames = {"say", "interrupt", "set_instructions"};
  tell_program(CommandRefused{kNames[command.what.index()],
                              answers_ ? "this agent is not at work" : "this agent only listens"});
}

void RoomCore::follow(const std::variant<room::Say, room::Interrupt, room::SetInstructions>& wish) {
  if (const auto* say = std::get_if<room::Say>(&wish)) {
    interrupted_ = is_answering();
    wants_say_ = say->text;
  } else if (std::holds_alternative<room::Interrupt>(wish)) {
    interrupted_ = is_answering();
    wants_reply_ = owes_reply_ = false;
    wants_say_.reset();
  } else {
    set_instructions(std::get<room::SetInstructions>(wish).instructions);
  }
}

/// With the speaker's name, where it is about one.
void RoomCore::tell_program(AgentEvent event) const {
  if (!request_.events) return;
  if (auto* said = std::get_if<WordsSaid>(&event)) {
    said->name = said->is_own ? request_.name : speaker_of(said->identity);
  }
  if (auto* translated = std::get_if<WordsTranslated>(&event)) {
    translated->name = speaker_of(translated->identity);
  }
  request_.events(std::move(event));
}

std::string RoomCore::speaker_of(const std::string& identity) const {
  for (const auto& [sid, track] : tracks_) {
    if (track.identity == identity) return speaker_of(track);
  }
  return room_.name_of(identity);
}

// --- what the graphs give ------------------------------------------------------------------------

void RoomCore::prepare(Instant now) {
  look_at_place(now);
  bool more = false;
  for (auto at = tracks_.begin(); at != tracks_.end();) {
    HeardTrack& track = at->second;
    more |= track.pipeline->run(now, kStepsPerTrack);
    take(at->first, track);
    if (track.until != Instant::never() && (now >= track.until || track.pipeline->is_quiet())) {
      let_go_of(track);
      at = tracks_.erase(at);
    } else {
      ++at;
    }
  }
  if (more) waker().wake();
}

void RoomCore::take(const std::string& track_sid, HeardTrack& track) {
  take_turns(track);
  take_texts(track_sid, track);
  take_speech(track_sid, track);
  graph::Pipeline& pipeline = *track.pipeline->graph().pipeline;
  while (!pipeline.errors().empty()) failed(pipeline.errors().pop().error);
  if (pipeline.failed() && track.until == Instant::never()) {
    log::error("the graph of a track has failed",
               {{"session", id_}, {"track", track_sid}, {"why", pipeline.failure().message}});
    track.until = context_.clock.now();
  }
}

void RoomCore::take_turns(HeardTrack& track) {
  auto* const events = track.pipeline->graph().events;
  while (events != nullptr && !events->empty()) {
    const TurnEvent event = events->pop();
    track.pipeline->note(event);
    if (event.kind != TurnEvent::Kind::started || !is_answering()) continue;
    // Who asked and goes on after a pause is still to be answered, and so is he of whose answer
    // nothing was heard.
    owes_reply_ = !exact_ && (track.identity == asked_by_ || !is_heard());
    interrupted_ = true;
    muted_ = true;
  }
}

Said RoomCore::said(const std::string& track_sid, const media::Transcript& words) const {
  return {.segment = transcripts_.segment_of(track_sid, words.utterance.value),
          .text = words.text,
          .language = words.language,
          .begin = words.head.pts,
          .end = words.head.pts + words.head.duration,
          .is_final = words.is_final};
}

void RoomCore::take_texts(const std::string& track_sid, HeardTrack& track) {
  room::TrackGraph& graph = track.pipeline->graph();
  const Speaking who{track.identity, track_sid};
  while (graph.partials != nullptr && !graph.partials->empty()) {
    const media::Transcript words = graph.partials->pop();
    if (words.text.empty() || place_ != Place::working) continue;
    Said interim = said(track_sid, words);
    interim.is_final = false;
    track.interim = words.utterance.value;
    transcripts_.tell(who, interim);
  }
  while (graph.transcripts != nullptr && !graph.transcripts->empty()) {
    const media::Transcript words = graph.transcripts->pop();
    // Nothing was said after all: that is told only to those who have seen words of it.
    if (words.text.empty() && track.interim != words.utterance.value) continue;
    take_words({Output::transcript, track_sid, track.identity, speaker_of(track), words});
  }
  const auto take_all = [&](auto* from, Output output) {
    while (from != nullptr && !from->empty()) {
      media::Transcript words = from->pop();
      if (words.text.find_first_not_of(" \t\n") == std::string::npos) {
        if (output == Output::utterance) wants_reply_ |= std::exchange(owes_reply_, false);
        continue;
      }
      take_words({output, track_sid, track.identity, speaker_of(track), std::move(words)});
    }
  };
  take_all(graph.translations, Output::translation);
  take_all(graph.utterances, Output::utterance);
  take_all(graph.minutes, Output::minute);
}

/// Whoever is not at work yet keeps them: they may be for us.
void RoomCore::take_words(HeldWords heard) {
  active_at_ = context_.clock.now();
  if (place_ == Place::working) return tell(heard);
  if (place_ == Place::handed_over) return;
  if (held_words_.size() == kRoomTextsHeldMax) held_words_.pop_front();
  held_words_.push_back(std::move(heard));
}

void RoomCore::tell(const HeldWords& heard) {
  const Speaking who{heard.identity, heard.track_sid};
  Said final = said(heard.track_sid, heard.words);
  final.is_final = true;
  switch (heard.output) {
    case Output::transcript:
      return transcripts_.tell(who, final);
    case Output::translation:
      return transcripts_.tell_translation(who, final, request_.to);
    case Output::utterance: {
      add_utterance(heard.speaker, heard.words.text);
      const bool is_alone = room_.persons() <= 1;
      const bool is_addressed = is_alone || room::is_named(heard.words.text, request_.name);
      if (is_addressed) asked_by_ = heard.identity;
      wants_reply_ |= std::exchange(owes_reply_, false) || is_addressed;
      return;
    }
    case Output::minute:
      return note(heard.speaker, heard.words.text);
  }
}

/// As much as its voice has room for; then the graph waits.
void RoomCore::take_speech(const std::string& track_sid, HeardTrack& track) {
  auto* const speech = track.pipeline->graph().speech;
  while (speech != nullptr && !speech->empty()) {
    if (place_ != Place::working) {
      static_cast<void>(speech->pop());
      continue;
    }
    Voice& voice = voice_of(track.identity);
    if (voice.voice.waiting().nanos() > kTranslationWaitingMax) return;
    const media::AudioFrame frame = speech->pop();
    voice.voice.add_audio(track_sid, frame.samples.floats());
    if (frame.head.is_last) voice.voice.end_item();
  }
}

std::string RoomCore::speaker_of(const HeardTrack& track) const {
  return track.name.empty() ? room_.name_of(track.identity) : track.name;
}

void RoomCore::add_utterance(const std::string& speaker, const std::string& text) {
  agent::Item item;
  item.id = agent_->make_id("item_");
  item.content.emplace_back().text = speaker + ": " + text;
  agent_->insert_item(std::move(item), {});
}

void RoomCore::note(const std::string& speaker, const std::string& text) {
  if (minutes_state_ != MinutesState::none && minutes_state_ != MinutesState::wanted) return;
  if (minutes_.lines.size() == kMinutesLinesMax) {
    log::warn("minutes are too long: their first line is forgotten", {{"session", id_}});
    minutes_.lines.erase(minutes_.lines.begin());
    if (memory_) {
      agent_->delete_item(line_items_.front());
      line_items_.pop_front();
    }
  }
  const Nanos at = context_.clock.now() - minutes_from_;
  minutes_.lines.push_back({speaker, text, std::chrono::duration_cast<Millis>(at).count()});
  minutes_state_ = MinutesState::wanted;
  if (!memory_) return;
  agent::Item item = kept_line(agent_->make_id(kLineItem), minutes_.lines.back());
  line_items_.push_back(item.id);
  agent_->insert_item(std::move(item), {});
}

}  // namespace parley::service
