// SPDX-License-Identifier: Apache-2.0
#include "store/speaker_store.h"

#include <optional>
#include <utility>

#include "base/log.h"

namespace parley::store {
namespace {

/// The caller's own mistake, or its bad luck: the store works.
bool is_about_the_call(ErrorCode code) {
  return code == ErrorCode::not_found || code == ErrorCode::failed_precondition ||
         code == ErrorCode::invalid_argument;
}

}  // namespace

SpeakerStore::SpeakerStore(std::unique_ptr<SpeakerVault> vault, const Surroundings& around,
                           std::size_t calls_max)
    : vault_(std::move(vault)),
      clock_(around.clock),
      calls_max_(calls_max),
      refused_(around.metrics.counter("parley_speakers_refused_total",
                                      "Calls for speakers refused since too many waited")),
      failures_(around.metrics.counter("parley_speakers_failures_total",
                                       "Calls for speakers that failed for the store's reasons")),
      waiting_count_(around.metrics.gauge("parley_speakers_waiting",
                                          "Calls that wait for the store of speakers")),
      strand_(exec::Strand::make(around.executor, *this)) {}

SpeakerStore::~SpeakerStore() {
  strand_->close();
  while (work()) continue;
}

void SpeakerStore::enrol(SpeakerKey key, VoicePrint voice, Done<Result<Speaker>> done) {
  ask([this, key = std::move(key), voice = std::move(voice)](
          SpeakerVault& vault) { return vault.enrol(key, voice, clock_.unix_seconds()); },
      std::move(done));
}

void SpeakerStore::remove(SpeakerKey key, Done<Status> done) {
  ask([key = std::move(key)](SpeakerVault& vault) { return vault.remove(key); }, std::move(done));
}

void SpeakerStore::list(std::string owner, Done<Result<SpeakerList>> done) {
  ask([owner = std::move(owner)](SpeakerVault& vault) { return vault.list(owner); },
      std::move(done));
}

template <typename T, typename Ask>
void SpeakerStore::ask(Ask what, Done<T> done) {
  Call call = [this, what = std::move(what), done = std::move(done)](Result<SpeakerVault*> vault) {
    if (!vault) return done(std::move(vault).error());
    T answer = what(**vault);
    if (!answer && !is_about_the_call(answer.error().code)) {
      failures_.add();
      log::error("the store of speakers fails", {{"reason", answer.error().message}});
    }
    done(std::move(answer));
  };
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < calls_max_) {
      waiting_.push(std::move(call));
      waiting_count_.set(static_cast<std::int64_t>(waiting_.size()));
      strand_->wake();
      return;
    }
  }
  refused_.add();
  call(Error{ErrorCode::resource_exhausted, "too much waits for the store of speakers"});
}

bool SpeakerStore::run_slice() noexcept { return work(); }

bool SpeakerStore::work() {
  std::optional<Call> call;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty()) call.emplace(waiting_.pop());
    more = !waiting_.empty();
    waiting_count_.set(static_cast<std::int64_t>(waiting_.size()));
  }
  if (call) (*call)(vault_.get());
  return more;
}

}  // namespace parley::store
