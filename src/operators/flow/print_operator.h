// SPDX-License-Identifier: Apache-2.0
//
// A line of text for each frame: `label<tab>seconds<tab>what it is`.
//   in   in   any kind of frame
// Threads: strand; the writer is shared and may be slow, so this is for people and tests, not for
// the audio path of a busy server.  Allocates: a line per frame.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "graph/operator.h"
#include "graph/port.h"

namespace parley::operators {

/// Where lines go. Threads: any.
class LineWriter {
 public:
  virtual ~LineWriter() = default;
  /// `line` has no line break.
  virtual void write(std::string_view line) = 0;
};

/// What a frame is, in one line without tabs.
[[nodiscard]] std::string frame_text(const media::Frame& frame);

/// `label`, the start of the frame in seconds, its text.
[[nodiscard]] std::string frame_line(std::string_view label, const media::Frame& frame);

template <typename T>
class PrintOperator final : public graph::Operator {
 public:
  /// `lines` outlives the operator.
  PrintOperator(std::string label, LineWriter& lines) : label_(std::move(label)), lines_(lines) {}
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    while (in_.peek() != nullptr) lines_.write(frame_line(label_, in_.pop()));
    return graph::Progress::need_input;
  }

 private:
  graph::In<T> in_{*this, "in"};
  const std::string label_;
  LineWriter& lines_;
};

}  // namespace parley::operators
