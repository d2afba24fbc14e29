// SPDX-License-Identifier: Apache-2.0
//
// A function as an operator, with one input "in" and one output "out". What the function returns
// says what it is:
//
//   void (T&)                  changes the frame, which goes on
//   bool (const T&)            true: the frame goes on; false: it is dropped
//   T or U (T)                 another frame in its place, of any kind
//   std::optional<U> (T)       the same, or nothing
//   Result<…> of the above     or an error, which the node's policy deals with
//
//   spec.add_filter<AudioFrame>("louder", [](AudioFrame& frame) { … });
//   spec.add_filter<SpeechEvent>("only_speech", [](const SpeechEvent& e) { return e.is_speech; });
//
// The new frame should keep the old one's header. The function may hold state; it must not block.
// Threads: strand.  Allocates: what the function does.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "graph/operator.h"
#include "graph/port.h"

namespace parley::graph {

namespace filter_detail {

template <typename R>
struct Unwrap {
  using type = R;
  static constexpr bool is_result = false;
};
template <typename R>
struct Unwrap<Result<R>> {
  using type = R;
  static constexpr bool is_result = true;
};

/// What comes out: In where the function returns void or bool.
template <typename In, typename R>
struct Output {
  using type = R;
};
template <typename In>
struct Output<In, void> {
  using type = In;
};
template <typename In>
struct Output<In, bool> {
  using type = In;
};
template <typename In, typename R>
struct Output<In, std::optional<R>> {
  using type = R;
};

/// `T&` takes only a frame that stays; anything else can be given one to keep.
template <typename F, typename T>
using Returned =
    typename std::conditional_t<std::is_invocable_v<F&, T&&>, std::invoke_result<F&, T&&>,
                                std::invoke_result<F&, T&>>::type;

}  // namespace filter_detail

template <typename T, typename F>
class FilterOperator final : public Operator {
  using Returned = filter_detail::Returned<F, T>;
  using Answer = typename filter_detail::Unwrap<Returned>::type;
  static constexpr bool kMayFail = filter_detail::Unwrap<Returned>::is_result;

 public:
  using Output = typename filter_detail::Output<T, Answer>::type;
  static constexpr bool kKeepsFrame = std::is_void_v<Answer> || std::is_same_v<Answer, bool>;

  explicit FilterOperator(F function) : function_(std::move(function)) {}

  Result<Progress> process(ProcessContext& /*context*/) override {
    while (in_.peek() != nullptr) {
      if (!out_.has_room()) return Progress::blocked;
      T frame = in_.pop();
      if constexpr (kMayFail) {
        auto answer = call(frame);
        if (!answer) return std::move(answer).error();
        if constexpr (std::is_void_v<Answer>) {
          out_.push(std::move(frame));
        } else {
          pass(frame, *std::move(answer));
        }
      } else if constexpr (std::is_void_v<Answer>) {
        call(frame);
        out_.push(std::move(frame));
      } else {
        pass(frame, call(frame));
      }
    }
    return Progress::need_input;
  }

 private:
  Returned call(T& frame) {
    // What goes on afterwards must not be moved away.
    if constexpr (kKeepsFrame || !std::is_invocable_v<F&, T&&>) {
      return std::invoke(function_, frame);
    } else {
      return std::invoke(function_, std::move(frame));
    }
  }
  template <typename Value>
  void pass(T& frame, Value&& answer) {
    if constexpr (std::is_same_v<Answer, bool>) {
      if (answer) out_.push(std::move(frame));
    } else if constexpr (std::is_same_v<Answer, Output>) {
      out_.push(std::forward<Value>(answer));
    } else {
      if (answer) out_.push(*std::forward<Value>(answer));
    }
  }

  In<T> in_{*this, "in"};
  /// A function that only looks or changes samples keeps the format; of another, nothing is known.
  Out<Output> out_{*this, "out", {.format_of = kKeepsFrame ? &in_ : nullptr}};
  F function_;
};

}  // namespace parley::graph
