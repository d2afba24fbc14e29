// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/sse_parser.h"

namespace parley::backend {

Status SseParser::push(std::string_view bytes, const OnData& on_data) {
  for (const char c : bytes) {
    if (has_failed_) break;
    const bool ends_pair = after_return_ && c == '\n';
    after_return_ = c == '\r';
    if (ends_pair) continue;
    if (c == '\n' || c == '\r') {
      take_line(on_data);
      continue;
    }
    line_ += c;
    has_failed_ = line_.size() + data_.size() > kSseEventBytesMax;
  }
  if (!has_failed_) return {};
  return Error{ErrorCode::data_corrupt, "an event of the stream is larger than 1 MiB"};
}

void SseParser::finish(const OnData& on_data) {
  if (has_failed_) return;
  if (!line_.empty()) take_line(on_data);
  dispatch(on_data);
}

void SseParser::take_line(const OnData& on_data) {
  if (line_.empty()) {
    dispatch(on_data);
    return;
  }
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  if (line.substr(0, colon) == "data") {
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  line_.clear();
}

void SseParser::dispatch(const OnData& on_data) {
  if (!has_data_) return;
  const std::string data = std::move(data_);
  data_.clear();
  has_data_ = false;
  on_data(data);
}

}  // namespace parley::backend
