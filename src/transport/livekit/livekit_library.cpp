// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/log.h"
#include "transport/livekit/ffi_hub.h"
#include "transport/livekit/ffi_process.h"
#include "transport/livekit/joined_room.h"
#include "transport/livekit/livekit_room.h"

namespace parley::transport {
namespace {

/// One process of LiveKit's client, and who hears of its events.
class Client {
 public:
  explicit Client(LiveKitCounters& counters)
      : process_({counters.handles, counters.processes, counters.processes_lost}),
        hub_(process_, counters.events_dropped, counters.awaited) {}
  // Before the hub goes; and while it still hears what the process has to say at its end.
  ~Client() { process_.stop(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Status start(const LiveKitPrograms& programs) {
    return process_.start({programs.program, programs.library},
                          [this](ffi::FfiEvent&& event) { hub_.take(std::move(event)); });
  }

  FfiProcess& process() { return process_; }
  FfiHub& hub() { return hub_; }
  int joined = 0;

 private:
  FfiProcess process_;
  FfiHub hub_;
};

class Clients final : public LiveKitLibrary {
 public:
  Clients(LiveKitPrograms programs, Metrics& metrics)
      : programs_(std::move(programs)), counters_(metrics) {}
  // Rooms that were just left are still being told good-bye; all processes do that at once.
  ~Clients() override {
    for (const auto& client : clients_) client->process().retire();
  }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  Status begin() {
    const std::lock_guard lock(mutex_);
    PARLEY_TRY_STATUS(start_one());
    return clients_.back()->process().wait_until_ready();
  }

  std::unique_ptr<LiveKitRoom> join(LiveKitJoin join,
                                    std::shared_ptr<LiveKitRoomListener> listener) override {
    const std::shared_ptr<Client> client = next_client();
    return std::make_unique<JoinedRoom>(client->hub(), counters_, std::move(join),
                                        std::move(listener), client);
  }

 private:
  /// With the lock. The newest one is who takes rooms.
  Status start_one() {
    auto client = std::make_shared<Client>(counters_);
    const Status started = client->start(programs_);
    clients_.push_back(std::move(client));
    return started;
  }

  std::shared_ptr<Client> next_client() {
    std::vector<std::shared_ptr<Client>> gone;  // destroyed outside of the lock
    const std::lock_guard lock(mutex_);
    const auto is_gone = [](const std::shared_ptr<Client>& client) {
      return client.use_count() == 1 && client->process().has_ended();
    };
    const auto kept = std::stable_partition(clients_.begin(), clients_.end(),
                                            [&](const auto& client) { return !is_gone(client); });
    gone.assign(std::move_iterator(kept), std::move_iterator(clients_.end()));
    clients_.erase(kept, clients_.end());

    const bool has_one = !clients_.empty() && !clients_.back()->process().has_ended();
    const bool is_used_up = has_one && clients_.back()->joined >= programs_.rooms_max;
    if (!has_one || (is_used_up && clients_.size() < kProcessesMax)) {
      if (has_one) clients_.back()->process().retire();
      if (const Status started = start_one(); !started) {
        // The room that is to be joined hears that it cannot be.
        log::error("LiveKit's client cannot be started", {{"why", started.error().message}});
      }
    }
    ++clients_.back()->joined;
    return clients_.back();
  }

  const LiveKitPrograms programs_;
  LiveKitCounters counters_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Client>> clients_;  // GUARDED_BY(mutex_)
};

}  // namespace

Result<std::unique_ptr<LiveKitLibrary>> LiveKitLibrary::load(LiveKitPrograms programs,
                                                             Metrics& metrics) {
  auto clients = std::make_unique<Clients>(std::move(programs), metrics);
  PARLEY_TRY_STATUS(clients->begin());
  return std::unique_ptr<LiveKitLibrary>(std::move(clients));
}

}  // namespace parley::transport
