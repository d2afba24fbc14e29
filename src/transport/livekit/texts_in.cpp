// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/texts_in.h"

#include <utility>

#include "base/log.h"

namespace parley::transport {

void TextsIn::open(const ffi::TextStreamOpened& opened, FfiHandle reader) {
  if (streams_.size() >= kStreamsMax) return dropped_.add();
  const std::uint64_t id = reader.id();
  const ffi::TextStreamInfo& info = opened.reader().info();
  Stream stream;
  stream.so_far = {opened.participant_identity(), info.topic(), {}, {}};
  stream.so_far.attributes.insert(info.attributes().begin(), info.attributes().end());
  hub_.enter(id, owner_);
  ffi::FfiRequest request;
  request.mutable_text_read_incremental()->set_reader_handle(id);
  if (!hub_.ask(request)) return hub_.leave(id);
  reader.release();  // the library takes it back
  streams_.emplace(id, std::move(stream));
}

std::optional<LiveKitTextReceived> TextsIn::read(const ffi::TextStreamReaderEvent& event) {
  const auto found = streams_.find(event.reader_handle());
  if (found == streams_.end()) return std::nullopt;
  Stream& stream = found->second;
  if (event.has_chunk_received()) {
    const std::string& more = event.chunk_received().content();
    stream.too_long = stream.too_long || stream.so_far.text.size() + more.size() > text_max_;
    if (!stream.too_long) stream.so_far.text += more;
    return std::nullopt;
  }
  const Stream whole = std::move(stream);
  streams_.erase(found);
  hub_.leave(event.reader_handle());
  if (whole.too_long || event.eos().has_error()) {
    dropped_.add();
    log::warn("a text in a room was not read",
              {{"topic", whole.so_far.topic},
               {"error", whole.too_long ? "longer than " + std::to_string(text_max_) + " bytes"
                                        : event.eos().error().description()}});
    return std::nullopt;
  }
  LiveKitTextReceived text = whole.so_far;
  for (const auto& [key, value] : event.eos().attributes()) text.attributes[key] = value;
  return text;
}

}  // namespace parley::transport
