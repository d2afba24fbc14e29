// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/transcription_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/pcm16.h"
#include "codec/wav_writer.h"
#include "protocol/transcription/transcription_order.h"

namespace parley::backend {
namespace {

constexpr std::string_view kEnd = "\r\n";

class FormWriter {
 public:
  FormWriter(std::string& out, std::string_view boundary) : out_(out), boundary_(boundary) {}

  void field(std::string_view name, std::string_view value) {
    begin(name, {});
    out_.append(value).append(kEnd);
  }
  void file(std::string_view name, std::span<const float> samples) {
    begin(name, "; filename=\"utterance.wav\"\r\nContent-Type: audio/wav");
    const auto head = codec::wav_header(model::kAsrRate, samples.size() * 2);
    out_.append(reinterpret_cast<const char*>(head.data()), head.size());
    out_.append(pcm_bytes(samples)).append(kEnd);
  }
  void end() { out_.append("--").append(boundary_).append("--").append(kEnd); }

 private:
  void begin(std::string_view name, std::string_view more) {
    out_.append("--").append(boundary_).append("\r\nContent-Disposition: form-data; name=\"");
    out_.append(name).append("\"").append(more).append("\r\n\r\n");
  }

  std::string& out_;
  const std::string_view boundary_;
};

std::string number(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

/// What was said before, and the words that may come: a recogniser with a prompt leans towards it.
std::string prompt_of(const model::AsrHints& hints) {
  std::string prompt = hints.prompt;
  for (std::size_t i = 0; i < hints.hot_words.size(); ++i) {
    if (i > 0) prompt += ", ";
    if (i == 0 && !prompt.empty()) prompt += ' ';
    prompt += hints.hot_words[i];
  }
  return prompt;
}

}  // namespace

std::string pcm_bytes(std::span<const float> samples) {
  std::string bytes(samples.size() * 2, '\0');
  codec::float_to_pcm16(samples, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::string make_transcription_form(const model::AsrCall& call, const TranscriptionForm& form) {
  std::string out;
  out.reserve(call.audio.size() * 2 + 2048);
  FormWriter writer(out, form.boundary);
  writer.field("model", form.model);
  writer.field("response_format", form.is_plain ? "json" : "verbose_json");
  // Endpoints of translations know neither.
  if (!call.translate) {
    if (!form.is_plain) writer.field("timestamp_granularities[]", "word");
    if (!form.is_plain) writer.field("timestamp_granularities[]", "segment");
    if (!call.language.empty()) writer.field("language", call.language);
  }
  if (call.hints != nullptr) {
    const std::string prompt = prompt_of(*call.hints);
    if (!prompt.empty()) writer.field("prompt", prompt);
    if (call.hints->temperature > 0.0) writer.field("temperature", number(call.hints->temperature));
    if (!form.is_plain && !call.translate) {
      const std::vector<std::string>& words = call.hints->hot_words;
      const std::size_t count = std::min(words.size(), protocol::kKeywordsMax);
      for (std::size_t i = 0; i < count; ++i) writer.field("keywords[]", words[i]);
    }
  }
  writer.file("file", call.audio);
  writer.end();
  return out;
}

}  // namespace parley::backend
