// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/sequence_table.h"

#include <algorithm>

#include "base/check.h"

namespace parley::backend {
namespace {

std::size_t common_prefix(std::span<const Token> a, std::span<const Token> b) {
  const auto shorter = std::min(a.size(), b.size());
  const auto differs =
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shorter), b.begin());
  return static_cast<std::size_t>(differs.first - a.begin());
}

}  // namespace

SequenceTable::SequenceTable(std::size_t sequences) : sequences_(sequences) {
  PARLEY_CHECK(sequences > 0);
}

std::optional<SequenceClaim> SequenceTable::claim(std::uint64_t session,
                                                  std::span<const Token> prompt) {
  PARLEY_CHECK(!prompt.empty());
  const std::span<const Token> wanted = prompt.first(prompt.size() - 1);
  std::optional<SequenceId> donor;
  std::size_t donor_size = 0;
  for (std::size_t i = 0; i < sequences_.size(); ++i) {
    const std::size_t size = common_prefix(sequences_[i].tokens, wanted);
    if (size > donor_size) {
      donor = static_cast<SequenceId>(i);
      donor_size = size;
    }
  }

  std::optional<SequenceId> taken = own_of(session);
  // Two prompts of one session at once: the second works beside the first and owns nothing.
  const bool session_is_busy = taken.has_value() && at(*taken).busy;
  if (!taken || session_is_busy) taken = longest_unused(false);
  if (!taken) return std::nullopt;

  Sequence& sequence = at(*taken);
  SequenceClaim claim;
  claim.sequence = *taken;
  claim.keep = common_prefix(sequence.tokens, wanted);
  claim.reused = claim.keep;
  if (donor && donor_size > claim.keep) {
    // The donor was somebody's, or idle: either way its beginning is worth more now.
    claim.copy_from = donor;
    claim.reused = donor_size;
    at(*donor).used_at = ++uses_;
  }
  sequence.tokens.assign(prompt.begin(),
                         prompt.begin() + static_cast<std::ptrdiff_t>(claim.reused));
  sequence.owner = session_is_busy ? 0 : session;
  sequence.used_at = ++uses_;
  sequence.busy = true;
  return claim;
}

void SequenceTable::append(SequenceId sequence, std::span<const Token> tokens) {
  std::vector<Token>& held = at(sequence).tokens;
  held.insert(held.end(), tokens.begin(), tokens.end());
}

void SequenceTable::truncate(SequenceId sequence, std::size_t size) {
  std::vector<Token>& held = at(sequence).tokens;
  held.resize(std::min(size, held.size()));
}

void SequenceTable::release(SequenceId sequence) {
  Sequence& released = at(sequence);
  released.busy = false;
  // Nobody comes back for what nobody owns: it makes room before any session's does.
  released.used_at = released.owner == 0 ? 0 : ++uses_;
}

bool SequenceTable::covers(std::uint64_t session, std::span<const Token> prompt) const {
  if (session == 0) {
    return std::any_of(sequences_.begin(), sequences_.end(), [&](const Sequence& sequence) {
      return common_prefix(sequence.tokens, prompt) == prompt.size();
    });
  }
  const std::optional<SequenceId> own = own_of(session);
  return own && common_prefix(at(*own).tokens, prompt) == prompt.size();
}

std::optional<SequenceId> SequenceTable::evict() {
  const std::optional<SequenceId> victim = longest_unused(true);
  if (victim) at(*victim) = Sequence{};
  return victim;
}

std::optional<SequenceTable::Forgotten> SequenceTable::forget(std::uint64_t session) {
  const std::optional<SequenceId> own = own_of(session);
  if (session == 0 || !own) return std::nullopt;
  Sequence& sequence = at(*own);
  sequence.owner = 0;
  if (sequence.busy) return std::nullopt;  // its work goes on; the sequence is nobody's afterwards
  const std::span<const Token> head =
      std::span(sequence.tokens).first(std::min(sequence.head, sequence.tokens.size()));
  const bool is_elsewhere =
      std::any_of(sequences_.begin(), sequences_.end(), [&](const Sequence& other) {
        return &other != &sequence && common_prefix(other.tokens, head) == head.size();
      });
  const std::size_t keep = is_elsewhere ? 0 : head.size();
  sequence.tokens.resize(keep);
  return Forgotten{*own, keep};
}

std::size_t SequenceTable::idle_count() const {
  return static_cast<std::size_t>(std::count_if(sequences_.begin(), sequences_.end(),
                                                [](const Sequence& one) { return !one.busy; }));
}

std::optional<SequenceId> SequenceTable::own_of(std::uint64_t session) const {
  if (session == 0) return std::nullopt;
  for (std::size_t i = 0; i < sequences_.size(); ++i) {
    if (sequences_[i].owner == session) return static_cast<SequenceId>(i);
  }
  return std::nullopt;
}

std::optional<SequenceId> SequenceTable::longest_unused(bool with_tokens) const {
  std::optional<SequenceId> best;
  for (std::size_t i = 0; i < sequences_.size(); ++i) {
    const Sequence& one = sequences_[i];
    if (one.busy || (with_tokens && one.tokens.empty())) continue;
    // An empty one that nobody owns costs nobody anything.
    const bool is_free = one.tokens.empty() && one.owner == 0;
    if (is_free) return static_cast<SequenceId>(i);
    if (!best || one.used_at < at(*best).used_at) best = static_cast<SequenceId>(i);
  }
  return best;
}

}  // namespace parley::backend
