// SPDX-License-Identifier: Apache-2.0
//
// What a client may say about one reply (`response.create.response`); what is absent, or null,
// comes from the session. Threads: value type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/realtime/item.h"
#include "protocol/realtime/session_config.h"

namespace parley::protocol {

inline constexpr std::size_t kMetadataPairsMax = 16;
inline constexpr std::size_t kMetadataKeyMax = 64;     // characters
inline constexpr std::size_t kMetadataValueMax = 512;  // characters
using Metadata = std::vector<std::pair<std::string, std::string>>;

struct ResponseRequest {
  std::optional<std::string> instructions;
  std::optional<Modality> modality;
  std::optional<WireFormat> output_format;
  std::optional<Voice> voice;
  bool out_of_band = false;  // conversation: "none"
  std::optional<std::vector<InputItem>> input;
  std::optional<Metadata> metadata;
  std::optional<std::vector<Tool>> tools;
  std::optional<ToolChoice> tool_choice;
  std::optional<bool> parallel_tool_calls;
  std::optional<std::int32_t> max_output_tokens;  // 0: "inf"
  std::optional<double> temperature;              // [0.6, 1.2]; the beta dialect's alone
};

}  // namespace parley::protocol
