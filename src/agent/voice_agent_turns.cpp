// SPDX-License-Identifier: Apache-2.0
//
// The user's turns: what was said, or that nothing was, becomes an item and asks for a reply.
#include <algorithm>
#include <utility>

#include "agent/voice_agent_impl.h"

namespace parley::agent {

using media::MediaTime;
using media::TurnEvent;

void VoiceAgent::Impl::hear(const TurnEvent& event) {
  if (is_gated() && event.kind != TurnEvent::Kind::ended) labels->hear(event, input);
  if (tells_speakers() && voices && event.kind != TurnEvent::Kind::ended)
    voices->hear(event, input);
  switch (event.kind) {
    case TurnEvent::Kind::started:
      utterance_item = random.id("item_");
      utterance = event.utterance;
      speech_begin = event.head.pts;
      told = {};
      is_announced = settings.turn.detect;
      if (!is_announced) break;
      forget_silence();
      listener.speech_started(utterance_item, event.audio_begin);
      if (!settings.turn.interrupt_response) break;
      reply_queued = false;  // this turn's reply will answer both
      queued_options = {};
      voice.playout->fell_silent();  // the client stops what it plays
      if (reply) close_reply(Response::Status::cancelled, Response::Reason::turn_detected);
      break;
    case TurnEvent::Kind::paused:
    case TurnEvent::Kind::resumed:
      break;  // recognition's business
    case TurnEvent::Kind::ended:
      commit_utterance(event);
      break;
    case TurnEvent::Kind::cleared:
      utterance_item.clear();
      told = {};
      create_queued();
      break;
  }
}

/// After a reply: from when its listener has heard it all.
void VoiceAgent::Impl::await_speech() {
  if (reply || !utterance_item.empty() || !settings.turn.detect) return;
  if (settings.turn.idle_timeout == Millis::zero()) return;
  const Instant begin = std::max(context.clock.now(), voice.playout->busy_until());
  silence = Silence{.begin = begin, .end = begin + settings.turn.idle_timeout};
  silence_timer = context.timers.schedule(begin, waker);
}

/// Counted by the clock, since a client may send no audio while nobody speaks.
void VoiceAgent::Impl::watch_silence() {
  const Instant now = context.clock.now();
  if (!silence->has_begun && now >= silence->begin) {
    silence->has_begun = true;
    silence->audio_begin = appended;
    silence_timer = context.timers.schedule(silence->end, waker);
  }
  if (now >= silence->end) end_silence();
}

void VoiceAgent::Impl::forget_silence() {
  if (silence) context.timers.cancel(silence_timer);
  silence.reset();
}

/// The user's turn was silence: it becomes an item like any other, and is answered.
void VoiceAgent::Impl::end_silence() {
  const MediaTime begin = silence->audio_begin;
  forget_silence();
  const auto& turns = settings.turn;  // the client may have changed them meanwhile
  if (reply || !utterance_item.empty()) return;
  if (!turns.detect || turns.idle_timeout == Millis::zero()) return;
  Item item = make_recording(random.id("item_"), begin, appended);
  item.content.front().is_silence = true;
  item.content.front().has_transcript = true;
  listener.idle_timeout(item.id, begin, appended);
  commit_item(std::move(item));
  create_permitted({});
}

/// An item of what was said between two times; of a long one the end, no more is kept.
Item VoiceAgent::Impl::make_recording(std::string id, MediaTime begin, MediaTime end) {
  Item item;
  item.id = std::move(id);
  ContentPart& part = item.content.emplace_back();
  part.kind = ContentPart::Kind::input_audio;
  const auto audio = input.range(begin, end);
  part.audio.rate = operators::kInputBufferRate;
  part.audio.samples.assign(audio.begin(), audio.end());
  return item;
}

const Item& VoiceAgent::Impl::commit_item(Item item) {
  const Item& kept = conversation.insert(std::move(item));
  const std::string previous = conversation.previous_id(kept.id);
  listener.input_committed(kept.id, previous);
  listener.item_added(kept, previous);
  listener.item_done(kept, previous);
  return kept;
}

void VoiceAgent::Impl::commit_utterance(const TurnEvent& event) {
  // A client's commit ends an utterance that no detector ended: it is not reported as stopped.
  const bool detected = event.utterance != by_client;
  // A client may have used the announced id for an item of its own.
  if (utterance_item.empty()) utterance_item = random.id("item_");
  // Detection was switched on while somebody spoke.
  if (detected && !is_announced) listener.speech_started(utterance_item, event.audio_begin);
  if (detected) listener.speech_stopped(utterance_item, event.head.pts);

  std::string id = std::exchange(utterance_item, {});
  operators::AppendedText told_of_it = std::exchange(told, {});
  if (conversation.find(id) != nullptr) {
    id = random.id("item_");
    told_of_it = {};
  }
  const Item& kept = commit_item(make_recording(std::move(id), event.audio_begin, event.head.pts));
  const bool was_opened = event.utterance == utterance;
  heard.push_back({.utterance = event.utterance,
                   .item_id = kept.id,
                   .serial = kept.serial,
                   .transcribe = settings.transcription,
                   .told = std::move(told_of_it),
                   .diarize = tells_speakers(),
                   .speech_begin = was_opened ? speech_begin - event.audio_begin : MediaTime{},
                   .speech_end = event.speech_end - event.audio_begin});
  if (voices) heard.back().diarize ? voices->hear(event, input) : voices->drop_early();

  decision = context.clock.now();
  timeline.emplace();
  timeline->speech_end_ms = -(event.head.pts - event.speech_end).ms();
  // A reply that still waits for transcripts will read this turn too.
  const bool is_read = reply && reply_waits && !reply_options.input;
  tool_rounds = 0;
  const bool asks = detected && settings.turn.create_response && !is_read;
  if (is_gated()) {
    const bool is_judged = asks || settings.judge_turns;
    is_judged ? await_speaker(event, kept.id, asks) : labels->drop_early();
  } else if (asks) {
    reply_queued = true;
    queued_options = {};
  }
  create_queued();
}

/// Whoever is not enrolled is not answered.
bool VoiceAgent::Impl::is_gated() {
  if (!settings.enrolled_only || context.speakers == nullptr || context.known_speakers == nullptr) {
    return false;
  }
  if (!labels) {
    labels.emplace(among(*context.known_speakers));
  }
  return true;
}

/// Of this utterance; its audio is still in the buffer.
void VoiceAgent::Impl::await_speaker(const TurnEvent& event, std::string item_id, bool asks) {
  labels->hear(event, input);
  unknown.push_back({event.utterance, std::move(item_id), asks});
}

/// A stranger's turn stays in the conversation, and nobody answers it.
void VoiceAgent::Impl::admit_speakers() {
  while (!unknown.empty() && labels->is_ready(unknown.front().utterance)) {
    const Unknown one = std::move(unknown.front());
    unknown.pop_front();
    const bool is_enrolled = !labels->take(one.utterance).empty();
    if (settings.judge_turns) listener.turn_judged(one.item_id, is_enrolled);
    if (!one.asks) continue;
    if (!is_enrolled) {
      refused_turns(context.metrics).add();
      continue;
    }
    reply_queued = true;
    queued_options = {};
  }
  create_queued();
}

Counter& refused_turns(Metrics& metrics) {
  return metrics.counter("parley_gate_refused_total",
                         "Turns that were not answered: their speakers are not enrolled");
}

}  // namespace parley::agent
