// SPDX-License-Identifier: Apache-2.0
//
// Small operators for the tests of the graph.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/operator.h"
#include "graph/port.h"
#include "media/frame.h"

namespace parley::graph::test {

using media::SpeechEvent;
using media::TurnEvent;

/// Passes events on, one per call; fails on the sequence numbers it is told to.
class Relay : public Operator {
 public:
  struct Options {
    std::size_t capacity = kPortCapacityDefault;
    std::vector<std::uint64_t> fails_on = {};  // sequence numbers
    bool pops_before_failing = true;
    int opens_that_fail = 0;  // of the first ones
  };
  Relay() : Relay(Options{}) {}
  explicit Relay(Options options)
      : in(*this, "in", {.capacity = options.capacity}), options_(options) {}

  Status open(ProcessContext& /*context*/) override {
    if (opened++ < options_.opens_that_fail) {
      return Error{.code = ErrorCode::unavailable, .message = "cannot open"};
    }
    return {};
  }
  void close() noexcept override { ++closed; }
  void on_turn(media::Turn now) noexcept override { turn = now; }

  Result<Progress> process(ProcessContext& /*context*/) override {
    ++calls;
    if (!out.has_room()) return Progress::blocked;
    const SpeechEvent* event = in.peek();
    if (event == nullptr) return Progress::need_input;
    for (const std::uint64_t bad : options_.fails_on) {
      if (event->head.sequence != bad) continue;
      if (options_.pops_before_failing) (void)in.pop();
      return Error{.code = ErrorCode::data_corrupt, .message = "bad " + std::to_string(bad)};
    }
    out.push(in.pop());
    return Progress::need_input;
  }

  int opened = 0;
  int closed = 0;
  int calls = 0;
  media::Turn turn;
  In<SpeechEvent> in;
  Out<SpeechEvent> out{*this, "out"};

 private:
  Options options_;
};

/// Makes `count` events, as many per call as there is room for.
class Source final : public Operator {
 public:
  explicit Source(std::uint64_t count) : count_(count) {}
  Result<Progress> process(ProcessContext& /*context*/) override {
    ++calls;
    while (made_ < count_) {
      if (!out.has_room()) return Progress::blocked;
      SpeechEvent event;
      event.head.sequence = ++made_;
      out.push(event);
    }
    return Progress::finished;
  }
  int calls = 0;
  Out<SpeechEvent> out{*this, "out"};

 private:
  std::uint64_t count_;
  std::uint64_t made_ = 0;
};

/// Two inputs of different types, one of them optional.
class Join final : public Operator {
 public:
  Result<Progress> process(ProcessContext& /*context*/) override {
    while (!speech.empty()) (void)speech.pop();
    while (!turns.empty()) (void)turns.pop();
    return Progress::need_input;
  }
  In<SpeechEvent> speech{*this, "speech"};
  In<TurnEvent> turns{*this, "turns", {.required = false}};
};

/// Runs what it is given; the ports are public.
class Custom final : public Operator {
 public:
  using Body = std::function<Result<Progress>(Custom&, ProcessContext&)>;
  explicit Custom(Body body) : body_(std::move(body)) {}
  Result<Progress> process(ProcessContext& context) override { return body_(*this, context); }
  In<SpeechEvent> in{*this, "in", {.required = false}};
  Out<SpeechEvent> out{*this, "out"};

 private:
  Body body_;
};

inline SpeechEvent event(std::uint64_t sequence, media::Turn turn = media::kAnyTurn) {
  SpeechEvent made;
  made.head.sequence = sequence;
  made.head.turn = turn;
  return made;
}

}  // namespace parley::graph::test
