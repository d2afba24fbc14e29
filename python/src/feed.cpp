// SPDX-License-Identifier: Apache-2.0
#include "feed.h"

#include <deque>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "convert.h"
#include "graph/frame_type.h"
#include "graph/port.h"

namespace parley::python {

using graph::Progress;
using media::Frame;
using media::MediaTime;
using media::Opaque;

namespace {

/// Probed once, while the port is empty: how many frames it takes.
constexpr std::size_t kRoomMax = 1U << 16U;

template <typename T>
class FeedOperator final : public graph::Operator, public FeedBase {
 public:
  FeedOperator(Exchange& exchange, Box& box, FeedOptions options)
      : exchange_(exchange), box_(box), options_(std::move(options)) {
    box.feeds.push_back(this);
  }

  Status open(graph::ProcessContext& context) override {
    exchange_.set_waker(options_.member, context.waker());
    opened_ = context.now();
    for (room_ = 1; room_ < kRoomMax && frames_.has_room(room_ + 1); ++room_) {
    }
    return {};
  }

  Result<Progress> process(graph::ProcessContext& context) override {
    if (activation_ == nullptr && !take(context)) return Progress::need_input;
    while (!waiting_.empty()) {
      if (!frames_.has_room()) return Progress::blocked;
      frames_.push(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (!is_told_) {
      if (!fed_.has_room()) return Progress::blocked;
      is_told_ = true;
      fed_.push(to_frame(activation_));
    }
    return Progress::need_input;
  }
  [[nodiscard]] bool is_busy() const noexcept override { return !exchange_.is_quiet(); }

  [[nodiscard]] bool is_taken() const override {
    return waiting_.empty() && frames_.has_room(room_);
  }
  [[nodiscard]] bool is_holding() const override { return activation_ != nullptr; }
  void settle() override {
    activation_.reset();
    exchange_.settle(options_.member, std::move(notes_));
  }

 private:
  bool take(graph::ProcessContext& context) {
    const ActivationPtr activation = exchange_.take(options_.member);
    if (activation == nullptr) return false;
    notes_ = {};
    const std::optional<Frame> value =
        exchange_.read(options_.member, *activation, options_.name, notes_);
    PARLEY_CHECK(value.has_value());  // `take` looked
    const bool is_from_outside = notes_.read.back().slot->writer < 0;
    // What throws here goes to the error handler, which settles.
    make_frames(*value, *activation, context);
    if (activation->is_one_shot && is_from_outside && !waiting_.empty()) {
      waiting_.back().head.is_last = true;
    }
    activation_ = activation;
    is_told_ = false;
    box_.last_fed = activation;
    return true;
  }

  void make_frames(const Frame& value, const Activation& activation,
                   graph::ProcessContext& context) {
    if (is_ready(value)) {
      std::vector<Frame> frames{value};
      set_times(frames, activation, context);
      waiting_.push_back(std::get<T>(std::move(frames.front())));
      return;
    }
    const py::gil_scoped_acquire gil;
    try {
      const ConvertOptions convert{.rate_hz = options_.rate_hz};
      std::vector<Frame> frames = options_.kind ? to_kind_or_object(value, *options_.kind, convert)
                                                : to_kind(value, graph::frame_index<T>(), convert);
      set_times(frames, activation, context);
      for (Frame& frame : frames) {
        if constexpr (std::is_same_v<T, Opaque>) frame = to_opaque(std::move(frame));
        waiting_.push_back(std::get<T>(std::move(frame)));
      }
    } catch (py::error_already_set& error) {
      throw to_python_error(error);
    } catch (py::builtin_exception& error) {
      error.set_error();
      py::error_already_set raised;
      throw to_python_error(raised);
    }
  }

  /// It can go as it is, without Python.
  [[nodiscard]] bool is_ready(const Frame& value) const {
    const T* const frame = std::get_if<T>(&value);
    if constexpr (std::is_same_v<T, Opaque>) {
      return frame != nullptr && (frame->object == nullptr || !options_.kind);
    }
    return frame != nullptr;
  }

  /// Audio is counted by its samples, anything else has the time at which it came.
  void set_times(std::vector<Frame>& frames, const Activation& activation,
                 graph::ProcessContext& context) {
    MediaTime at = activation.time.value_or(kNoTime);
    for (Frame& frame : frames) {
      const bool is_audio = std::holds_alternative<media::AudioFrame>(frame);
      media::FrameHeader& head =
          std::visit([](auto& kind) -> media::FrameHeader& { return kind.head; }, frame);
      if (head.pts == kNoTime) {
        if (at != kNoTime) {
          head.pts = at;
        } else if (is_audio) {
          head.pts = next_;
        } else {
          head.pts = MediaTime::from_ms(
              std::chrono::duration_cast<Millis>(context.now() - opened_).count());
        }
        head.sequence = sequence_;
      }
      ++sequence_;
      next_ = head.pts + head.duration;
      if (at != kNoTime) at = next_;
    }
  }

  Exchange& exchange_;
  Box& box_;
  const FeedOptions options_;
  graph::Out<T> frames_{*this, "frames"};
  graph::Out<Opaque> fed_{*this, "fed"};
  std::size_t room_ = 0;
  Instant opened_;
  MediaTime next_;
  std::uint64_t sequence_ = 0;
  ActivationPtr activation_;  // that the operator has, or is to have
  CallNotes notes_;
  std::deque<T> waiting_;
  bool is_told_ = false;
};

}  // namespace

std::unique_ptr<graph::Operator> make_feed(std::size_t type, Exchange& exchange, Box& box,
                                           FeedOptions options) {
  return graph::with_frame_type(
      type, [&]<typename T>(std::type_identity<T>) -> std::unique_ptr<graph::Operator> {
        return std::make_unique<FeedOperator<T>>(exchange, box, std::move(options));
      });
}

}  // namespace parley::python
