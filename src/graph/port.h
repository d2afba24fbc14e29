// SPDX-License-Identifier: Apache-2.0
//
// How frames pass between operators of one strand: typed ports that are members of their operator
// and declare its contract. An `In` holds a bounded queue; an `Out` pushes into every `In` that is
// connected to it. Nothing here locks: both ends belong to the same strand.
//
// Flow control: an operator asks `out.has_room()` before it makes a frame, and returns
// `Progress::blocked` when there is none. A push without room, or a pop of nothing, costs that
// frame and makes an error of the node (misuse.h); outside of an operator it is our own mistake
// (checked). Interruption: `peek`, `pop` and `empty` first drop frames whose turn is over, in
// O(dropped).
//
//   class Gain : public Operator {
//     In<AudioFrame> audio_in_{*this, "audio", {.channels = 1}};
//     Out<AudioFrame> audio_out_{*this, "audio", {.format_of = &audio_in_}};
//   };
//
// One file because the two ends of an edge, and what they say of themselves, are one idea.
//
// Threads: strand. Allocates: only while a queue grows for the first time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/metrics.h"
#include "graph/frame_queue.h"
#include "graph/frame_type.h"
#include "graph/port_format.h"
#include "graph/port_scope.h"
#include "graph/queue_probe.h"
#include "media/frame.h"

namespace parley::graph {

class Operator;
template <typename T>
class In;

inline constexpr std::size_t kPortCapacityDefault = 64;  // frames

struct PortCounters {
  std::uint64_t frames = 0;  // pushed (Out) or popped (In)
  std::uint64_t stale = 0;   // dropped because their turn was over (In)
};

class InBase;

struct InOptions {
  std::size_t capacity = kPortCapacityDefault;  // frames; when it is full the producer waits
  bool required = true;                         // false: the graph may leave it unconnected
  // What the operator can take, checked when the graph is compiled: see port_format.h.
  int rate_hz = 0;
  int channels = 0;
  media::TensorShape shape = {};
};

struct OutOptions {
  // What the operator gives: see port_format.h.
  int rate_hz = 0;
  int channels = 0;
  media::TensorShape shape = {};
  /// An input of the same operator: what is not said above is as it comes in there.
  const InBase* format_of = nullptr;
  /// A frame never begins before the one before it of its stream and turn. Checked at every push;
  /// one that does is an error of the node (misuse.h), but passed on.
  bool is_ordered = false;
};

class PortBase {
 public:
  PortBase(Operator& owner, std::string_view name, std::size_t type, const PortFormat& format)
      : owner_(owner), type_(type), name_(name), format_(format) {}
  PortBase(const PortBase&) = delete;
  PortBase& operator=(const PortBase&) = delete;
  virtual ~PortBase() = default;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t type() const { return type_; }  // see frame_type.h
  /// What it demands or promises by itself; Plan::Edge has what flows in the end.
  [[nodiscard]] const PortFormat& format() const { return format_; }
  [[nodiscard]] Operator& owner() const { return owner_; }
  [[nodiscard]] const PortCounters& counters() const { return counters_; }

  /// Called once by the pipeline before any frame moves. `node`: the owner's bit; `node_id` must
  /// outlive the port.
  void attach(PortScope& scope, NodeSet::Bit node, std::string_view node_id) noexcept {
    scope_ = &scope;
    node_ = node;
    node_id_ = node_id;
  }
  [[nodiscard]] std::string_view node_id() const { return node_id_; }

 protected:
  /// The operator that is being called did something with this port that it must not.
  [[gnu::cold]] void note_misuse(Misuse what) const noexcept;

  Operator& owner_;
  PortScope* scope_ = nullptr;
  NodeSet::Bit node_;
  PortCounters counters_;
  std::size_t type_;
  std::string name_;
  std::string_view node_id_;
  PortFormat format_;
};

/// An input without its type: what the pipeline needs.
class InBase : public PortBase {
 public:
  InBase(Operator& owner, std::string_view name, std::size_t type, InOptions options);

  [[nodiscard]] bool required() const { return required_; }
  [[nodiscard]] virtual std::size_t size() const = 0;  // frames waiting, stale ones included
  /// Drops the oldest frame, if there is one (ErrorPolicy::skip_frame).
  virtual void drop_one() noexcept = 0;
  /// Takes the frames that wait in `old`, a port of the same type and capacity.
  virtual void take_over(InBase& old) noexcept = 0;

  void set_producer(NodeSet::Bit producer) noexcept { producer_ = producer; }
  [[nodiscard]] NodeSet::Bit producer() const noexcept { return producer_; }
  void count_stale_in(Counter& metric) noexcept { stale_metric_ = &metric; }
  /// For a profile, which outlives it; null: no longer.
  void set_probe(QueueProbe* probe) noexcept { probe_ = probe; }

 protected:
  void take_place_of(const InBase& old) noexcept {
    producer_ = old.producer_;
    stale_metric_ = old.stale_metric_;
    counters_ = old.counters_;
  }
  [[nodiscard]] bool is_stale(const media::FrameHeader& head) const noexcept {
    return head.turn != media::kAnyTurn && head.turn < scope_->turn;
  }
  /// A frame left the queue: a producer that waits for room has news.
  void note_removed() noexcept {
    ++scope_->moved;
    if (scope_->blocked.has(producer_)) scope_->ready.set(producer_);
  }
  void note_stale() noexcept;
  void note_queued() const noexcept;

  NodeSet::Bit producer_;
  bool required_;
  Counter* stale_metric_ = nullptr;
  QueueProbe* probe_ = nullptr;  // of a profile
};

/// An output without its type.
class OutBase : public PortBase {
 public:
  OutBase(Operator& owner, std::string_view name, std::size_t type, OutOptions options);

