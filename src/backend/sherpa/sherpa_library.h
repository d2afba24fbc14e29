// SPDX-License-Identifier: Apache-2.0
//
// The library of sherpa-onnx, loaded with the first model that needs it: nothing of ours is linked
// to it, so a machine without it only lacks these models. It is never unloaded: what it and ONNX
// Runtime keep for the life of a process is not made for that.
//
//   PARLEY_TRY(const SherpaLibrary library, SherpaLibrary::open(path));
//   if (!library.find("SherpaOnnxCreateOfflineTts", api.create)) return library.not_known();
//
// Threads: immutable.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <dlfcn.h>

#include "base/result.h"

namespace parley::backend {

class SherpaLibrary {
 public:
  /// `path`: of libsherpa-onnx-c-api.so. Errors: not_found.
  static Result<SherpaLibrary> open(const std::string& path) {
    Handle handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE));
    // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps what went wrong for each thread.
    if (handle == nullptr) return Error{ErrorCode::not_found, dlerror()};
    return SherpaLibrary(std::move(handle), path);
  }

  /// False: it has no function of this name, which is one of c-api.h.
  template <typename Function>
  [[nodiscard]] bool find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(dlsym(handle_.get(), name));
    return function != nullptr;
  }
  [[nodiscard]] Error not_known() const {
    return {ErrorCode::failed_precondition, path_ + ": not a release of sherpa-onnx that we know"};
  }

 private:
  struct Close {
    void operator()(void* library) const noexcept { dlclose(library); }
  };
  using Handle = std::unique_ptr<void, Close>;
  SherpaLibrary(Handle handle, std::string path)
      : handle_(std::move(handle)), path_(std::move(path)) {}

  Handle handle_;
  std::string path_;
};

/// What was thrown through one of its functions. Within a `catch`.
[[nodiscard]] inline std::string what_sherpa_threw() {
  try {
    throw;
  } catch (const std::out_of_range&) {
    return "it wrote a symbol that its tokens do not have";  // sherpa's table of them
  } catch (const std::exception& failure) {
    return failure.what();
  } catch (...) {
    return "sherpa-onnx failed";
  }
}

}  // namespace parley::backend
