// SPDX-License-Identifier: Apache-2.0
//
// Which tokens lie in which sequence of the key-value cache, and who uses them.
//
// All sequences share one pool of cells, so an equal beginning is stored once however many
// sequences contain it, and giving it to one more costs microseconds. The table decides; its owner
// carries the decisions out on the cache.
//
// A sequence is busy while work is being done in it, otherwise idle: idle ones keep what they hold
// until somebody needs the sequence or its cells, the longest unused first.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backend/llama/vocabulary.h"

namespace parley::backend {

using SequenceId = std::int32_t;

/// How to make a sequence begin with as much of a prompt as the cache holds anywhere.
struct SequenceClaim {
  SequenceId sequence = 0;
  std::size_t keep = 0;                 // tokens of its own that stay; the rest is removed
  std::optional<SequenceId> copy_from;  // then positions [keep, reused) come from here
  std::size_t reused = 0;               // tokens of the prompt that are in place afterwards
};

class SequenceTable {
 public:
  explicit SequenceTable(std::size_t sequences);

  /// Finds a sequence for `prompt` of `session` (0: nobody's), the session's own if it is idle.
  /// It becomes busy. The last token of a prompt is never reused: its logits are wanted.
  /// Nothing when all sequences are busy.
  [[nodiscard]] std::optional<SequenceClaim> claim(std::uint64_t session,
                                                   std::span<const Token> prompt);
  void append(SequenceId sequence, std::span<const Token> tokens);
  void truncate(SequenceId sequence, std::size_t size);
  [[nodiscard]] std::size_t size(SequenceId sequence) const { return at(sequence).tokens.size(); }

  /// Idle again; what it holds stays for the session's next prompt.
  void release(SequenceId sequence);
  /// True when the cache holds a prompt's first tokens, all of them, for this session.
  [[nodiscard]] bool covers(std::uint64_t session, std::span<const Token> prompt) const;

  /// Empties the longest unused idle sequence; its owner removes the cells. Nothing: none is left.
  [[nodiscard]] std::optional<SequenceId> evict();
  /// Lets go of a session's idle sequence. Its head stays when no other sequence has it: it is what
  /// the next session probably begins with.
  struct Forgotten {
    SequenceId sequence;
    std::size_t keep;
  };
  [[nodiscard]] std::optional<Forgotten> forget(std::uint64_t session);
  /// The first `tokens` of a sequence are its head: instructions, and nothing that somebody said.
  void set_head(SequenceId sequence, std::size_t tokens) { at(sequence).head = tokens; }

  [[nodiscard]] std::size_t idle_count() const;

 private:
  struct Sequence {
    std::vector<Token> tokens;
    std::size_t head = 0;  // tokens
    std::uint64_t owner = 0;
    std::uint64_t used_at = 0;  // in claims and releases
    bool busy = false;
  };

  [[nodiscard]] Sequence& at(SequenceId id) { return sequences_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const Sequence& at(SequenceId id) const {
    return sequences_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] std::optional<SequenceId> own_of(std::uint64_t session) const;
  [[nodiscard]] std::optional<SequenceId> longest_unused(bool with_tokens) const;

  std::vector<Sequence> sequences_;
  std::uint64_t uses_ = 0;
};

}  // namespace parley::backend
