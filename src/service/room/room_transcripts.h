// SPDX-License-Identifier: Apache-2.0
//
// What was said, told to the room as web clients expect it: as text streams of the topic
// "lk.transcription", and as the packets that older clients read.
//
// A person's utterance is one segment: each interim text and the final one is a whole stream of
// its own with the segment's id, so that clients replace what they show. Our own words are one
// stream for each segment, which grows as they are heard and ends with what was heard. A
// translation is a segment, too, that names the one which it translates.
//
// Threads: strand.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "media/media_time.h"
#include "room/room_link.h"
#include "service/room/agent_event.h"

namespace parley::service {

/// Names that clients look for (LiveKit's agents framework, 1.8), and two of our own.
inline constexpr const char* kTranscriptionTopic = "lk.transcription";
inline constexpr const char* kSegmentAttribute = "lk.segment_id";
inline constexpr const char* kFinalAttribute = "lk.transcription_final";
inline constexpr const char* kTrackAttribute = "lk.transcribed_track_id";
inline constexpr const char* kLanguageAttribute = "parley.language";        // ISO 639-1
inline constexpr const char* kTranslationAttribute = "parley.translation";  // likewise
inline constexpr const char* kTranslatedAttribute = "parley.segment";       // of what

/// Whose words, and where they were heard.
struct Speaking {
  std::string identity;
  std::string track_sid;
};

/// A stretch of speech with its words.
struct Said {
  std::string segment;
  std::string text;
  std::string language{};    // ISO 639-1; empty: not known
  media::MediaTime begin{};  // on the track
  media::MediaTime end{};
  bool is_final = false;
};

class RoomTranscripts {
 public:
  /// `link` outlives it. `prefix`: of segments' ids, so that two agents never share one. `events`
  /// is told all of it, too, without names; it may be empty.
  RoomTranscripts(room::RoomLink& link, std::string prefix, AgentEventSink events = {})
      : link_(link), prefix_(std::move(prefix)), events_(std::move(events)) {}

  /// The id of an utterance's segment; the same each time.
  [[nodiscard]] std::string segment_of(std::string_view track_sid, std::uint64_t utterance) const;

  void tell(const Speaking& who, const Said& said);
  /// `said.segment` is that of what was translated, `to` the language of the text.
  void tell_translation(const Speaking& who, const Said& said, const std::string& to);

  // Our own words; `item` names the segment.
  void speak(const Speaking& self, const std::string& item, std::string words);
  /// What has been heard of it; empty: nothing, or it has ended.
  [[nodiscard]] std::string spoken(const std::string& item) const;
  void end_speech(const Speaking& self, const std::string& item);
  /// All segments that are open end here.
  void end_speeches(const Speaking& self);

 private:
  void tell_legacy(const Speaking& who, const Said& said);
  void tell_program(const Speaking& who, const Said& said, bool is_own);

  room::RoomLink& link_;
  const std::string prefix_;
  const AgentEventSink events_;
  std::map<std::string, std::string, std::less<>> open_;  // of ours: text so far by item
};

}  // namespace parley::service
