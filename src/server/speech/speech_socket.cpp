// SPDX-License-Identifier: Apache-2.0
#include "server/speech/speech_socket.h"

#include <utility>

#include "base/log.h"
#include "exec/slice_budget.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

SpeechSocket::SpeechSocket(std::unique_ptr<SocketTalk> talk, exec::Executor& executor,
                           const Clock& clock, OpenSockets& sockets, SessionGate& gate)
    : pass_(gate),
      clock_(clock),
      sockets_(sockets),
      strand_(exec::Strand::make(executor, *this)),
      mailbox_({.capacity = kSocketFramesWaitingMax}, strand_->waker()),
      talk_(std::move(talk)) {}

SpeechSocket::~SpeechSocket() { strand_->close(); }

void SpeechSocket::on_open(std::shared_ptr<Connection> connection) {
  log::info("speaking socket opened", {{"remote", connection->remote()}});
  connection_ = std::move(connection);
  place_.emplace(sockets_, strand_->waker());
  strand_->wake();
}

Flow SpeechSocket::on_text(std::string_view text) {
  if (text.size() > kSocketFrameBytesMax) {
    connection_->close(transport::close_code::kTooBig,
                       "a message has at most " + std::to_string(kSocketFrameBytesMax) + " bytes");
    return Flow::more;
  }
  return push(std::string(text));
}

Flow SpeechSocket::on_binary(std::span<const std::byte> /*bytes*/) { return push(std::nullopt); }

Flow SpeechSocket::on_resume() {
  std::optional<Frame> again = std::exchange(held_, std::nullopt);
  return again ? push(std::move(*again)) : Flow::more;
}

void SpeechSocket::on_writable() {
  is_writable_.store(true, std::memory_order_release);
  strand_->wake();
}

void SpeechSocket::on_close(std::uint16_t code, std::string_view reason) {
  place_.reset();
  // Streams are cancelled here and now, not when the sink goes.
  strand_->close();
  talk_.reset();
  log::info("speaking socket closed",
            {{"remote", connection_->remote()}, {"code", code}, {"reason", std::string(reason)}});
}

// --- from the loop to the strand
// ------------------------------------------------------------------

Flow SpeechSocket::push(Frame frame) {
  const std::size_t bytes = frame ? frame->size() : 0;
  if (!has_room(bytes)) {
    wants_room_.store(true);
    // The strand may have made room, and looked, before it could see that.
    if (!has_room(bytes)) {
      held_.emplace(std::move(frame));
      return Flow::wait;
    }
  }
  bytes_waiting_.fetch_add(bytes);
  // There is room: only this thread adds to the mailbox.
  mailbox_.push(std::move(frame));
  return Flow::more;
}

bool SpeechSocket::has_room(std::size_t bytes) const {
  const std::size_t frames = mailbox_.size();
  if (frames == 0) return true;
  return frames < kSocketFramesWaitingMax &&
         bytes_waiting_.load() + bytes <= kSocketFrameBytesWaitingMax;
}

// --- the strand
// -----------------------------------------------------------------------------------

bool SpeechSocket::run_slice() noexcept {
  if (!std::exchange(has_begun_, true)) talk_->begin({connection_, strand_->waker()});
  if (is_writable_.exchange(false)) talk_->on_writable();
  talk_->on_wake();
  const exec::SliceBudget budget(clock_);
  while (const std::optional<Frame> frame = mailbox_.pop()) {
    hear(*frame);
    if (!budget.spent()) continue;
    give_room();
    return true;
  }
  give_room();
  return false;
}

void SpeechSocket::hear(const Frame& frame) {
  if (!frame) return talk_->on_binary();
  bytes_waiting_.fetch_sub(frame->size());
  talk_->on_text(*frame);
}

void SpeechSocket::give_room() {
  if (wants_room_.exchange(false)) connection_->resume();
}

}  // namespace parley::server
