// SPDX-License-Identifier: Apache-2.0
//
// The recordings in items that a client made, on their way to their transcripts: one at a time,
// since a client that brings a long history must not fill the queue of all sessions. The items are
// the conversation's, or the input of one response. Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/agent_listener.h"
#include "agent/agent_settings.h"
#include "agent/conversation.h"
#include "agent/item_recognition.h"
#include "agent/voice_agent.h"
#include "exec/strand.h"

namespace parley::agent {

/// Beyond this a recording gets no transcript (counted).
inline constexpr std::size_t kRecordingsWaitingMax = 64;

class RecordingQueue {
 public:
  /// The references are the session's and outlive the queue.
  RecordingQueue(const AgentContext& context, const AgentSettings& settings,
                 AgentListener& listener, const exec::Waker& waker);
  /// Cancels what is under way.
  ~RecordingQueue();
  RecordingQueue(const RecordingQueue&) = delete;
  RecordingQueue& operator=(const RecordingQueue&) = delete;

  enum class Place : std::uint8_t {
    conversation,
    response
  };  // response: nobody asked for its text
  struct Found {
    Item* item = nullptr;  // null: it is gone
    Place place = Place::conversation;
  };
  using Find = std::function<Found(std::string_view id, std::uint64_t serial)>;

  /// Takes the parts of `item` that await a transcript.
  void add(Item& item, Place place);
  /// Moves the first one on and writes the transcripts into their items.
  void run(const Find& find);
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// True while parts of the item wait.
  [[nodiscard]] bool has(const Item& item) const;

 private:
  struct Recording {
    std::string item_id;
    std::uint64_t serial = 0;  // a client may delete the item and use its id again
    std::size_t content_index = 0;
  };

  void finish(Item& item, Place place);

  const AgentContext& context_;
  const AgentSettings& settings_;
  AgentListener& listener_;
  const exec::Waker& waker_;
  std::deque<Recording> waiting_;  // the first is at work when `recognition_` is there
  std::optional<ItemRecognition> recognition_;
  Instant retry_;  // when the host is asked again
  exec::TimerService::Id timer_ = 0;
};

/// Says that an item has no transcript, or only a part of it: to whoever asked for transcripts, or
/// else as a failure of the session.
void tell_transcript_failed(AgentListener& listener, bool transcription, std::string_view item_id,
                            const Error& error);

/// Counts what a session was refused because it has too many.
void count_refused(Metrics& metrics, std::string_view what);

}  // namespace parley::agent
