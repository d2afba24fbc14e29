// SPDX-License-Identifier: Apache-2.0
//
// A room of LiveKit's in which anything happens in any order: bytes choose what its library tells,
// answers or refuses, and what is wanted of the room meanwhile. The listener hears a story that
// makes sense, and every handle is given back once.

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "transport/livekit/joined_room.h"

namespace {

using namespace parley;             // NOLINT: one file, one subject
using namespace parley::transport;  // NOLINT

constexpr std::uint64_t kRoom = 1;
constexpr std::uint64_t kSelf = 2;
constexpr std::uint64_t kMark = 3;  // of nobody's: an event of it is handled behind all others
constexpr std::size_t kTextMax = 40;
constexpr std::size_t kStepsMax = 400;

void require(bool condition) {
  if (!condition) std::abort();
}

/// What is asked for is noted where it has an answer; handles are counted.
class PlayedLibrary final : public Ffi {
 public:
  std::optional<ffi::FfiResponse> request(const ffi::FfiRequest& request) override {
    const std::lock_guard lock(mutex_);
    ffi::FfiResponse response;
    // Of all but the good-bye, without which it would be in the room for ever.
    if (std::exchange(refuses_, false) && !request.has_disconnect()) return std::nullopt;
    if (request.has_new_audio_stream()) {
      stream_ = new_handle();
      response.mutable_new_audio_stream()->mutable_stream()->mutable_handle()->set_id(stream_);
    } else if (request.has_new_audio_source()) {
      auto& source = *response.mutable_new_audio_source()->mutable_source();
      source.mutable_handle()->set_id(new_handle());
    } else if (request.has_create_audio_track()) {
      auto& track = *response.mutable_create_audio_track()->mutable_track();
      track.mutable_handle()->set_id(new_handle());
    } else if (request.has_text_read_incremental()) {
      require(given_.erase(request.text_read_incremental().reader_handle()) == 1);
      readers_.push_back(request.text_read_incremental().reader_handle());
    } else if (request.has_text_stream_close()) {
      require(given_.erase(request.text_stream_close().writer_handle()) == 1);
    }
    asked_.push_back(request);
    return response;
  }
  void drop(std::uint64_t handle) override {
    const std::lock_guard lock(mutex_);
    require(given_.erase(handle) == 1);
  }

  std::uint64_t give(std::uint64_t handle) {
    const std::lock_guard lock(mutex_);
    given_.insert(handle);
    return handle;
  }
  std::uint64_t give_new() {
    const std::lock_guard lock(mutex_);
    return new_handle();
  }
  void refuse_next(bool does = true) {
    const std::lock_guard lock(mutex_);
    refuses_ = does;
  }
  /// The oldest request that was not looked at yet.
  std::optional<ffi::FfiRequest> next_asked() {
    const std::lock_guard lock(mutex_);
    if (asked_.empty()) return std::nullopt;
    ffi::FfiRequest request = std::move(asked_.front());
    asked_.pop_front();
    return request;
  }
  std::uint64_t stream() {
    const std::lock_guard lock(mutex_);
    return stream_;
  }
  std::uint64_t reader(std::size_t which) {
    const std::lock_guard lock(mutex_);
    return readers_.empty() ? 0 : readers_[which % readers_.size()];
  }
  void require_nothing_kept() {
    const std::lock_guard lock(mutex_);
    require(given_.empty());
  }

 private:
  std::uint64_t new_handle() {  // with the lock
    given_.insert(++last_);
    return last_;
  }

