// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/print_operator.h"

#include <array>
#include <cstdio>
#include <sstream>
#include <variant>

#include "graph/frame_type.h"

namespace parley::operators {
namespace {

using media::MediaTime;

std::string seconds(MediaTime time) {
  std::array<char, 32> text{};
  const double value =
      static_cast<double>(time.flicks) / static_cast<double>(MediaTime::kPerSecond);
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

std::string format(const media::AudioFormat& format) {
  return std::to_string(format.rate) + " Hz" +
         (format.channels == 1 ? "" : ", " + std::to_string(format.channels) + " channels");
}

std::string text_of(const media::EncodedAudio& frame) {
  return std::to_string(frame.bytes.size()) + " bytes at " + format(frame.format);
}
std::string text_of(const media::AudioFrame& frame) {
  return std::to_string(frame.samples.size() / sizeof(float)) + " samples at " +
         format(frame.format);
}
std::string text_of(const media::SpeechEvent& frame) {
  std::ostringstream text;
  text << (frame.is_speech ? "speech " : "silence ") << frame.probability;
  return text.str();
}
std::string text_of(const media::TurnEvent& frame) {
  constexpr std::array<const char*, 5> kKinds{"started", "paused", "resumed", "ended", "cleared"};
  return kKinds[static_cast<std::size_t>(frame.kind)] + std::string(" utterance ") +
         std::to_string(frame.utterance.value);
}
std::string text_of(const media::Transcript& frame) {
  std::string text = frame.text;
  if (!frame.language.empty()) text += " [" + frame.language + "]";
  if (!frame.emotion.empty()) text += " [" + frame.emotion + "]";
  return text + (frame.is_final ? "" : " …");
}
std::string text_of(const media::TextDelta& frame) { return frame.text; }
std::string text_of(const media::ToolCall& frame) { return frame.name + frame.arguments_delta; }
std::string text_of(const media::GenerationEnd& frame) {
  return std::to_string(frame.output_tokens) + " tokens" +
         (frame.reason == media::GenerationEnd::Reason::failed ? ", failed: " + frame.error.message
                                                               : "");
}
std::string text_of(const media::ErrorEvent& frame) {
  return frame.node + ": " + frame.error.message;
}
std::string text_of(const media::Control& frame) {
  std::ostringstream text;
  text << frame.name << " = " << std::boolalpha;
  std::visit([&](const auto& value) { text << value; }, frame.value);
  return text.str();
}
std::string text_of(const media::VideoFrame& frame) {
  return std::to_string(frame.width) + " x " + std::to_string(frame.height);
}
std::string text_of(const media::TensorFrame& frame) {
  std::string text;
  for (const std::int64_t dim : frame.shape.dims()) {
    text += (text.empty() ? "" : ", ") + std::to_string(dim);
  }
  return "[" + text + "]";
}
std::string text_of(const media::Opaque& frame) {
  return std::to_string(frame.bytes.size()) + " bytes of type " + std::to_string(frame.type.value);
}

}  // namespace

std::string frame_text(const media::Frame& frame) {
  std::string text = std::visit([](const auto& kind) { return text_of(kind); }, frame);
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return text;
}

std::string frame_line(std::string_view label, const media::Frame& frame) {
  const media::FrameHeader& head =
      std::visit([](const auto& kind) -> const media::FrameHeader& { return kind.head; }, frame);
  return std::string(label) + '\t' + seconds(head.pts) + '\t' + frame_text(frame);
}

}  // namespace parley::operators
