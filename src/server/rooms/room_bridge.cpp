// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_bridge.h"

#include <span>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/trace.h"

namespace parley::server {
namespace {

transport::LiveKitText text_of(room::TextStream stream) {
  return {std::move(stream.topic), std::move(stream.id), std::move(stream.sender),
          std::move(stream.attributes), std::move(stream.to)};
}

std::uint64_t ms_of(media::MediaTime time) {
  return time.ms() < 0 ? 0 : static_cast<std::uint64_t>(time.ms());
}

}  // namespace

RoomBridge::~RoomBridge() { close(1000, "destroyed"); }

void RoomBridge::join(transport::LiveKitLibrary& library, transport::LiveKitJoin join,
                      RoomInbox::Push push) {
  PARLEY_CHECK(room_ == nullptr);
  join.listen_rate = room::kSoundRate;
  const auto refuse = [this](std::uint64_t call, room::CallError error) {
    refuse_call(call, std::move(error));
  };
  inbox_ = std::make_shared<RoomInbox>(std::move(push), refuse, buffers_, counters_);
  room_ = library.join(std::move(join), inbox_);
  inbox_->open();  // not before: the session answers, and needs the room for that
}

void RoomBridge::subscribe(const std::string& track_sid) { room_->subscribe(track_sid); }

void RoomBridge::unsubscribe(const std::string& track_sid) { room_->unsubscribe(track_sid); }

void RoomBridge::set_attributes(room::Attributes attributes) {
  room_->set_attributes(std::move(attributes));
}

void RoomBridge::publish_voice(std::uint64_t voice, std::string name, int rate) {
  room_->publish_voice(voice, std::move(name), rate, kVoiceQueueMs);
}

void RoomBridge::write_voice(std::uint64_t voice, media::BufferRef bytes) {
  PARLEY_HOP();
  PARLEY_CHECK(bytes.size() % sizeof(std::int16_t) == 0);
  const auto samples = bytes.bytes();  // slabs are aligned, and so is what is cut of them
  room_->write_voice(voice, {reinterpret_cast<const std::int16_t*>(samples.data()),
                             samples.size() / sizeof(std::int16_t)});
}

void RoomBridge::clear_voice(std::uint64_t voice) { room_->clear_voice(voice); }

void RoomBridge::unpublish_voice(std::uint64_t voice) { room_->unpublish_voice(voice); }

void RoomBridge::send_text(room::TextStream stream, std::string text) {
  room_->send_text(text_of(std::move(stream)), std::move(text));
}

void RoomBridge::open_text(room::TextStream stream) {
  room_->open_text(text_of(std::move(stream)));
}

void RoomBridge::write_text(const std::string& id, std::string more) {
  room_->write_text(id, std::move(more));
}

void RoomBridge::close_text(const std::string& id, room::Attributes attributes) {
  room_->close_text(id, std::move(attributes));
}

void RoomBridge::send_transcription(room::LegacyTranscription transcription) {
  room_->send_transcription({std::move(transcription.identity), std::move(transcription.track_sid),
                             std::move(transcription.segment), std::move(transcription.text),
                             std::move(transcription.language), ms_of(transcription.begin),
                             ms_of(transcription.end), transcription.is_final});
}

void RoomBridge::send_data(std::string topic, std::string bytes) {
  room_->send_data(std::move(topic), std::move(bytes));
}

void RoomBridge::serve_calls(const std::vector<std::string>& methods) {
  room_->serve_calls(methods);
}

void RoomBridge::answer_call(std::uint64_t call, std::string payload) {
  room_->answer_call(call, std::move(payload));
}

void RoomBridge::refuse_call(std::uint64_t call, room::CallError error) {
  room_->refuse_call(call, error.code, std::move(error.message));
}

void RoomBridge::resume() { inbox_->flush(); }

void RoomBridge::close(std::uint16_t code, std::string reason) {
  if (is_closed_.exchange(true)) return;
  log::debug("leaving a room", {{"code", code}, {"reason", reason}});
  if (room_ != nullptr) {
    inbox_->close();
    room_->leave();
  }
  if (closed_) closed_(code, std::move(reason));
}

}  // namespace parley::server
