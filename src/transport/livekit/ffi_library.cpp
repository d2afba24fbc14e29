// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_library.h"

#include <climits>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <dlfcn.h>

#include "base/log.h"

namespace parley::transport {
namespace {

/// Who hears of events. It lives as long as the process, as the library's threads do.
struct Hearer {
  std::shared_mutex mutex;                    // shared while an event is handed on
  std::function<void(ffi::FfiEvent&&)> sink;  // GUARDED_BY(mutex)
};

Hearer& hearer() {
  static Hearer& one = *std::make_unique<Hearer>().release();
  return one;
}

void hear(const std::uint8_t* data, std::size_t size) {
  ffi::FfiEvent event;
  if (size > INT_MAX || !event.ParseFromArray(data, static_cast<int>(size))) {
    log::warn("livekit client sent an event that we cannot read", {{"bytes", size}});
    return;
  }
  const std::shared_lock lock(hearer().mutex);
  if (hearer().sink) hearer().sink(std::move(event));
}

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

/// As UniFFI lays them out, with which this one function of the library is made.
struct UniffiBytes {
  std::uint64_t capacity = 0;
  std::uint64_t size = 0;
  const char* data = nullptr;
};
struct UniffiStatus {
  std::int8_t code = 0;
  UniffiBytes error;
};

/// Empty: it does not say.
std::string version_of(void* library) {
  UniffiBytes (*version)(UniffiStatus*) = nullptr;
  void (*give_back)(UniffiBytes, UniffiStatus*) = nullptr;
  if (!find(library, "uniffi_livekit_ffi_fn_func_build_version", version) ||
      !find(library, "ffi_livekit_ffi_rustbuffer_free", give_back)) {
    return {};
  }
  UniffiStatus status;
  const UniffiBytes bytes = version(&status);
  if (status.code != 0) return {};
  std::string text(bytes.data, bytes.size);
  give_back(bytes, &status);
  return text;
}

}  // namespace

Result<std::unique_ptr<FfiLibrary>> FfiLibrary::open(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps what went wrong for each thread.
    return Error{ErrorCode::not_found, std::string(dlerror()) + " (tools/deps fetches it)"};
  }
  Functions functions;
  if (!find(library, "livekit_ffi_initialize", functions.initialize) ||
      !find(library, "livekit_ffi_request", functions.request) ||
      !find(library, "livekit_ffi_drop_handle", functions.drop_handle) ||
      !find(library, "livekit_ffi_dispose", functions.dispose)) {
    return Error{ErrorCode::failed_precondition,
                 path + ": this is not LiveKit's client (tools/deps fetches it)"};
  }
  const std::string version = version_of(library);
  if (!version.starts_with(std::string(kVersion) + '.')) {
    return Error{ErrorCode::failed_precondition,
                 path + ": LiveKit's client of version " + (version.empty() ? "unknown" : version) +
                     ", and Parley speaks with " + std::string(kVersion) +
                     " (tools/deps fetches it)"};
  }
  return std::unique_ptr<FfiLibrary>(new FfiLibrary(functions));
}

FfiLibrary::~FfiLibrary() { stop(); }

void FfiLibrary::start(std::function<void(ffi::FfiEvent&&)> sink) {
  {
    const std::lock_guard lock(hearer().mutex);
    hearer().sink = std::move(sink);
  }
  started_ = true;
  // Its logs as events would be every line of every level, one event for each; to the standard
  // error it writes what the environment's RUST_LOG wants.
  functions_.initialize(&hear, false, "cpp", "parley");
}

void FfiLibrary::stop() {
  if (!std::exchange(started_, false)) return;
  functions_.dispose();  // waits for its tasks, which may still tell events
  const std::lock_guard lock(hearer().mutex);
  hearer().sink = nullptr;
}

std::optional<ffi::FfiResponse> FfiLibrary::request(const ffi::FfiRequest& request) {
  const std::string bytes = request.SerializeAsString();
  const std::uint8_t* answer = nullptr;
  std::size_t size = 0;
  const std::uint64_t handle = functions_.request(
      reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &answer, &size);
  if (handle == 0) return std::nullopt;
  std::optional<ffi::FfiResponse> response(std::in_place);
  if (size > INT_MAX || !response->ParseFromArray(answer, static_cast<int>(size))) response.reset();
  functions_.drop_handle(handle);  // the answer's memory
  return response;
}

void FfiLibrary::drop(std::uint64_t handle) { functions_.drop_handle(handle); }

}  // namespace parley::transport
