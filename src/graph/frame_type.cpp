// SPDX-License-Identifier: Apache-2.0
#include "graph/frame_type.h"

#include <array>

#include "base/check.h"

namespace parley::graph {
namespace {

struct NamedType {
  std::size_t type;
  std::string_view name;
};

constexpr std::array<NamedType, kFrameTypes> kNames{{
    {frame_index<media::EncodedAudio>(), "EncodedAudio"},
    {frame_index<media::AudioFrame>(), "AudioFrame"},
    {frame_index<media::SpeechEvent>(), "SpeechEvent"},
    {frame_index<media::TurnEvent>(), "TurnEvent"},
    {frame_index<media::Transcript>(), "Transcript"},
    {frame_index<media::TextDelta>(), "TextDelta"},
    {frame_index<media::ToolCall>(), "ToolCall"},
    {frame_index<media::GenerationEnd>(), "GenerationEnd"},
    {frame_index<media::ErrorEvent>(), "ErrorEvent"},
    {frame_index<media::Control>(), "Control"},
    {frame_index<media::VideoFrame>(), "VideoFrame"},
    {frame_index<media::TensorFrame>(), "TensorFrame"},
    {frame_index<media::Opaque>(), "Opaque"},
}};

}  // namespace

std::string_view frame_type_name(std::size_t type) {
  for (const NamedType& named : kNames) {
    if (named.type == type) return named.name;
  }
  PARLEY_CHECK(type < kFrameTypes);  // a kind was added to media::Frame and not to kNames
  return "?";
}

std::optional<std::size_t> frame_type_of(std::string_view name) {
  for (const NamedType& named : kNames) {
    if (named.name == name) return named.type;
  }
  return std::nullopt;
}

std::vector<std::string> frame_type_names() {
  std::vector<std::string> names;
  names.reserve(kNames.size());
  for (const NamedType& named : kNames) names.emplace_back(named.name);
  return names;
}

}  // namespace parley::graph
