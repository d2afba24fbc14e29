// SPDX-License-Identifier: Apache-2.0
//
// What the scheduler needs from a language model: a batch of tokens of several sequences in, logits
// out, and a cache whose sequences can be cut and copied. llama_context.h is the real one; tests
// have one of a few lines.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "backend/llama/sequence_table.h"
#include "backend/llama/token_sampler.h"

namespace parley::backend {

struct BatchEntry {
  Token token = 0;
  std::int32_t position = 0;
  SequenceId sequence = 0;
  bool wants_logits = false;
};

class SequenceDecoder {
 public:
  enum class Outcome : std::uint8_t {
    done,
    full,     // no cells left: nothing has changed, try again after removing something
    aborted,  // `should_stop` said so: nothing of the batch remains
    failed,   // the library could not; the sequences of the batch are lost
  };

  virtual ~SequenceDecoder() = default;
  /// `should_stop` is asked every few microseconds to milliseconds, on this thread.
  virtual Outcome decode(std::span<const BatchEntry> batch,
                         const std::function<bool()>& should_stop) = 0;
  /// Of an entry of the last batch that wanted them; valid until the next decode.
  [[nodiscard]] virtual std::span<float> logits(std::size_t entry) = 0;
  /// Removes positions from `position` on.
  virtual void remove(SequenceId sequence, std::size_t position) = 0;
  /// Gives `to` the positions [begin, end) of `from`, sharing their cells.
  virtual void copy(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) = 0;
  /// Null when the grammar is not understood.
  [[nodiscard]] virtual std::unique_ptr<TokenGate> make_gate(const std::string& grammar) = 0;
};

}  // namespace parley::backend
