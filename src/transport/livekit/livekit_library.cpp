// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "transport/livekit/ffi_hub.h"
#include "transport/livekit/ffi_library.h"
#include "transport/livekit/joined_room.h"
#include "transport/livekit/livekit_room.h"

namespace parley::transport {
namespace {

class LoadedLibrary final : public LiveKitLibrary {
 public:
  LoadedLibrary(std::unique_ptr<FfiLibrary> library, Metrics& metrics)
      : library_(std::move(library)),
        counters_(metrics),
        hub_(*library_, counters_.events_dropped, counters_.awaited) {
    library_->start([this](ffi::FfiEvent&& event) { hub_.take(std::move(event)); },
                    counters_.handles);
  }
  // Before the hub goes; and while it still hears what the library has to say at its end.
  ~LoadedLibrary() override { library_->stop(); }
  LoadedLibrary(const LoadedLibrary&) = delete;
  LoadedLibrary& operator=(const LoadedLibrary&) = delete;

  std::unique_ptr<LiveKitRoom> join(LiveKitJoin join,
                                    std::shared_ptr<LiveKitRoomListener> listener) override {
    return std::make_unique<JoinedRoom>(hub_, counters_, std::move(join), std::move(listener));
  }

 private:
  const std::unique_ptr<FfiLibrary> library_;
  LiveKitCounters counters_;
  FfiHub hub_;
};

}  // namespace

Result<std::unique_ptr<LiveKitLibrary>> LiveKitLibrary::load(const std::string& path,
                                                             Metrics& metrics) {
  PARLEY_TRY(auto library, FfiLibrary::open(path));
  return std::unique_ptr<LiveKitLibrary>(
      std::make_unique<LoadedLibrary>(std::move(library), metrics));
}

}  // namespace parley::transport
