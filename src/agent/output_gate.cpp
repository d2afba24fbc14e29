// SPDX-License-Identifier: Apache-2.0
#include "agent/output_gate.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace parley::agent {
namespace {

// Packets end where clauses do but for rounding.
constexpr media::MediaTime kRounding = media::MediaTime::from_ms(2);

}  // namespace

void OutputGate::take(std::string_view text, bool is_last) {
  text_ += text;
  splitter_.append(text);
  if (is_last) splitter_.finish();
  while (std::optional<std::string> clause = splitter_.next()) check(std::move(*clause));
  if (!is_last || cut_ == text_.size()) return;
  // What nobody speaks: blanks go with what stands before them.
  const bool is_blank = text_.find_first_not_of(" \t\r\n", cut_) == std::string::npos;
  if (!is_blank || clauses_.empty()) return check(text_.substr(cut_));
  clauses_.back().end = cut_ = text_.size();
}

void OutputGate::check(std::string clause) {
  const std::size_t found = text_.find(clause, cut_);
  // Up to its end, so that nothing between two clauses goes by unseen.
  const std::size_t end = found == std::string::npos ? text_.size() : found + clause.size();
  gate_.check(text_.substr(cut_, end - cut_));
  cut_ = end;
  clauses_.push_back({std::move(clause), end});
}

std::string OutputGate::release() {
  const std::size_t passed = gate_.passed();
  const std::size_t end = passed == 0 ? 0 : clauses_[passed - 1].end;
  const std::size_t begin = std::exchange(released_, end);
  return text_.substr(begin, end - begin);
}

void OutputGate::spoken(const media::TextDelta& clause) {
  const std::size_t from = sounds_.empty() ? 0 : sounds_.back().clause + 1;
  // A clause before it may have failed to be spoken.
  const auto found =
      std::find_if(clauses_.begin() + static_cast<std::ptrdiff_t>(std::min(from, clauses_.size())),
                   clauses_.end(), [&](const Clause& one) { return one.text == clause.text; });
  // One that is not known waits for all that are.
  const auto index = static_cast<std::size_t>(found - clauses_.begin());
  const std::size_t last = clauses_.empty() ? 0 : clauses_.size() - 1;
  sounds_.push_back({clause.head.pts + clause.head.duration, std::min(index, last)});
}

bool OutputGate::may_be_heard(media::MediaTime end) const {
  const auto sound = std::find_if(sounds_.begin(), sounds_.end(),
                                  [end](const Sound& one) { return one.end + kRounding >= end; });
  return sound != sounds_.end() && sound->clause < gate_.passed();
}

}  // namespace parley::agent