  std::mutex mutex_;
  std::uint64_t last_ = 100;           // GUARDED_BY(mutex_)
  std::uint64_t stream_ = 0;           // GUARDED_BY(mutex_); the newest
  std::deque<std::uint64_t> readers_;  // GUARDED_BY(mutex_); that the library has taken back
  std::deque<ffi::FfiRequest> asked_;  // GUARDED_BY(mutex_)
  std::set<std::uint64_t> given_;      // GUARDED_BY(mutex_)
  bool refuses_ = false;               // GUARDED_BY(mutex_)
};

/// Requires that what is told makes sense.
class Judge final : public LiveKitRoomListener {
 public:
  void on_connected(const std::string&, const std::string&, const LiveKitParticipant&) override {
    const std::lock_guard lock(mutex_);
    require(!is_in_ && !is_over_ && !has_left_);
    is_in_ = true;
  }
  void on_ended(LiveKitEnd, const Error& error) override {
    const std::lock_guard lock(mutex_);
    require(!is_over_ && !has_left_ && !error.message.empty());
    is_over_ = true;
  }
  void on_reconnecting() override { require_inside(); }
  void on_reconnected() override { require_inside(); }
  void on_participant_joined(const LiveKitParticipant& participant) override {
    require_inside();
    require(people_.insert(participant.identity).second);
  }
  void on_participant_changed(const LiveKitParticipant& participant) override {
    require_inside();
    require(people_.contains(participant.identity));
  }
  void on_participant_left(const std::string& identity) override {
    require_inside();
    require(people_.erase(identity) == 1);
  }
  void on_track_published(const std::string&, const LiveKitTrack& track) override {
    require_inside();
    tracks_.insert(track.sid);
  }
  void on_track_unpublished(const std::string&, const std::string& track_sid) override {
    require_inside();
    require(tracks_.erase(track_sid) == 1);
  }
  void on_track_muted(const std::string& track_sid, bool) override {
    require_inside();
    require(tracks_.contains(track_sid));
  }
  void on_sound(const std::string&, std::span<const std::int16_t>) override { require_inside(); }
  void on_text(const std::string&, const std::string&, const std::string& text,
               const LiveKitAttributes&) override {
    require_inside();
    require(text.size() <= kTextMax);
  }
  void on_data(const std::string&, const std::string&, std::string_view) override {
    require_inside();
  }
  void on_call(std::uint64_t, const std::string&, const std::string&, const std::string&) override {
    require_inside();
  }
  void on_voice_published(std::uint64_t, const Result<std::string>&) override { require_inside(); }

  /// Nothing may come from here on.
  void leave() {
    const std::lock_guard lock(mutex_);
    has_left_ = true;
  }

 private:
  void require_inside() {
    const std::lock_guard lock(mutex_);
    require(is_in_ && !is_over_ && !has_left_);
  }

  std::mutex mutex_;       // sound comes on another thread
  bool is_in_ = false;     // GUARDED_BY(mutex_)
  bool is_over_ = false;   // GUARDED_BY(mutex_)
  bool has_left_ = false;  // GUARDED_BY(mutex_)
  // The hub's thread.
  std::set<std::string> people_;
  std::set<std::string> tracks_;
};

/// Hears of a handle that no room has, and so when all that came before was handled.
class Mark final : public FfiTarget {
 public:
  void on_event(const ffi::FfiEvent&) override {
    const std::lock_guard lock(mutex_);
    ++heard_;
    changed_.notify_all();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return heard_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int heard_ = 0;  // GUARDED_BY(mutex_)
};

class Story {
 public:
  explicit Story(std::string_view bytes) : bytes_(bytes) {
    hub_->enter(kMark, mark_);
    room_ = std::make_unique<JoinedRoom>(
        *hub_, counters_, LiveKitJoin{.url = "ws://room", .token = "token", .text_max = kTextMax},
        judge_);
  }

  void run() {
    for (std::size_t step = 0; step < kStepsMax && !bytes_.empty(); ++step) {
      const std::size_t what = next(4);
      if (what == 0) answer_next();
      if (what == 1) tell_room();
      if (what == 2) tell_other();
      if (what == 3) want();
    }
    leave();
    while (answer_next()) {
    }
    settle();
    room_.reset();
    hub_.reset();
    library_.require_nothing_kept();
  }

 private:
  std::size_t next(std::size_t below) {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % below;
  }
  std::string identity() { return std::string(1, static_cast<char>('a' + next(3))); }
  std::string sid() { return "TR_" + std::to_string(next(4)); }
  /// Of one to ten letters.
  std::string words() { return std::string(1 + next(10), 'w'); }

  template <typename Fill>
  void tell(Fill fill) {
    ffi::FfiEvent event;
    fill(event);
    hub_->take(std::move(event));
  }
  void settle() {
    tell([](ffi::FfiEvent& event) {
      event.mutable_room_event()->set_room_handle(kMark);
      event.mutable_room_event()->mutable_reconnected();
    });
    mark_.wait_for(++marks_);
  }
  /// Idempotent, as it is.
  void leave() {
    room_->leave();
    judge_->leave();
  }

  bool answer_next() {
    const auto asked = library_.next_asked();
    if (!asked) return false;
    tell([&](ffi::FfiEvent& event) { answer(*asked, event); });
    return true;
  }
  void answer(const ffi::FfiRequest& asked, ffi::FfiEvent& event);
  void answer_connect(ffi::ConnectCallback& answer);
  void tell_room();
  void tell_people(ffi::RoomEvent& event);
  void tell_track(ffi::RoomEvent& event);
  void tell_other();
  void want();
  void want_text();
  void fill_publication(ffi::OwnedTrackPublication& publication);

