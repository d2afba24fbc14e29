// SPDX-License-Identifier: Apache-2.0
//
// The user's words, while he speaks and when he has spoken.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/voice_agent_impl.h"

namespace parley::agent {

/// One of an utterance that is over comes too late: its words follow.
void VoiceAgent::Impl::take_partial(const media::Transcript& partial) {
  if (!settings.transcription || utterance_item.empty() || partial.utterance != utterance) return;
  const std::string more = told.add(partial.text, partial.stable_bytes);
  if (!more.empty()) listener.transcription_delta(utterance_item, more);
}

void VoiceAgent::Impl::take_transcript(const media::Transcript& transcript) {
  const std::optional<Error> error = std::exchange(recognition_error, std::nullopt);
  const auto found = std::find_if(heard.begin(), heard.end(), [&](const Heard& one) {
    return one.utterance == transcript.utterance;
  });
  if (found == heard.end()) return;
  const Heard one = std::move(*found);
  heard.erase(found);
  if (reply) reply->transcript_arrived();
  // The client may have deleted the item meanwhile; its transcript is then nobody's.
  Item* const item = conversation.find(one.item_id, one.serial);
  if (item == nullptr) return forget_speaker(one);
  item->content.front().text = transcript.text;
  item->content.front().has_transcript = true;
  item->content.front().words = transcript.words;
  listener.item_changed(*item);
  if (!transcript.is_final) {
    forget_speaker(one);
    tell_transcript_failed(listener, one.transcribe, one.item_id,
                           error.value_or(Error{ErrorCode::internal, "recognition failed"}));
    return;
  }
  listener.user_said(one.item_id, transcript.text);
  if (!one.transcribe) return;
  if (!one.diarize && unnamed.empty()) return tell_words(one, transcript);
  unnamed.push_back({one, transcript});
  name_speakers();
}

void VoiceAgent::Impl::tell_words(const Heard& one, const media::Transcript& transcript) {
  const std::string untold = one.told.rest(transcript.text);
  Transcription words{
      .text = transcript.text, .audio = transcript.head.duration, .words = transcript.words};
  if (settings.token_scores) words.tokens = transcript.tokens;
  words.language = transcript.language;
  words.untold = untold;
  if (one.diarize) words.speech = {last_speaker, one.speech_begin, one.speech_end};
  listener.transcription_completed(one.item_id, words);
}

/// Where there is a model for it, it hears along from now on.
bool VoiceAgent::Impl::tells_speakers() {
  if (!settings.diarize || !settings.transcription) return false;
  if (!voices && context.speakers != nullptr && context.voices != nullptr) {
    voices.emplace(among(*context.voices));
  }
  return true;
}

operators::SpeakerLabels::Surroundings VoiceAgent::Impl::among(model::KnownSpeakers& known) const {
  return {.host = *context.speakers,
          .known = known,
          .clock = context.clock,
          .owner = context.owner,
          .waker = waker};
}

/// A speaker is looked for since the last pause, as the words are, and told with them.
void VoiceAgent::Impl::name_speakers() {
  while (!unnamed.empty()) {
    const auto& [one, transcript] = unnamed.front();
    if (one.diarize && voices) {
      if (!voices->is_ready(one.utterance)) return;
      std::string name = voices->take(one.utterance);
      if (!name.empty()) last_speaker = std::move(name);
    }
    if (conversation.find(one.item_id, one.serial) != nullptr) tell_words(one, transcript);
    unnamed.pop_front();
  }
}

void VoiceAgent::Impl::forget_speaker(const Heard& of) noexcept {
  if (of.diarize && voices) voices->forget(of.utterance);
}

}  // namespace parley::agent
