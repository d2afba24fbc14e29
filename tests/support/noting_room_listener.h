// SPDX-License-Identifier: Apache-2.0
//
// Notes what a room tells as lines of text, and lets a test wait for one.
//
// Threads: any.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transport/livekit/livekit_room.h"

namespace parley::test {

class NotingRoomListener final : public transport::LiveKitRoomListener {
 public:
  static constexpr std::chrono::seconds kPatience{30};

  void on_connected(const std::string& room, const std::string& room_sid,
                    const transport::LiveKitParticipant& self) override {
    note("connected " + room + (room_sid.empty() ? " without a sid" : "") + " as " + self.identity);
  }
  void on_reconnecting() override { note("reconnecting"); }
  void on_reconnected() override { note("reconnected"); }
  void on_ended(transport::LiveKitEnd why, const Error& error) override {
    const char* const words[] = {"removed", "deleted", "failed"};
    note("ended " + std::string(words[static_cast<int>(why)]) + " " +
         std::string(to_string(error.code)) + " " + error.message);
  }
  void on_participant_joined(const transport::LiveKitParticipant& participant) override {
    note("joined " + participant.identity + " " + participant.name);
  }
  void on_participant_changed(const transport::LiveKitParticipant& participant) override {
    note("changed " + participant.identity + listed(participant.attributes));
  }
  void on_participant_left(const std::string& identity) override { note("left " + identity); }
  void on_track_published(const std::string& identity,
                          const transport::LiveKitTrack& track) override {
    {
      const std::lock_guard lock(mutex_);
      track_ = track.sid;
    }
    note("published " + identity + " " + track.name + (track.is_muted ? " muted" : ""));
  }
  void on_track_unpublished(const std::string& identity, const std::string& /*sid*/) override {
    note("unpublished " + identity);
  }
  void on_track_muted(const std::string& /*sid*/, bool is_muted) override {
    note(is_muted ? "muted" : "unmuted");
  }
  void on_sound(const std::string& track_sid, std::span<const std::int16_t> samples) override {
    bool is_loud = false;
    {
      const std::lock_guard lock(mutex_);
      ++frames_;
      frame_samples_ = samples.size();
      is_loud = std::any_of(samples.begin(), samples.end(),
                            [](std::int16_t sample) { return std::abs(sample) > 1'000; });
      if (is_loud == loud_) return;
      loud_ = is_loud;
    }
    note((is_loud ? "loud " : "quiet ") + track_sid);
  }
  void on_text(const std::string& identity, const std::string& topic, const std::string& text,
               const transport::LiveKitAttributes& attributes) override {
    note("text " + identity + " " + topic + " " + text + listed(attributes));
  }
  void on_data(const std::string& identity, const std::string& topic,
               std::string_view bytes) override {
    note("data " + identity + " " + topic + " " + std::string(bytes));
  }
  void on_call(std::uint64_t call, const std::string& identity, const std::string& method,
               const std::string& payload) override {
    {
      const std::lock_guard lock(mutex_);
      call_ = call;
    }
    note("call " + identity + " " + method + " " + payload);
  }
  void on_voice_published(std::uint64_t voice, const Result<std::string>& track_sid) override {
    note("voice " + std::to_string(voice) + (track_sid ? " there" : " failed"));
  }

  /// Whether a line that begins so has come, or comes in time.
  [[nodiscard]] bool heard(std::string_view begin, std::chrono::seconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, patience, [this, begin] {
      return std::any_of(lines_.begin(), lines_.end(),
                         [begin](const std::string& line) { return line.starts_with(begin); });
    });
  }
  /// Likewise of a line that ends so.
  [[nodiscard]] bool heard_end(std::string_view end) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, kPatience, [this, end] {
      return std::any_of(lines_.begin(), lines_.end(),
                         [end](const std::string& line) { return line.ends_with(end); });
    });
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  /// Of the last track that was published.
  [[nodiscard]] std::string track() {
    const std::lock_guard lock(mutex_);
    return track_;
  }
  [[nodiscard]] std::size_t frame_samples() {
    const std::lock_guard lock(mutex_);
    return frame_samples_;
  }
  [[nodiscard]] std::uint64_t call() {
    const std::lock_guard lock(mutex_);
    return call_;
  }

 private:
  static std::string listed(const transport::LiveKitAttributes& attributes) {
    std::string list;
    for (const auto& [key, value] : attributes) list += " " + key + "=" + value;
    return list;
  }
  void note(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    came_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> lines_;  // GUARDED_BY(mutex_)
  std::string track_;               // GUARDED_BY(mutex_)
  std::size_t frames_ = 0;          // GUARDED_BY(mutex_)
  std::size_t frame_samples_ = 0;   // GUARDED_BY(mutex_)
  std::uint64_t call_ = 0;          // GUARDED_BY(mutex_)
  bool loud_ = false;               // GUARDED_BY(mutex_)
};

}  // namespace parley::test
