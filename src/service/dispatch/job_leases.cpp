// SPDX-License-Identifier: Apache-2.0
#include "service/dispatch/job_leases.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/log.h"

namespace parley::service {
namespace {

using protocol::KeptJob;
using store::LeaseState;

Counter& outcomes(Metrics& metrics, std::string outcome) {
  return metrics.counter("parley_room_leases_total",
                         "Jobs in rooms that changed their worker, or could not, by how",
                         {{"outcome", std::move(outcome)}});
}

}  // namespace

JobLeases::JobLeases(LeaseOptions options, store::LeaseBackend& backend, LeaseListener& listener,
                     Metrics& metrics)
    : options_(std::move(options)),
      backend_(backend),
      listener_(listener),
      taken_over_(outcomes(metrics, "taken_over")),
      handed_over_(outcomes(metrics, "handed_over")),
      lost_(outcomes(metrics, "lost")),
      given_up_(outcomes(metrics, "given_up")),
      forgotten_(outcomes(metrics, "forgotten")),
      failures_(metrics.counter("parley_room_lease_failures_total",
                                "Calls of the place where jobs of rooms are kept that failed")) {}

void JobLeases::begin(KeptJob kept, Instant now) {
  Held& held = held_[kept.job.id];
  held.kept = std::move(kept);
  put(held);
  if (!is_draining_) return;
  // It was on its way here when the drain began.
  held.is_offered = true;
  held.offered_by = now + kOfferPatience;
  const std::vector<std::string> ids{held.kept.job.id};
  if (!backend_.offer(options_.holder, ids)) failures_.add();
}

void JobLeases::put(Held& held) {
  const Status done =
      backend_.put(options_.holder, held.kept.job.id, to_json(held.kept), options_.life);
  held.is_put = static_cast<bool>(done);
  if (!done) failures_.add();
}

void JobLeases::end(const std::string& job_id) {
  const auto at = held_.find(job_id);
  if (at == held_.end()) return;
  const bool is_offered = at->second.is_offered;
  held_.erase(at);
  if (!is_offered) release(job_id);
}

void JobLeases::release(const std::string& id) {
  if (backend_.release(options_.holder, id)) return;
  failures_.add();
  if (unreleased_.size() >= kReleasesKeptMax) unreleased_.pop_front();
  unreleased_.push_back(id);
}

void JobLeases::offer_all(Instant now) {
  if (std::exchange(is_draining_, true)) return;
  std::vector<std::string> ids;
  for (auto& [id, held] : held_) {
    held.is_offered = true;
    held.offered_by = now + kOfferPatience;
    ids.push_back(id);
  }
  if (!backend_.offer(options_.holder, ids)) {
    failures_.add();
    // Nobody can know of the offer.
    for (auto& [id, held] : held_) held.offered_by = now;
  }
}

void JobLeases::poll(const WorkerSlack& slack, Instant now) {
  if (now >= renew_at_) renew(now);
  for (auto& [id, held] : held_) {
    if (now < held.offered_by) continue;
    held.offered_by = Instant::never();
    listener_.leave(id, {});
  }
  if (now >= look_at_) look(slack, now);
}

Instant JobLeases::next() const { return std::min(renew_at_, look_at_); }

void JobLeases::note(bool has_answered, Instant now) {
  if (!has_answered) {
    failures_.add();
    answers_since_ = Instant::never();
  } else if (answers_since_ == Instant::never()) {
    answers_since_ = now;
  }
}

// --- ours ----------------------------------------------------------------------------------------

void JobLeases::renew(Instant now) {
  // Who comes in our place is waited for.
  renew_at_ = now + (is_draining_ ? kLookInterval : Nanos(options_.life) / kRenewalsPerLife);
  std::vector<std::string> ids;
  for (const auto& [id, held] : held_) ids.push_back(id);
  auto states = backend_.renew(options_.holder, ids, options_.life);
  if (!ids.empty()) note(static_cast<bool>(states), now);
  if (!states) return;
  for (std::size_t i = 0; i < ids.size(); ++i) settle(ids[i], (*states)[i]);
  const std::size_t waiting = unreleased_.size();
  for (std::size_t i = 0; i < waiting; ++i) {
    const std::string id = std::move(unreleased_.front());
    unreleased_.pop_front();
    release(id);
  }
}

void JobLeases::settle(const std::string& id, LeaseState state) {
  const auto at = held_.find(id);
  switch (state) {
    case LeaseState::held:
      return;
    case LeaseState::gone:  // it was never told, or the place has lost it
      return put(at->second);
    case LeaseState::taken:
      break;
  }
  const bool was_offered = at->second.is_offered;
  const std::string successor = next_identity(at->second.kept);
  held_.erase(at);
  if (was_offered) {
    handed_over_.add();
    listener_.leave(id, successor);
  } else {
    lost_.add();
    log::warn("another worker has a job of ours: it took us for dead", {{"job", id}});
    listener_.lose(id);
  }
}

// --- others' -------------------------------------------------------------------------------------

void JobLeases::look(const WorkerSlack& slack, Instant now) {
  look_at_ = now + kLookInterval;
  const auto due = backend_.due(kDuePerLookMax);
  note(static_cast<bool>(due), now);
  // Whoever could not renew has time for it first.
  const bool is_settled =
      answers_since_ != Instant::never() && now >= answers_since_ + options_.life;
  if (!due || !is_settled || is_draining_ || !slack.takes_jobs) return;
  const auto delay = std::chrono::duration_cast<Millis>(
      std::chrono::duration<double, std::nano>(kLoadDelayMax) * std::clamp(slack.load, 0.0, 1.0));
  std::size_t left = std::min(slack.places, kClaimsPerLookMax);
  for (const store::DueLease& one : *due) {
    if (left == 0) return;
    if (held_.contains(one.id) || one.overdue < delay) continue;
    if (claim(one)) --left;
  }
}

bool JobLeases::claim(const store::DueLease& due) {
  auto claimed = backend_.claim(options_.holder, due.id, options_.life);
  if (!claimed) failures_.add();
  if (!claimed || !*claimed) return false;
  const store::ClaimedLease& lease = **claimed;
  if (due.overdue >= kForgottenAfter) {
    forgotten_.add();
    release(due.id);
    return false;
  }
  Result<KeptJob> kept = protocol::parse_kept_job(lease.text);
  if (!kept || kept->job.id != due.id || lease.deaths > kDeathsMax) {
    given_up_.add();
    log::error("a job in a room is given up",
               {{"job", due.id},
                {"why", !kept ? kept.error().message
                              : std::to_string(lease.deaths) + " workers died with it"}});
    release(due.id);
    return false;
  }
  std::string predecessor;
  if (lease.was_offered) {
    predecessor = std::exchange(kept->identity, next_identity(*kept));
    ++kept->turn;
  }
  taken_over_.add();
  log::info("a job of another worker is ours", {{"job", due.id},
                                                {"room", kept->job.room},
                                                {"was_offered", lease.was_offered},
                                                {"deaths", lease.deaths}});
  Held& held = held_[due.id];
  held.kept = *kept;
  put(held);
  listener_.take_over(*kept, predecessor);
  return true;
}

}  // namespace parley::service
