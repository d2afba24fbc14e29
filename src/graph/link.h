// SPDX-License-Identifier: Apache-2.0
//
// One edge that crosses from a strand to another, or between a strand and the outside: an outlet at
// the end of the producer's pipeline, a ring, an inlet at the head of the consumer's.
//
//   producer's slice:  outlet ──send──▶ ring ──receive──▶ inlet  : consumer's slice
//
// The ring is bounded. When it is full, frames stay in the outlet, the outlet fills up, and the
// operator before it is `blocked`; as soon as the consumer has taken something, it tells the
// producer, whose strand then runs again. Nobody polls.
//
// Frames that steer (Control, ErrorEvent) have links of their own, because a port has one kind;
// such a link is a system lane: it is moved before all data links of the same strands, so that a
// control overtakes any amount of waiting audio.
//
// Threads: `send` (and `push`) the producer, `receive` (and `poll`) the consumer, `stats` any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "exec/spsc_ring.h"
#include "graph/boundary.h"
#include "graph/frame_type.h"
#include "media/frame.h"

namespace parley::graph {

struct LinkStats {
  std::string name;          // `node.port -> segment`, or the name of an inlet or outlet
  std::uint64_t frames = 0;  // moved
  std::uint64_t full = 0;    // times that a frame had to wait because the ring was full
  std::size_t depth = 0;     // frames in the ring now
  std::size_t depth_max = 0;
};

class LinkBase {
 public:
  static constexpr std::size_t kOutside = static_cast<std::size_t>(-1);
  static constexpr std::size_t kOutletCapacity = 16;  // frames, at the producer's end

  explicit LinkBase(std::string name) : name_(std::move(name)) {}
  LinkBase(const LinkBase&) = delete;
  LinkBase& operator=(const LinkBase&) = delete;
  virtual ~LinkBase() = default;

  // Made once, while the graph is cut: the pipelines own the ends.
  virtual std::unique_ptr<OutletBase> make_outlet() = 0;
  virtual std::unique_ptr<InletBase> make_inlet() = 0;
  virtual void use_outlet(OutletBase& outlet) = 0;

  /// From the outlet into the ring, as much as fits. Returns how many frames.
  virtual std::size_t send() = 0;
  /// From the ring into the inlet, as much as fits.
  virtual std::size_t receive() = 0;
  /// True when `receive` would move something.
  [[nodiscard]] virtual bool has_news() noexcept = 0;
  /// Whether `push` will succeed; when not, the consumer will tell of room.
  [[nodiscard]] virtual bool may_push() noexcept = 0;
  /// From outside. False, and `frame` untouched, when the ring is full. REQUIRES: the right kind.
  virtual bool push(media::Frame& frame) = 0;
  [[nodiscard]] virtual std::optional<media::Frame> poll() = 0;

  [[nodiscard]] virtual LinkStats stats() const = 0;
  [[nodiscard]] virtual std::size_t type() const = 0;  // see frame_type.h
  [[nodiscard]] bool is_system() const {
    return type() == frame_index<media::Control>() || type() == frame_index<media::ErrorEvent>();
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// After frames were taken out of the ring: true when the producer waits for room, and has to be
  /// told. Threads: consumer.
  [[nodiscard]] bool take_wish_for_room() noexcept {
    return wants_room_.exchange(false, std::memory_order_acq_rel);
  }

  std::size_t from = kOutside;  // index of the producing segment
  std::size_t to = kOutside;    // index of the consuming segment

 protected:
  void count_sent(std::size_t frames, std::size_t depth) noexcept {
    bump(frames_, frames);
    if (depth > depth_max_.load(std::memory_order_relaxed)) {
      depth_max_.store(depth, std::memory_order_relaxed);
    }
  }
  /// The producer's half of the agreement: say that room is wanted, then look once more. Both sides
  /// exchange the same word, so either the consumer sees the wish or this look finds the room.
  void want_room() noexcept {
    bump(full_, 1);
    wants_room_.exchange(true, std::memory_order_acq_rel);
  }
  void forget_wish() noexcept { wants_room_.store(false, std::memory_order_relaxed); }
  [[nodiscard]] LinkStats stats_with(std::size_t depth) const {
    return {.name = name_,
            .frames = frames_.load(std::memory_order_relaxed),
            .full = full_.load(std::memory_order_relaxed),
            .depth = depth,
            .depth_max = depth_max_.load(std::memory_order_relaxed)};
  }

 private:
  // The producer alone writes these: no locked instruction.
  static void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  const std::string name_;
  std::atomic<std::uint64_t> frames_{0};
  std::atomic<std::uint64_t> full_{0};
  std::atomic<std::size_t> depth_max_{0};
  std::atomic<bool> wants_room_{false};
};

template <typename T>
class Link final : public LinkBase {
 public:
  Link(std::string name, std::size_t capacity) : LinkBase(std::move(name)), ring_(capacity) {}

  std::unique_ptr<OutletBase> make_outlet() override {
    auto made = std::make_unique<Outlet<T>>(name(), InOptions{.capacity = kOutletCapacity});
    outlet_ = made.get();
    return made;
  }
  std::unique_ptr<InletBase> make_inlet() override {
    auto made = std::make_unique<Inlet<T>>(name());
    inlet_ = made.get();
    return made;
  }
  void use_outlet(OutletBase& outlet) override { outlet_ = static_cast<Outlet<T>*>(&outlet); }

  std::size_t send() override {
    std::size_t sent = 0;
    while (!outlet_->empty() && has_room()) {
      put(outlet_->pop());
      ++sent;
    }
    if (sent != 0) count_sent(sent, ring_.size());
    return sent;
  }
  std::size_t receive() override {
    std::size_t received = 0;
    while (inlet_->has_room()) {
      std::optional<T> frame = ring_.try_pop();
      if (!frame) break;
      inlet_->push(*std::move(frame));
      ++received;
    }
    return received;
  }
  [[nodiscard]] bool has_news() noexcept override { return !ring_.empty() && inlet_->has_room(); }
  [[nodiscard]] bool may_push() noexcept override { return has_room(); }
  bool push(media::Frame& frame) override {
    if (!has_room()) return false;
    put(std::get<T>(std::move(frame)));
    count_sent(1, ring_.size());
    return true;
  }
  [[nodiscard]] std::optional<media::Frame> poll() override {
    std::optional<T> frame = ring_.try_pop();
    if (!frame) return std::nullopt;
    return media::Frame(*std::move(frame));
  }
  [[nodiscard]] LinkStats stats() const override { return stats_with(ring_.size()); }
  [[nodiscard]] std::size_t type() const override { return frame_index<T>(); }

 private:
  [[nodiscard]] bool has_room() noexcept {
    if (ring_.has_room()) [[likely]]
      return true;
    want_room();
    if (!ring_.has_room()) return false;
    forget_wish();
    return true;
  }
  void put(T&& frame) {
    const bool is_put = ring_.try_push(std::move(frame));
    PARLEY_CHECK(is_put);  // only this side fills it
  }

  exec::SpscRing<T> ring_;
  Outlet<T>* outlet_ = nullptr;
  Inlet<T>* inlet_ = nullptr;
};

/// `type`: see frame_type.h. `capacity`: frames in the ring, rounded up to a power of two.
[[nodiscard]] std::unique_ptr<LinkBase> make_link(std::size_t type, std::string name,
                                                  std::size_t capacity);

}  // namespace parley::graph
