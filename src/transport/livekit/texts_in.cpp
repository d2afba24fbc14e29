// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/texts_in.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"

namespace parley::transport {

void TextsIn::open(const ffi::TextStreamOpened& opened, FfiHandle reader) {
  if (streams_.size() >= kStreamsMax) return unread_.add();
  const std::uint64_t id = reader.id();
  const ffi::TextStreamInfo& info = opened.reader().info();
  Stream stream{id, {opened.participant_identity(), info.topic(), {}, {}}};
  stream.text.attributes.insert(info.attributes().begin(), info.attributes().end());
  hub_.enter(id, owner_);
  ffi::FfiRequest request;
  request.mutable_text_read_incremental()->set_reader_handle(id);
  if (!hub_.ask(request)) return hub_.leave(id);
  reader.release();  // the library takes it back
  streams_.push_back(std::move(stream));
}

std::vector<LiveKitTextReceived> TextsIn::read(const ffi::TextStreamReaderEvent& event) {
  const auto found = std::ranges::find(streams_, event.reader_handle(), &Stream::reader);
  if (found == streams_.end()) return {};
  if (event.has_chunk_received()) {
    const std::string& more = event.chunk_received().content();
    found->is_too_long = found->is_too_long || found->text.text.size() + more.size() > text_max_;
    if (!found->is_too_long) found->text.text += more;
    return {};
  }
  hub_.leave(event.reader_handle());
  if (!end(*found, event.eos())) streams_.erase(found);
  return take_whole();
}

/// False: there is no text to be told.
bool TextsIn::end(Stream& stream, const ffi::TextStreamReaderEOS& eos) {
  if (stream.is_too_long || eos.has_error()) {
    unread_.add();
    log::warn("a text in a room was not read",
              {{"topic", stream.text.topic},
               {"error", stream.is_too_long ? "longer than " + std::to_string(text_max_) + " bytes"
                                            : eos.error().description()}});
    return false;
  }
  for (const auto& [key, value] : eos.attributes()) stream.text.attributes[key] = value;
  stream.is_whole = true;
  return true;
}

std::vector<LiveKitTextReceived> TextsIn::take_whole() {
  std::vector<LiveKitTextReceived> told;
  std::set<std::pair<std::string, std::string>> waited_for;  // senders and topics
  for (auto at = streams_.begin(); at != streams_.end();) {
    const std::pair key(at->text.identity, at->text.topic);
    if (!at->is_whole || waited_for.contains(key)) {
      waited_for.insert(key);
      ++at;
    } else {
      told.push_back(std::move(at->text));
      at = streams_.erase(at);
    }
  }
  return told;
}

}  // namespace parley::transport
