// SPDX-License-Identifier: Apache-2.0
//
// Any line as an utterance that was kept: what is taken is written and read again as the same, and
// is one line.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "form.h"
#include "protocol/transcription/kept_utterance.h"

using namespace parley;            // NOLINT: one file, one subject
using namespace parley::protocol;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto kept = read_kept_utterance({reinterpret_cast<const char*>(data), size});
  if (!kept) {
    require(kept.error().code == ErrorCode::data_corrupt && !kept.error().message.empty());
    return 0;
  }
  require(kept->begin <= kept->end);
  std::string line;
  append_kept_utterance(line, *kept);
  require(line.find('\n') == line.size() - 1);
  line.pop_back();
  const auto again = read_kept_utterance(line);
  require(again.has_value() && *again == *kept);
  return 0;
}
