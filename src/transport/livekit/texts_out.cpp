// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/texts_out.h"

#include <utility>

#include "base/log.h"

namespace parley::transport {
namespace {

void fill(const LiveKitText& stream, ffi::StreamTextOptions& options) {
  options.set_topic(stream.topic);
  options.mutable_attributes()->insert(stream.attributes.begin(), stream.attributes.end());
  for (const std::string& identity : stream.to) options.add_destination_identities(identity);
  if (!stream.id.empty()) options.set_id(stream.id);
  if (!stream.sender.empty()) options.set_sender_identity(stream.sender);
}

}  // namespace

void TextsOut::start(std::uint64_t participant) {
  const std::lock_guard lock(mutex_);
  participant_ = participant;
}

void TextsOut::stop() {
  const std::lock_guard lock(mutex_);
  participant_ = 0;
  texts_.clear();
  streams_.clear();
}

void TextsOut::send(const LiveKitText& stream, std::string text) {
  const std::lock_guard lock(mutex_);
  if (participant_ == 0) return;
  if (texts_.size() >= kTextsMax) return dropped_.add();
  ffi::StreamSendTextRequest& request = *texts_.emplace_back().mutable_send_text();
  request.set_local_participant_handle(participant_);
  fill(stream, *request.mutable_options());
  request.set_text(std::move(text));
  if (!sending_) send_next();
}

void TextsOut::send_next() {
  while (!sending_ && !texts_.empty()) {
    ffi::FfiRequest request = std::move(texts_.front());
    texts_.pop_front();
    const std::uint64_t id = hub_.expect(owner_, [this](const ffi::FfiEvent& answer) {
      if (answer.send_text().has_error()) {
        log::warn("livekit sent no text", {{"error", answer.send_text().error().description()}});
      }
      const std::lock_guard lock(mutex_);
      sending_ = false;
      send_next();
    });
    request.mutable_send_text()->set_request_async_id(id);
    sending_ = hub_.ask(request, id);
  }
}

void TextsOut::open(const LiveKitText& stream) {
  const std::lock_guard lock(mutex_);
  if (participant_ == 0) return;
  if (streams_.size() >= kStreamsMax || streams_.contains(stream.id)) return dropped_.add();
  ffi::FfiRequest request;
  ffi::TextStreamOpenRequest& open = *request.mutable_text_stream_open();
  open.set_local_participant_handle(participant_);
  fill(stream, *open.mutable_options());
  const std::uint64_t id =
      hub_.expect(owner_, [this, name = stream.id](const ffi::FfiEvent& answer) {
        on_opened(name, answer.text_stream_open());
      });
  open.set_request_async_id(id);
  if (hub_.ask(request, id)) streams_[stream.id];
}

void TextsOut::on_opened(const std::string& id, const ffi::TextStreamOpenCallback& answer) {
  FfiHandle writer = hub_.own(answer.writer().handle().id());
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  if (answer.has_error()) {
    log::warn("livekit opened no text stream", {{"error", answer.error().description()}});
    streams_.erase(found);
    return;
  }
  found->second.writer = std::move(writer);
  found->second.busy = false;
  go_on(id);
}

void TextsOut::write(const std::string& id, const std::string& more) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.ended) return;
  if (found->second.waiting.size() + more.size() > kStreamBytesMax) return dropped_.add();
  found->second.waiting += more;
  go_on(id);
}

void TextsOut::close(const std::string& id, LiveKitAttributes attributes) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  found->second.ended = true;
  found->second.last = std::move(attributes);
  go_on(id);
}

void TextsOut::go_on(const std::string& id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.busy) return;
  if (!found->second.waiting.empty()) return write_waiting(id, found->second);
  if (found->second.ended) close_stream(id, found->second);
}

void TextsOut::write_waiting(const std::string& name, Stream& stream) {
  ffi::FfiRequest request;
  ffi::TextStreamWriterWriteRequest& write = *request.mutable_text_stream_write();
  write.set_writer_handle(stream.writer.id());
  write.set_text(std::exchange(stream.waiting, {}));
  const std::uint64_t id = hub_.expect(owner_, [this, name](const ffi::FfiEvent& answer) {
    on_written(name, answer.text_stream_writer_write());
  });
  write.set_request_async_id(id);
  stream.busy = hub_.ask(request, id);
}

void TextsOut::on_written(const std::string& id, const ffi::TextStreamWriterWriteCallback& answer) {
  if (answer.has_error()) {
    log::warn("livekit wrote no text", {{"error", answer.error().description()}});
  }
  const std::lock_guard lock(mutex_);
  if (const auto found = streams_.find(id); found != streams_.end()) found->second.busy = false;
  go_on(id);
}

void TextsOut::close_stream(const std::string& name, Stream& stream) {
  ffi::FfiRequest request;
  ffi::TextStreamWriterCloseRequest& close = *request.mutable_text_stream_close();
  close.set_writer_handle(stream.writer.id());
  close.set_reason("");
  close.mutable_attributes()->insert(stream.last.begin(), stream.last.end());
  const std::uint64_t id = hub_.expect(owner_, [](const ffi::FfiEvent& answer) {
    const ffi::TextStreamWriterCloseCallback& closed = answer.text_stream_writer_close();
    if (closed.has_error()) {
      log::warn("livekit closed no text stream", {{"error", closed.error().description()}});
    }
  });
  close.set_request_async_id(id);
  if (hub_.ask(request, id)) stream.writer.release();  // the library takes it back
  streams_.erase(name);
}

}  // namespace parley::transport
