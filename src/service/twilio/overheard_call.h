// SPDX-License-Identifier: Apache-2.0
//
// A telephone call that is only listened to: what is said on each of its tracks becomes words,
// which observers get (session_observer.h), and nothing is ever sent into it. Each track is a
// stream of recognition, from its first sound on.
//
// The call ends by its stop, or with its socket; what has come by then is recognised all the same,
// so whoever opened it (overheard_calls.h) keeps it until then.
//
// Threads: `push` one producer (the connection's I/O loop); `hang_up`, `drain`, `abandon` any. The
// rest runs on the call's strand; words are told on the strands of its streams.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "exec/strand.h"
#include "protocol/twilio/call_message.h"
#include "service/realtime/allowance.h"
#include "service/realtime/session_observer.h"
#include "service/recognition/recognition_service.h"
#include "service/session_mailbox.h"
#include "service/twilio/call_session.h"

namespace parley::service {

/// Of a language's code (RFC 5646 section 4.4.1); a longer one ends the call.
inline constexpr std::size_t kCallLanguageBytesMax = 35;

/// What it needs of its connection; the server fills it in. Both return at once.
class OverheardLink {
 public:
  virtual ~OverheardLink() = default;
  /// A push was refused as `full`; there is room again.
  virtual void resume() = 0;
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

class OverheardCall final : private exec::StrandBody,
                            public std::enable_shared_from_this<OverheardCall> {
 public:
  struct Setup {
    RecognitionService& service;  // outlives it, and so does the next
    SessionObserver& observer;
    std::string id;              // sess_…
    std::string key;             // its name, in records; empty without keys
    RecognitionRequest request;  // of each track, but for what the call says
    std::chrono::seconds session_max;
    std::shared_ptr<Allowance> allowance;        // may be null; shared with the key's other uses
    std::shared_ptr<OverheardLink> link;         // shared with the connection, which may end first
    std::function<void(OverheardCall&)> on_end;  // once, when all has been told; or never
  };

  explicit OverheardCall(Setup setup);
  ~OverheardCall() override;
  OverheardCall(const OverheardCall&) = delete;
  OverheardCall& operator=(const OverheardCall&) = delete;

  void start() noexcept { strand_->wake(); }
  [[nodiscard]] const std::string& id() const noexcept { return setup_.id; }
  /// On `full` the message is left as it was.
  [[nodiscard]] PushResult push(protocol::CallMessage&& message) {
    return mailbox_.push(std::move(message));
  }
  /// The other end is gone. What has come is recognised.
  void hang_up() noexcept;
  /// Of its own accord, as soon as nobody is in the middle of a sentence.
  void drain() noexcept;
  /// Nobody hears of it any more. Not from the strand of a stream.
  void abandon() noexcept;

 private:
  class Ears;
  struct Track {
    std::unique_ptr<RecognitionStream> stream;  // null: nothing was heard
    std::shared_ptr<Ears> ears;                 // shared with the stream
  };
  struct Closing {
    std::uint16_t code = 0;
    std::string reason;
  };
  struct Held {
    std::size_t track = 0;
    media::BufferRef sound;
  };

  bool run_slice() noexcept override;
  bool take_one();
  void begin(protocol::CallStart start);
  void hear(const protocol::CallSound& sound);
  void give(Held held);
  void settle(Instant now);
  void finish(std::uint16_t code, std::string reason);
  void end(const Closing& why);
  void arm(Instant now);
  [[nodiscard]] bool is_heard() const;
  /// Threads: any, once it has begun.
  template <typename What>
  void tell(What what) const;

  Setup setup_;
  const RecognitionContext context_;
  const Instant opened_;
  const Instant deadline_;
  const std::shared_ptr<exec::Strand> strand_;
  SessionMailbox<protocol::CallMessage> mailbox_;

  std::shared_ptr<const SessionLabel> label_;  // shared with records; null: it has not begun
  std::array<Track, 2> tracks_;                // inbound, outbound
  std::optional<Held> held_;                   // its stream had no room
  std::optional<Closing> closing_;             // when its last words have come
  bool is_over_ = false;
  exec::TimerService::Id timer_ = 0;
  Instant timer_at_ = Instant::never();

  std::atomic<bool> gone_{false};
  std::atomic<bool> draining_{false};
};

}  // namespace parley::service
