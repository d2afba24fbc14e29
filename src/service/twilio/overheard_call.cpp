// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/overheard_call.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "base/log.h"
#include "exec/slice_budget.h"
#include "service/twilio/call_core.h"

namespace parley::service {
namespace {

using media::MediaTime;

constexpr int kRate = 8'000;  // Hz, of all telephones
constexpr int kMessagesPerSlice = 32;
constexpr std::uint16_t kCloseNormal = 1000;
constexpr std::uint16_t kCloseGoingAway = 1001;
constexpr std::uint16_t kClosePolicy = 1008;
constexpr std::uint16_t kCloseInternal = 1011;
constexpr std::uint16_t kCloseTryAgainLater = 1013;
constexpr const char* kLanguage = "language";  // a parameter of the <Stream>
constexpr std::array<std::string_view, 2> kTracks{"inbound", "outbound"};

}  // namespace

/// What a stream tells, on its strand.
class OverheardCall::Ears final : public RecognitionSink {
 public:
  Ears(const OverheardCall& call, std::string_view track) : call_(call), track_(track) {}

  void on_final(const RecognizedText& final) override {
    if (final.text.empty()) return;
    call_.tell(CallerSaid{.track = std::string(track_),
                          .transcript = final.text,
                          .begin_ms = final.begin.ms(),
                          .end_ms = final.end.ms(),
                          .language = final.language,
                          .speaker = final.speaker});
  }
  void on_trouble(const Error& error) override {
    log::warn("trouble in a call", {{"session", call_.id()}, {"why", error.message}});
  }
  void on_room() override { call_.strand_->wake(); }
  void on_end(const Status& status, const RecognitionTotals& /*totals*/) override {
    status_ = status;
    is_over_.store(true, std::memory_order_release);
    call_.strand_->wake();
  }

  /// The call's strand: how the stream ended; null while it goes on.
  [[nodiscard]] const Status* end() const noexcept {
    return is_over_.load(std::memory_order_acquire) ? &status_ : nullptr;
  }

