// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/library_log.h"

#include <algorithm>

#include "transport/livekit/ffi.h"

namespace parley::transport {
namespace {

/// The one error that it tells of every room that it leaves.
constexpr std::string_view kGoodBye = "] publisher data channel";

}  // namespace

void LibraryLog::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    line_.append(bytes.substr(0, std::min(end, kLineMax - std::min(line_.size(), kLineMax))));
    if (end == bytes.size()) return;
    if (!line_.empty()) write(line_);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void LibraryLog::write(std::string_view line) {
  if (line.starts_with('[')) {
    const std::string_view head = line.substr(0, line.find(']'));
    const bool is_error = head.find(" ERROR ") != std::string_view::npos &&
                          line.find(kGoodBye) == std::string_view::npos;
    level_ = is_error ? log::Level::warn : log::Level::debug;
  }
  log::write(level_, "livekit client", {{"message", without_tokens(std::string(line))}});
}

}  // namespace parley::transport
