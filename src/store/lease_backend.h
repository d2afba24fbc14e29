// SPDX-License-Identifier: Apache-2.0
//
// Leases: who has which piece of work, in a place that several processes share. Whoever has one
// says so again before its time is up; when he does not, or offers it, another may claim it, and
// one alone gets it. What the work is, is a text that the place does not read. Implementations:
// memory/ (tests), redis/.
//
// Time is the place's own, so that clocks of different machines need not agree. Every call blocks.
// Errors: permission_denied, unavailable, internal; after the last two the same call may work
// again later. Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace parley::store {

/// A holder that was gone again so soon did not hold it in earnest.
inline constexpr Millis kLeaseHeldInEarnest{60'000};

/// One that nobody renews, or that is offered.
struct DueLease {
  std::string id;
  Millis overdue{0};
};

struct ClaimedLease {
  std::string text;
  bool was_offered = false;  // else its holder is gone
  /// Holders that were gone within kLeaseHeldInEarnest, one after the other, the last included.
  int deaths = 0;
};

enum class LeaseState : std::uint8_t {
  held,   // by whoever asks
  taken,  // by another
  gone,   // the place knows nothing of it: it has lost it
};

class LeaseBackend {
 public:
  virtual ~LeaseBackend() = default;
  /// A lease for `life` from now, with this text: a new one, or one that `holder` has.
  virtual Status put(std::string_view holder, const std::string& id, std::string_view text,
                     Millis life) = 0;
  /// Those that `holder` has, and does not offer, are his for `life` from now. One state for each.
  virtual Result<std::vector<LeaseState>> renew(std::string_view holder,
                                                std::span<const std::string> ids, Millis life) = 0;
  /// Whoever claims it first has it. Nothing happens to one that `holder` has not.
  virtual Status offer(std::string_view holder, std::span<const std::string> ids) = 0;
  /// The most overdue first, at most `count_max`.
  virtual Result<std::vector<DueLease>> due(std::size_t count_max) = 0;
  /// Nothing: somebody else has it by now.
  virtual Result<std::optional<ClaimedLease>> claim(std::string_view holder, const std::string& id,
                                                    Millis life) = 0;
  /// The work is over. Nothing happens to one that `holder` has not.
  virtual Status release(std::string_view holder, const std::string& id) = 0;
};

}  // namespace parley::store
