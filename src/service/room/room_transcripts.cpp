// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_transcripts.h"

#include <utility>

namespace parley::service {
namespace {

std::string boolean(bool value) { return value ? "true" : "false"; }

room::TextStream stream_of(const Speaking& who, const std::string& segment, bool is_final) {
  room::TextStream stream;
  stream.topic = kTranscriptionTopic;
  stream.sender = who.identity;
  stream.attributes[kSegmentAttribute] = segment;
  stream.attributes[kFinalAttribute] = boolean(is_final);
  if (!who.track_sid.empty()) stream.attributes[kTrackAttribute] = who.track_sid;
  return stream;
}

}  // namespace

std::string RoomTranscripts::segment_of(std::string_view track_sid, std::uint64_t utterance) const {
  return prefix_ + "_" + std::string(track_sid) + "_" + std::to_string(utterance);
}

void RoomTranscripts::tell(const Speaking& who, const Said& said) {
  room::TextStream stream = stream_of(who, said.segment, said.is_final);
  if (!said.language.empty()) stream.attributes[kLanguageAttribute] = said.language;
  link_.send_text(std::move(stream), said.text);
  tell_legacy(who, said);
  tell_program(who, said, false);
}

void RoomTranscripts::tell_translation(const Speaking& who, const Said& said,
                                       const std::string& to) {
  room::TextStream stream = stream_of(who, said.segment + "_" + to, said.is_final);
  stream.attributes[kTranslationAttribute] = to;
  stream.attributes[kTranslatedAttribute] = said.segment;
  link_.send_text(std::move(stream), said.text);
  if (!events_) return;
  events_(WordsTranslated{
      .identity = who.identity, .segment = said.segment, .text = said.text, .to = to});
}

void RoomTranscripts::tell_legacy(const Speaking& who, const Said& said) {
  link_.send_transcription({.identity = who.identity,
                            .track_sid = who.track_sid,
                            .segment = said.segment,
                            .text = said.text,
                            .language = said.language,
                            .begin = said.begin,
                            .end = said.end,
                            .is_final = said.is_final});
}

void RoomTranscripts::tell_program(const Speaking& who, const Said& said, bool is_own) {
  if (!events_) return;
  events_(WordsSaid{.identity = who.identity,
                    .segment = said.segment,
                    .text = said.text,
                    .language = said.language,
                    .begin_ms = said.begin.ms(),
                    .end_ms = said.end.ms(),
                    .is_final = said.is_final,
                    .is_own = is_own});
}

void RoomTranscripts::speak(const Speaking& self, const std::string& item, std::string words) {
  const std::string segment = prefix_ + "_" + item;
  const auto [at, is_new] = open_.try_emplace(item);
  if (is_new) {
    room::TextStream stream = stream_of(self, segment, false);
    stream.sender.clear();
    stream.id = segment;
    link_.open_text(std::move(stream));
  }
  at->second += words;
  link_.write_text(segment, std::move(words));
  const Said said{.segment = segment, .text = at->second};
  tell_legacy(self, said);
  tell_program(self, said, true);
}

std::string RoomTranscripts::spoken(const std::string& item) const {
  const auto at = open_.find(item);
  return at == open_.end() ? std::string() : at->second;
}

void RoomTranscripts::end_speech(const Speaking& self, const std::string& item) {
  const auto at = open_.find(item);
  if (at == open_.end()) return;
  const std::string segment = prefix_ + "_" + item;
  link_.close_text(segment, {{kFinalAttribute, boolean(true)}});
  const Said said{.segment = segment, .text = at->second, .is_final = true};
  tell_legacy(self, said);
  tell_program(self, said, true);
  open_.erase(at);
}

void RoomTranscripts::end_speeches(const Speaking& self) {
  while (!open_.empty()) {
    const std::string item = open_.begin()->first;
    end_speech(self, item);
  }
}

}  // namespace parley::service
