// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/enrolled_speakers.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "service/speakers/speaker_match.h"

namespace parley::service {

struct EnrolledSpeakers::Memory {
  struct Known {
    std::shared_ptr<const store::SpeakerList> list;  // shared with who compares; null: not yet read
    int readings = 0;                                // under way
  };
  std::mutex mutex;                     // held for a few moves only
  std::map<std::string, Known> owners;  // GUARDED_BY(mutex)

  [[nodiscard]] std::shared_ptr<const store::SpeakerList> list_of(const std::string& owner) {
    const std::lock_guard lock(mutex);
    const auto found = owners.find(owner);
    return found == owners.end() ? nullptr : found->second.list;
  }
};

EnrolledSpeakers::EnrolledSpeakers(store::SpeakerStore& store, std::string model, float score_min)
    : store_(store),
      model_(std::move(model)),
      score_min_(score_min),
      memory_(std::make_shared<Memory>()) {}

void EnrolledSpeakers::ask(const std::string& owner, bool always) {
  {
    const std::lock_guard lock(memory_->mutex);
    if (!memory_->owners.contains(owner) && memory_->owners.size() >= kSpeakerOwnersMax) return;
    Memory::Known& known = memory_->owners[owner];
    if (known.readings > 0 && !always) return;
    ++known.readings;
  }
  store_.list(owner, [memory = memory_, owner](Result<store::SpeakerList> list) {
    auto fresh = list ? std::make_shared<const store::SpeakerList>(std::move(*list)) : nullptr;
    const std::lock_guard lock(memory->mutex);
    Memory::Known& known = memory->owners[owner];
    --known.readings;
    // What could not be read, which the store counts, was not forgotten.
    if (fresh != nullptr) known.list = std::move(fresh);
  });
}

bool EnrolledSpeakers::may_know_any(const std::string& owner) const {
  const auto list = memory_->list_of(owner);
  return list == nullptr || !list->empty();
}

std::string EnrolledSpeakers::name_of(const std::string& owner,
                                      std::span<const float> embedding) const {
  const auto list = memory_->list_of(owner);
  if (list == nullptr) return {};
  const auto who = identify(
      *list, {.model = model_, .embedding = {embedding.begin(), embedding.end()}}, score_min_);
  return who && who->is_match ? who->name : std::string();
}

}  // namespace parley::service
