// SPDX-License-Identifier: Apache-2.0
//
// What LiveKit's client library is to us: requests in, events out, and handles that are ours to
// drop. Everything else of this folder is written against it, so that tests need no library.
//
// An event often carries a handle; who does not want it must drop it, or the library keeps the
// thing alive: owned_handles says which ones there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ffi.pb.h>

namespace parley::transport {

namespace ffi = livekit::proto;

class Ffi {
 public:
  virtual ~Ffi() = default;
  /// Nothing: it was refused, mostly because a handle is none any more. Threads: any; never blocks.
  virtual std::optional<ffi::FfiResponse> request(const ffi::FfiRequest& request) = 0;
  virtual void drop(std::uint64_t handle) = 0;
  /// An FfiHandle has taken one, or given one back: for a gauge. Threads: any.
  virtual void count(int /*change*/) {}
};

/// Owns a handle of the library.
class FfiHandle {
 public:
  FfiHandle() = default;
  FfiHandle(Ffi& library, std::uint64_t id) : ffi_(&library), id_(id) {
    if (id_ != 0) ffi_->count(1);
  }
  FfiHandle(FfiHandle&& other) noexcept : ffi_(other.ffi_), id_(std::exchange(other.id_, 0)) {}
  FfiHandle& operator=(FfiHandle&& other) noexcept {
    FfiHandle taken(std::move(other));
    std::swap(ffi_, taken.ffi_);
    std::swap(id_, taken.id_);
    return *this;
  }
  FfiHandle(const FfiHandle&) = delete;
  FfiHandle& operator=(const FfiHandle&) = delete;
  ~FfiHandle() {
    if (id_ != 0) ffi_->drop(release());
  }

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ != 0; }
  /// The library has taken it back.
  std::uint64_t release() {
    if (id_ != 0) ffi_->count(-1);
    return std::exchange(id_, 0);
  }

 private:
  Ffi* ffi_ = nullptr;
  std::uint64_t id_ = 0;
};

/// Every handle that comes with `event` and is now ours.
[[nodiscard]] std::vector<std::uint64_t> owned_handles(const ffi::FfiEvent& event);

/// What the library says of itself, without the tokens that it likes to quote.
[[nodiscard]] std::string without_tokens(std::string words);

}  // namespace parley::transport