 private:
  const OverheardCall& call_;  // which outlives the stream
  const std::string_view track_;
  Status status_;
  std::atomic<bool> is_over_{false};
};

OverheardCall::OverheardCall(Setup setup)
    : setup_(std::move(setup)),
      context_(setup_.service.context()),
      opened_(context_.clock.now()),
      deadline_(opened_ + setup_.session_max),
      strand_(exec::Strand::make(context_.executor, *this)),
      mailbox_(kCallMessagesWaitingMax, nullptr, strand_->waker()) {}

OverheardCall::~OverheardCall() { abandon(); }

void OverheardCall::hang_up() noexcept {
  gone_.store(true, std::memory_order_release);
  strand_->wake();
}

void OverheardCall::drain() noexcept {
  draining_.store(true, std::memory_order_release);
  strand_->wake();
}

void OverheardCall::abandon() noexcept {
  strand_->close();
  mailbox_.close();
  context_.timers.cancel(timer_);
  // Their strands tell nothing any more.
  for (Track& track : tracks_) track.stream.reset();
}

// --- the strand ---------------------------------------------------------------------------------

bool OverheardCall::run_slice() noexcept {
  if (is_over_) return false;
  const exec::SliceBudget budget(context_.clock);
  bool more = false;
  for (int taken = 1; !more && take_one(); ++taken) {
    more = taken == kMessagesPerSlice || budget.spent();
  }
  if (mailbox_.offers_room()) setup_.link->resume();
  const Instant now = context_.clock.now();
  settle(now);
  if (closing_ && is_heard()) {
    end(*closing_);  // whoever is not held by anybody else is gone after it
    return false;
  }
  arm(now);
  return more;
}

bool OverheardCall::take_one() {
  if (held_) {
    Held again = std::move(*held_);
    held_.reset();
    give(std::move(again));
    if (held_) return false;  // until its stream has room
  }
  std::optional<protocol::CallMessage> message = mailbox_.pop();
  if (!message) return false;
  if (auto* start = std::get_if<protocol::CallStart>(&*message)) {
    if (label_ == nullptr) begin(std::move(*start));
  } else if (std::holds_alternative<protocol::CallStop>(*message)) {
    finish(kCloseNormal, "the call has ended");
  } else if (const auto* sound = std::get_if<protocol::CallSound>(&*message)) {
    // Before its start nothing is heard.
    if (label_ != nullptr && !sound->bytes.empty()) hear(*sound);
  }
  return true;
}

void OverheardCall::begin(protocol::CallStart start) {
  log::info("call started",
            {{"session", setup_.id}, {"stream", start.stream}, {"call", start.call}});
  label_ = std::make_shared<const SessionLabel>(
      SessionLabel{.id = setup_.id, .key = setup_.key, .model = {}, .call = std::move(start.call)});
  tell(SessionOpened{});
  for (auto& [name, value] : start.parameters) {
    if (name != kLanguage) continue;
    if (value.size() > kCallLanguageBytesMax) {
      return finish(kClosePolicy, "language: " + std::to_string(value.size()) +
                                      " bytes; expected a code such as 'en'");
    }
    setup_.request.language = std::move(value);
  }
}

void OverheardCall::hear(const protocol::CallSound& sound) {
  const auto samples = static_cast<std::int64_t>(sound.bytes.size());
  if (setup_.allowance != nullptr) {
    const Millis length{MediaTime::from_samples(samples, kRate).ms()};
    if (const auto refused = setup_.allowance->take_audio(length)) {
      return finish(kClosePolicy, refused->message);
    }
  }
  const std::size_t number = sound.is_inbound ? 0 : 1;
  Track& track = tracks_[number];
  if (track.stream == nullptr) {
    RecognitionRequest request = setup_.request;
    request.codec = media::Codec::pcmu;
    request.rate = kRate;
    request.partial_interval = Millis::zero();  // nobody is told of them
    track.ears = std::make_shared<Ears>(*this, kTracks[number]);
    auto stream = setup_.service.open(std::move(request), track.ears);
    if (!stream) {
      track.ears.reset();
      return finish(kCloseTryAgainLater, stream.error().message);
    }
    track.stream = std::move(*stream);
  }
  give({number, context_.buffers.copy_of(std::as_bytes(std::span(sound.bytes)))});
}

/// A stream that has ended says why when it is asked for its end.
void OverheardCall::give(Held held) {
  if (tracks_[held.track].stream->append(held.sound) == AppendResult::full) held_ = std::move(held);
}

void OverheardCall::settle(Instant now) {
  for (const Track& track : tracks_) {
    const Status* const end = track.ears == nullptr ? nullptr : track.ears->end();
    if (end == nullptr || *end) continue;
    const bool is_drained = end->error().code == ErrorCode::unavailable;
    finish(is_drained ? kCloseGoingAway : kCloseInternal, end->error().message);
  }
  const auto is_silent = [](const Track& track) { return track.stream == nullptr; };
  // Who is heard is drained by the service, at the end of a sentence.
  if (draining_.load(std::memory_order_acquire) && std::ranges::all_of(tracks_, is_silent)) {
    finish(kCloseGoingAway, "the server is going away");
  }
  if (gone_.load(std::memory_order_acquire) && mailbox_.empty() && !held_) {
    finish(kCloseNormal, "the call has ended");
  }
  if (label_ == nullptr && now >= opened_ + kCallStartPatience) finish(kClosePolicy, "no start");
  if (now >= deadline_) finish(kCloseNormal, "the call has lasted its time");
}

/// No more is heard, and the words of what was are waited for.
void OverheardCall::finish(std::uint16_t code, std::string reason) {
  if (closing_) return;
  if (code != kCloseNormal && code != kCloseGoingAway) {
    log::warn("a call is not listened to any more", {{"session", setup_.id}, {"reason", reason}});
  }
  closing_ = Closing{code, std::move(reason)};
  mailbox_.close();
  held_.reset();
  for (const Track& track : tracks_) {
    if (track.stream != nullptr) track.stream->finish();
  }
}

bool OverheardCall::is_heard() const {
  return std::ranges::all_of(tracks_, [](const Track& track) {
    return track.stream == nullptr || track.ears->end() != nullptr;
  });
}

void OverheardCall::end(const Closing& why) {
  const std::shared_ptr<OverheardCall> self = shared_from_this();
  is_over_ = true;
  abandon();
  if (label_ != nullptr) {
    const std::chrono::duration<double> length = context_.clock.now() - opened_;
    tell(SessionClosed{.seconds = length.count(), .currency = {}});
  }
  setup_.link->close(why.code, why.reason);
  setup_.allowance.reset();
  setup_.on_end(*this);
}

void OverheardCall::arm(Instant now) {
  const Instant start_by = opened_ + kCallStartPatience;
  const Instant next = label_ == nullptr && start_by > now ? start_by : deadline_;
  if (next == timer_at_) return;
  context_.timers.cancel(timer_);
  timer_ = context_.timers.schedule(next, strand_->waker());
  timer_at_ = next;
}

template <typename What>
void OverheardCall::tell(What what) const {
  const Nanos since = context_.clock.now() - opened_;
  setup_.observer.observe(std::make_shared<const SessionRecord>(
      SessionRecord{.session = label_,
                    .unix_seconds = context_.clock.unix_seconds(),
                    .session_ms = std::chrono::duration_cast<Millis>(since).count(),
                    .what = std::move(what)}));
}

}  // namespace parley::service
