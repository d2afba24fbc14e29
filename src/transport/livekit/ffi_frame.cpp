// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_frame.h"

#include <cstring>

#include "base/check.h"

namespace parley::transport {
namespace {

constexpr std::size_t kAlignment = 8;

struct Header {
  std::uint64_t id = 0;
  std::uint32_t memory_bytes = 0;
  std::uint32_t message_bytes = 0;
  FfiFrame::Kind kind = FfiFrame::Kind::hello;
  std::uint32_t unused = 0;
};
static_assert(sizeof(Header) % kAlignment == 0);

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// NOLINTBEGIN(performance-no-int-to-ptr): so the library passes memory.
std::string_view at(std::uint64_t address, std::uint64_t bytes) {
  return {reinterpret_cast<const char*>(address), static_cast<std::size_t>(bytes)};
}
// NOLINTEND(performance-no-int-to-ptr)

std::string_view samples_of(const ffi::AudioFrameBufferInfo& info) {
  return at(info.data_ptr(),
            std::uint64_t{info.samples_per_channel()} * info.num_channels() * sizeof(std::int16_t));
}

bool has_frame(const ffi::FfiEvent& event) {
  return event.has_audio_stream_event() && event.audio_stream_event().has_frame_received();
}

bool has_data(const ffi::FfiEvent& event) {
  return event.has_room_event() && event.room_event().has_data_packet_received() &&
         event.room_event().data_packet_received().has_user();
}

}  // namespace

void write_frame(std::string& to, const FfiFrame& frame) {
  PARLEY_CHECK(frame.memory.size() <= FfiFrame::kBytesMax);
  PARLEY_CHECK(frame.message.size() <= FfiFrame::kBytesMax);
  const Header header{frame.id, static_cast<std::uint32_t>(frame.memory.size()),
                      static_cast<std::uint32_t>(frame.message.size()), frame.kind};
  const std::size_t memory = padded(frame.memory.size());
  to.reserve(to.size() + sizeof header + memory + padded(frame.message.size()));
  to.append(reinterpret_cast<const char*>(&header), sizeof header);
  to.append(frame.memory).append(memory - frame.memory.size(), '\0');
  to.append(frame.message).append(padded(frame.message.size()) - frame.message.size(), '\0');
}

std::span<char> FfiFrameReader::room(std::size_t size) {
  // Frames are multiples of the alignment, so that what moves to the front stays aligned.
  if (begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (bytes_.size() < end_ + size) bytes_.resize(end_ + size);
  return std::span(bytes_).subspan(end_);
}

void FfiFrameReader::added(std::size_t size) {
  end_ += size;
  PARLEY_CHECK(end_ <= bytes_.size());
}

std::optional<FfiFrame> FfiFrameReader::next() {
  Header header;
  if (is_broken_ || end_ - begin_ < sizeof header) return std::nullopt;
  const char* const bytes = bytes_.data() + begin_;
  std::memcpy(&header, bytes, sizeof header);
  if (header.memory_bytes > FfiFrame::kBytesMax || header.message_bytes > FfiFrame::kBytesMax ||
      header.kind > FfiFrame::Kind::event) {
    is_broken_ = true;
    return std::nullopt;
  }
  const std::size_t message = sizeof header + padded(header.memory_bytes);
  const std::size_t whole = message + padded(header.message_bytes);
  if (end_ - begin_ < whole) return std::nullopt;
  begin_ += whole;
  return FfiFrame{header.kind,
                  header.id,
                  {bytes + sizeof header, header.memory_bytes},
                  {bytes + message, header.message_bytes}};
}

std::string_view memory_of(const ffi::FfiRequest& request) {
  if (request.has_capture_audio_frame()) {
    return samples_of(request.capture_audio_frame().buffer());
  }
  if (request.has_publish_data()) {
    return at(request.publish_data().data_ptr(), request.publish_data().data_len());
  }
  return {};
}

std::string_view memory_of(const ffi::FfiEvent& event) {
  if (has_frame(event)) {
    return samples_of(event.audio_stream_event().frame_received().frame().info());
  }
  if (!has_data(event)) return {};
  const ffi::BufferInfo& data = event.room_event().data_packet_received().user().data().data();
  return at(data.data_ptr(), data.data_len());
}

void point_to(ffi::FfiRequest& request, const void* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  if (request.has_capture_audio_frame()) {
    request.mutable_capture_audio_frame()->mutable_buffer()->set_data_ptr(address);
  } else {
    PARLEY_CHECK(request.has_publish_data());
    request.mutable_publish_data()->set_data_ptr(address);
  }
}

void point_to(ffi::FfiEvent& event, const void* memory, std::uint64_t handle) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  if (has_frame(event)) {
    ffi::OwnedAudioFrameBuffer& frame =
        *event.mutable_audio_stream_event()->mutable_frame_received()->mutable_frame();
    frame.mutable_info()->set_data_ptr(address);
    frame.mutable_handle()->set_id(handle);
  } else {
    PARLEY_CHECK(has_data(event));
    ffi::OwnedBuffer& buffer =
        *event.mutable_room_event()->mutable_data_packet_received()->mutable_user()->mutable_data();
    buffer.mutable_data()->set_data_ptr(address);
    buffer.mutable_handle()->set_id(handle);
  }
}

}  // namespace parley::transport
