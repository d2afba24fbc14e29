// SPDX-License-Identifier: Apache-2.0
//
// Where one frame passes on its way from socket to socket. The few places outside the graph that a
// frame goes through are marked with PARLEY_HOP; operators are seen by a graph::Tap. With nobody
// listening a mark costs one relaxed load.
//
// ARCHITECTURE.md opens with the list of all hops, and a test compares it with a real call.
#pragma once

#include <atomic>
#include <string_view>

namespace parley::trace {

class HopSink {
 public:
  virtual ~HopSink() = default;
  /// `file`: the source file as the compiler was given it. Threads: any, at once.
  virtual void on_hop(std::string_view file) noexcept = 0;
};

inline std::atomic<HopSink*> hop_sink{nullptr};

/// One listener per process, for tests and tools; null stops it. The old one must outlive calls
/// that are under way. Threads: any.
inline void listen(HopSink* sink) noexcept { hop_sink.store(sink, std::memory_order_release); }

}  // namespace parley::trace

/// Marks this source file as a place that the current frame passes.
#define PARLEY_HOP()                                                   \
  do {                                                                 \
    if (::parley::trace::HopSink* sink =                               \
            ::parley::trace::hop_sink.load(std::memory_order_acquire); \
        sink != nullptr) [[unlikely]]                                  \
      sink->on_hop(__FILE__);                                          \
  } while (false)
