// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events (WHATWG HTML §9.2.6), the part that language models use: the data of each
// event, whatever pieces the network cuts the stream into. Lines end in "\n", "\r\n" or "\r";
// "data:" may or may not be followed by a blank; several data lines of one event are joined by
// "\n"; comments
// (":", which servers send as pings) and other fields are skipped.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::backend {

inline constexpr std::size_t kSseEventBytesMax = 1U << 20U;

class SseParser {
 public:
  using OnData = std::function<void(std::string_view data)>;

  /// `on_data` is called for each event that `bytes` completes. Fails with data_corrupt when an
  /// event grows past kSseEventBytesMax; nothing more is parsed then.
  Status push(std::string_view bytes, const OnData& on_data);
  /// The stream has ended. An event without its empty line still counts: some servers omit it.
  void finish(const OnData& on_data);

 private:
  void take_line(const OnData& on_data);
  void dispatch(const OnData& on_data);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;  // a "\n" now belongs to the "\r" before it
  bool has_failed_ = false;
};

}  // namespace parley::backend
