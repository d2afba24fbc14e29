// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/stop_scanner.h"

#include <algorithm>
#include <utility>

namespace parley::backend {
namespace {

/// Length of the longest end of `text` that begins `stop`, without being all of it.
std::size_t overlap(std::string_view text, std::string_view stop) {
  for (std::size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length) {
    if (text.substr(text.size() - length) == stop.substr(0, length)) return length;
  }
  return 0;
}

}  // namespace

StopScanner::StopScanner(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase(stops_, std::string());
}

bool StopScanner::push(std::string_view text, std::string& out) {
  held_ += text;
  std::size_t first = std::string::npos;
  for (const std::string& stop : stops_) first = std::min(first, held_.find(stop));
  if (first != std::string::npos) {
    out.append(held_, 0, first);
    held_.clear();
    return true;
  }
  std::size_t keep = 0;
  for (const std::string& stop : stops_) keep = std::max(keep, overlap(held_, stop));
  out.append(held_, 0, held_.size() - keep);
  held_.erase(0, held_.size() - keep);
  return false;
}

void StopScanner::finish(std::string& out) {
  out += held_;
  held_.clear();
}

}  // namespace parley::backend