  std::string_view bytes_;
  Metrics metrics_;
  LiveKitCounters counters_{metrics_};
  PlayedLibrary library_;
  Mark mark_;
  int marks_ = 0;
  std::array<std::int16_t, 320> samples_{};
  std::shared_ptr<Judge> judge_ = std::make_shared<Judge>();
  std::unique_ptr<FfiHub> hub_ =
      std::make_unique<FfiHub>(library_, counters_.events_dropped, counters_.awaited);
  std::unique_ptr<JoinedRoom> room_;
};

void Story::answer(const ffi::FfiRequest& asked, ffi::FfiEvent& event) {
  const bool is_well = next(4) != 0;
  const auto finish = [&](auto& done, std::uint64_t id) {
    done.set_async_id(id);
    if (!is_well) done.set_error("no");
  };
  const auto finish_stream = [&](auto& done, std::uint64_t id) {
    done.set_async_id(id);
    if (!is_well) done.mutable_error()->set_description("no");
  };
  if (asked.has_connect()) {
    event.mutable_connect()->set_async_id(asked.connect().request_async_id());
    if (is_well) return answer_connect(*event.mutable_connect());
    event.mutable_connect()->set_error("no");
  } else if (asked.has_disconnect()) {
    event.mutable_disconnect()->set_async_id(asked.disconnect().request_async_id());
  } else if (asked.has_publish_track()) {
    finish(*event.mutable_publish_track(), asked.publish_track().request_async_id());
    if (is_well) fill_publication(*event.mutable_publish_track()->mutable_publication());
  } else if (asked.has_publish_data()) {
    finish(*event.mutable_publish_data(), asked.publish_data().request_async_id());
  } else if (asked.has_publish_transcription()) {
    finish(*event.mutable_publish_transcription(),
           asked.publish_transcription().request_async_id());
  } else if (asked.has_capture_audio_frame()) {
    finish(*event.mutable_capture_audio_frame(), asked.capture_audio_frame().request_async_id());
  } else if (asked.has_set_local_attributes()) {
    finish(*event.mutable_set_local_attributes(), asked.set_local_attributes().request_async_id());
  } else if (asked.has_text_stream_open()) {
    finish_stream(*event.mutable_text_stream_open(), asked.text_stream_open().request_async_id());
    if (is_well) {
      auto& writer = *event.mutable_text_stream_open()->mutable_writer();
      writer.mutable_handle()->set_id(library_.give_new());
    }
  } else if (asked.has_text_stream_write()) {
    finish_stream(*event.mutable_text_stream_writer_write(),
                  asked.text_stream_write().request_async_id());
  } else if (asked.has_text_stream_close()) {
    finish_stream(*event.mutable_text_stream_writer_close(),
                  asked.text_stream_close().request_async_id());
  } else if (asked.has_send_text()) {
    finish_stream(*event.mutable_send_text(), asked.send_text().request_async_id());
  }
}

void Story::answer_connect(ffi::ConnectCallback& answer) {
  auto& result = *answer.mutable_result();
  result.mutable_room()->mutable_handle()->set_id(library_.give(kRoom));
  result.mutable_local_participant()->mutable_handle()->set_id(library_.give(kSelf));
  result.mutable_local_participant()->mutable_info()->set_identity("me");
  for (std::size_t left = next(3); left > 0; --left) {
    auto& one = *result.add_participants();
    one.mutable_participant()->mutable_handle()->set_id(library_.give_new());
    one.mutable_participant()->mutable_info()->set_identity(identity());
    for (std::size_t tracks = next(3); tracks > 0; --tracks)
      fill_publication(*one.add_publications());
  }
}

void Story::fill_publication(ffi::OwnedTrackPublication& publication) {
  publication.mutable_handle()->set_id(library_.give_new());
  publication.mutable_info()->set_sid(sid());
  publication.mutable_info()->set_kind(next(4) == 0 ? ffi::KIND_VIDEO : ffi::KIND_AUDIO);
}

void Story::tell_room() {
  tell([this](ffi::FfiEvent& told) {
    ffi::RoomEvent& event = *told.mutable_room_event();
    event.set_room_handle(kRoom);
    switch (next(8)) {
      case 0:
        return void(event.mutable_reconnecting());
      case 1:
        return void(event.mutable_reconnected());
      case 2:
        return event.mutable_disconnected()->set_reason(
            static_cast<ffi::DisconnectReason>(next(ffi::DisconnectReason_ARRAYSIZE)));
      case 3: {
        auto& opened = *event.mutable_text_stream_opened();
        opened.set_participant_identity(identity());
        opened.mutable_reader()->mutable_handle()->set_id(library_.give_new());
        return opened.mutable_reader()->mutable_info()->set_topic(words());
      }
      case 4: {
        auto& data = *event.mutable_data_packet_received()->mutable_user()->mutable_data();
        data.mutable_handle()->set_id(library_.give_new());
        data.mutable_data()->set_data_ptr(reinterpret_cast<std::uintptr_t>(samples_.data()));
        return data.mutable_data()->set_data_len(next(sizeof samples_));
      }
      case 5:
        event.mutable_local_track_republished()->set_previous_sid(sid());
        return event.mutable_local_track_republished()->mutable_info()->set_sid(sid());
      case 6:
        return tell_people(event);
      default:
        return tell_track(event);
    }
  });
}

void Story::tell_people(ffi::RoomEvent& event) {
  switch (next(4)) {
    case 0: {
      auto& one = *event.mutable_participant_connected()->mutable_info();
      one.mutable_handle()->set_id(library_.give_new());
      return one.mutable_info()->set_identity(identity());
    }
    case 1:
      return event.mutable_participant_disconnected()->set_participant_identity(identity());
    case 2:
      return event.mutable_participant_name_changed()->set_participant_identity(identity());
    default:
      event.mutable_participant_attributes_changed()->add_attributes()->set_key(words());
      return event.mutable_participant_attributes_changed()->set_participant_identity(identity());
  }
}

void Story::tell_track(ffi::RoomEvent& event) {
  switch (next(6)) {
    case 0:
      event.mutable_track_published()->set_participant_identity(identity());
      return fill_publication(*event.mutable_track_published()->mutable_publication());
    case 1:
      return event.mutable_track_unpublished()->set_publication_sid(sid());
    case 2: {
      auto& track = *event.mutable_track_subscribed()->mutable_track();
      track.mutable_handle()->set_id(library_.give_new());
      return track.mutable_info()->set_sid(sid());
    }
    case 3:
      return event.mutable_track_unsubscribed()->set_track_sid(sid());
    case 4:
      return event.mutable_track_muted()->set_track_sid(sid());
    default:
      return event.mutable_track_unmuted()->set_track_sid(sid());
  }
}

void Story::tell_other() {
  tell([this](ffi::FfiEvent& event) {
    switch (next(5)) {
      case 0: {
        auto& stream = *event.mutable_audio_stream_event();
        stream.set_stream_handle(library_.stream());
        auto& frame = *stream.mutable_frame_received()->mutable_frame();
        frame.mutable_handle()->set_id(library_.give_new());
        frame.mutable_info()->set_data_ptr(reinterpret_cast<std::uintptr_t>(samples_.data()));
        frame.mutable_info()->set_num_channels(1);
        return frame.mutable_info()->set_samples_per_channel(
            static_cast<std::uint32_t>(next(samples_.size())));
      }
      case 1: {
        auto& piece = *event.mutable_text_stream_reader_event();
        piece.set_reader_handle(library_.reader(next(8)));
        return piece.mutable_chunk_received()->set_content(words());
      }
      case 2: {
        auto& end = *event.mutable_text_stream_reader_event();
        end.set_reader_handle(library_.reader(next(8)));
        if (next(2) == 0) return void(end.mutable_eos());
        return end.mutable_eos()->mutable_error()->set_description("broken off");
      }
      case 3:
        event.mutable_rpc_method_invocation()->set_local_participant_handle(kSelf);
        return event.mutable_rpc_method_invocation()->set_method(words());
      default:
        return event.mutable_logs()->add_records()->set_message("eyJ" + words());
    }
  });
}

void Story::want() {
  switch (next(10)) {
    case 0:
      return room_->subscribe(sid());
    case 1:
      return room_->unsubscribe(sid());
    case 2:
      return room_->publish_voice(next(3), words(), 24'000, 100 + static_cast<int>(next(200)));
    case 3:
      return room_->write_voice(next(3), {samples_.data(), next(samples_.size())});
    case 4:
      return next(2) == 0 ? room_->clear_voice(next(3)) : room_->unpublish_voice(next(3));
    case 5:
      return room_->set_attributes({{words(), words()}});
    case 6:
      return room_->serve_calls({words()});
    case 7:
      return want_text();
    case 8:
      library_.refuse_next();
      return;
    default:
      return next(8) == 0 ? leave() : settle();
  }
}

void Story::want_text() {
  const LiveKitText stream{.topic = words(), .id = identity()};
  switch (next(7)) {
    case 0:
      return room_->send_text(stream, words());
    case 1:
      return room_->open_text(stream);
    case 2:
      return room_->write_text(identity(), words());
    case 3:
      return room_->close_text(identity(), {{words(), words()}});
    case 4:
      return room_->send_transcription({.identity = identity(), .text = words()});
    case 5:
      return room_->send_data(words(), words());
    default:
      return next(2) == 0 ? room_->answer_call(1, words()) : room_->refuse_call(1, 1500, words());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool is_quiet = [] {
    log::set_level(log::Level::off);
    return true;
  }();
  static_cast<void>(is_quiet);
  Story({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}