  [[nodiscard]] const InBase* format_of() const { return format_of_; }

  /// `to` has the same type (checked). An output may have many consumers.
  virtual void connect(InBase& to) = 0;
  /// From now on frames for `old` go to `replacement`, or nowhere when that is null.
  virtual void redirect(InBase& old, InBase* replacement) noexcept = 0;
  /// Takes the consumers of `old`, an output of the same type.
  virtual void take_over(OutBase& old) noexcept = 0;

 protected:
  void tell_tap(const media::FrameHeader& head) const noexcept;
  void check_order(const media::FrameHeader& head) noexcept;
  void take_place_of(const OutBase& old) noexcept {
    last_ = old.last_;
    counters_ = old.counters_;
  }
  const bool is_ordered_;

 private:
  const InBase* format_of_;
  media::FrameHeader last_;  // of an ordered output
};

template <typename T>
class Out final : public OutBase {
 public:
  Out(Operator& owner, std::string_view name, OutOptions options = {})
      : OutBase(owner, name, frame_index<T>(), options) {}

  /// True when every consumer can take `frames` more.
  [[nodiscard]] bool has_room(std::size_t frames = 1) const noexcept {
    for (In<T>* consumer : consumers_) {
      if (!consumer->has_room(frames)) return false;
    }
    return true;
  }

  /// Copies the frame to every consumer but the last, which gets the original. Without a consumer
  /// the frame is dropped. REQUIRES: has_room().
  void push(T&& frame) {
    PARLEY_ASSERT(scope_ != nullptr);
    ++scope_->moved;
    ++counters_.frames;
    if (scope_->is_watched) [[unlikely]]
      tell_watchers(frame.head);
    if (is_ordered_) [[unlikely]]
      check_order(frame.head);
    if (consumers_.empty()) return;
    for (std::size_t i = 0; i + 1 < consumers_.size(); ++i) consumers_[i]->accept(frame);
    consumers_.back()->accept(std::move(frame));
  }
  void push(const T& frame) { push(T(frame)); }

  void connect(InBase& to) override {
    PARLEY_CHECK(to.type() == type());
    consumers_.push_back(static_cast<In<T>*>(&to));
  }
  void redirect(InBase& old, InBase* replacement) noexcept override {
    PARLEY_CHECK(replacement == nullptr || replacement->type() == type());
    for (auto consumer = consumers_.begin(); consumer != consumers_.end(); ++consumer) {
      if (*consumer != &old) continue;
      if (replacement == nullptr) {
        consumers_.erase(consumer);
      } else {
        *consumer = static_cast<In<T>*>(replacement);
      }
      return;
    }
  }
  void take_over(OutBase& old) noexcept override {
    PARLEY_CHECK(old.type() == type());
    consumers_.swap(static_cast<Out<T>&>(old).consumers_);  // its own is empty
    take_place_of(old);
  }

 private:
  [[gnu::noinline]] void tell_watchers(const media::FrameHeader& head) const noexcept {
    if (scope_->tap != nullptr) tell_tap(head);
    for (const In<T>* consumer : consumers_) {
      if (!consumer->queue_.full()) consumer->note_queued();
    }
  }

  std::vector<In<T>*> consumers_;
};

template <typename T>
class In final : public InBase {
 public:
  In(Operator& owner, std::string_view name, InOptions options = {})
      : InBase(owner, name, frame_index<T>(), options), queue_(options.capacity) {}

  /// The oldest frame of the current turn, or null. Valid until the next call on this port.
  [[nodiscard]] const T* peek() noexcept {
    drop_stale();
    return queue_.empty() ? nullptr : &queue_.front();
  }

  /// Takes the oldest frame of the current turn. REQUIRES: !empty().
  [[nodiscard]] T pop() noexcept {
    drop_stale();
    if (queue_.empty()) [[unlikely]]
      return popped_when_empty();
    ++counters_.frames;
    note_removed();
    return queue_.pop();
  }

  /// True when no frame of the current turn waits.
  [[nodiscard]] bool empty() noexcept { return peek() == nullptr; }

  [[nodiscard]] std::size_t size() const override { return queue_.size(); }
  [[nodiscard]] bool has_room(std::size_t frames = 1) noexcept {
    if (queue_.size() + frames <= queue_.capacity()) [[likely]]
      return true;
    drop_stale();
    return queue_.size() + frames <= queue_.capacity();
  }

  void drop_one() noexcept override {
    if (empty()) return;
    queue_.drop();
    note_removed();
  }
  void take_over(InBase& old) noexcept override {
    PARLEY_CHECK(old.type() == type());
    queue_.swap(static_cast<In<T>&>(old).queue_);
    take_place_of(old);
  }

 private:
  friend class Out<T>;

  template <typename U>
  void accept(U&& frame) {
    if (queue_.full()) [[unlikely]]
      return note_misuse(Misuse::pushed_when_full);
    queue_.push(std::forward<U>(frame));
    scope_->ready.set(node_);
  }

  [[gnu::cold]] [[gnu::noinline]] T popped_when_empty() noexcept {
    note_misuse(Misuse::popped_when_empty);
    return T();
  }

  void drop_stale() noexcept {
    PARLEY_ASSERT(scope_ != nullptr);
    while (!queue_.empty() && is_stale(queue_.front().head)) [[unlikely]] {
      queue_.drop();
      note_stale();
    }
  }

  FrameQueue<T> queue_;
};

}  // namespace parley::graph
