// SPDX-License-Identifier: Apache-2.0
//
// Any fields as orders of a transcription and a translation: what is taken keeps its limits, an
// error names its field; and the answers to it, with the client's own words as what was heard, are
// JSON, or cues that no text can break.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/utf8.h"
#include "form.h"
#include "protocol/transcription/subtitles.h"
#include "protocol/transcription/transcript_answer.h"
#include "protocol/transcription/transcription_order.h"

namespace {

using namespace parley;            // NOLINT: one file, one subject
using namespace parley::protocol;  // NOLINT

void require_event(const std::string& event) {
  constexpr std::string_view kData = "data: ";
  require(event.starts_with(kData) && event.find('\n') == event.size() - 2);
  require_object(std::string_view(event).substr(kData.size()));
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

void answer(const TranscriptionOrder& order) {
  FileTranscript transcript;
  transcript.language = order.language;
  transcript.duration = media::MediaTime::from_ms(1234);
  for (const std::string& text : {order.prompt, order.model}) {
    transcript.segments.push_back({.begin = media::MediaTime::from_ms(10),
                                   .end = media::MediaTime::from_ms(1000),
                                   .text = text,
                                   .speaker = order.keywords.empty() ? "" : order.keywords[0],
                                   .words = {{text, {}, {}}}});
  }
  transcript.text = joined_text(transcript.segments);
  transcript.logprobs = {{std::string(order.file), -0.5}};
  require(transcript.text.size() <= order.prompt.size() + order.model.size() + 1);
  require_object(transcript_json(transcript));
  require_object(transcript_verbose_json(transcript, {.words = order.words}));
  require_object(transcript_diarized_json(transcript));
  require(!transcript_body(transcript, order).empty() || order.format == TranscriptFormat::srt);
  std::string event;
  append_transcript_delta(event, order.prompt, transcript.logprobs, order.model);
  require_event(event);
  event.clear();
  append_transcript_segment(event, transcript.segments[0], 0);
  require_event(event);

  // A cue is a line of times, a line of text and an empty one; srt has a number before them.
  const std::string srt = to_srt(transcript);
  const std::size_t cues = count_of(srt, "-->");
  require(cues <= 2 && count_of(srt, "\n") == 4 * cues && count_of(srt, "\n\n") == cues);
  const std::string vtt = to_vtt(transcript);
  require(count_of(vtt, "-->") == cues && count_of(vtt, "\n") == 3 * cues + 2);
}

void check(const TranscriptionOrderResult& result) {
  if (const auto* error = std::get_if<ProtocolError>(&result)) {
    require(!error->message.empty() && error->param.has_value());
    return;
  }
  const auto& order = std::get<TranscriptionOrder>(result);
  require(!order.file.empty());
  require(order.temperature >= 0.0 && order.temperature <= 1.0);
  require(is_utf8(order.prompt) && characters_in(order.prompt) <= kPromptCharactersMax);
  require(order.keywords.size() <= kKeywordsMax && order.languages.size() <= kLanguagesMax);
  require(order.language.empty() || order.language.size() <= 3);
  require(order.known_speakers.size() <= kKnownSpeakersMax);
  for (const KnownSpeaker& speaker : order.known_speakers) {
    require(!speaker.name.empty() && speaker.audio.size() <= kReferenceBytesMax);
  }
  require(order.chunking.threshold >= 0.0 && order.chunking.threshold <= 1.0);
  require(order.chunking.prefix_padding_ms >= 0);
  require(order.chunking.silence_duration_ms <= kChunkingMsMax);
  require(!order.stream || order.format == TranscriptFormat::json ||
          order.format == TranscriptFormat::text ||
          order.format == TranscriptFormat::diarized_json);
  answer(order);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MultipartForm form = form_of({reinterpret_cast<const char*>(data), size});
  check(parse_transcription_order(form));
  check(parse_translation_order(form));
  return 0;
}
