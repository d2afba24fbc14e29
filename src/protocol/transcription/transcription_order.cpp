// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/transcription_order.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "protocol/form_reader.h"
#include "protocol/transcription/chunking_reader.h"
#include "protocol/transcription/data_url.h"
#include "protocol/transcription/language_name.h"

namespace parley::protocol {
namespace {

constexpr std::array<Choice<TranscriptFormat>, 6> kFormats{
    {{"json", TranscriptFormat::json},
     {"text", TranscriptFormat::text},
     {"srt", TranscriptFormat::srt},
     {"verbose_json", TranscriptFormat::verbose_json},
     {"vtt", TranscriptFormat::vtt},
     {"diarized_json", TranscriptFormat::diarized_json}}};
constexpr std::array<Choice<TranscriptFormat>, 5> kTranslationFormats{
    {kFormats[0], kFormats[1], kFormats[2], kFormats[3], kFormats[4]}};

enum class Granularity : std::uint8_t { word, segment };
constexpr std::array<Choice<Granularity>, 2> kGranularities{
    {{"word", Granularity::word}, {"segment", Granularity::segment}}};
constexpr std::array<Choice<bool>, 1> kIncludes{{{"logprobs", true}}};

constexpr double kTemperatureMax = 1.0;

void read_file(FormReader& reader, TranscriptionOrder& order) {
  const FormPart* file = reader.find("file");
  if (file == nullptr) return reader.problems().report(missing_parameter("file"));
  if (file->bytes.empty()) {
    return reader.problems().report(
        invalid_value("file", "Invalid value for 'file': the file is empty."));
  }
  order.file = file->bytes;
  order.filename = file->filename.value_or("");
  order.file_type = file->content_type;
}

/// What both interfaces have.
void read_common(FormReader& reader, TranscriptionOrder& order) {
  read_file(reader, order);
  order.model = reader.text("model", kNameCharactersMax).value_or("");
  order.prompt = reader.text("prompt", kPromptCharactersMax).value_or("");
  order.temperature =
      reader.number("temperature", 0.0, kTemperatureMax).value_or(order.temperature);
}

std::string read_language(std::string_view name, std::string_view text, Problems& problems) {
  std::optional<std::string> code = language_code(text);
  if (!code) {
    problems.report(unexpected_text(name, "a language in ISO 639-1, such as 'en'", text));
  }
  return std::move(code).value_or("");
}

void read_languages(FormReader& reader, TranscriptionOrder& order) {
  if (const auto text = reader.text("language", kNameCharactersMax)) {
    order.language = read_language("language", *text, reader.problems());
  }
  for (const std::string& text : reader.texts("languages", kLanguagesMax, kNameCharactersMax)) {
    order.languages.push_back(read_language("languages", text, reader.problems()));
  }
}

void report_unless(bool holds, FormReader& reader, std::string_view name,
                   std::string_view expected) {
  if (holds) return;
  reader.problems().report(invalid_value(
      std::string(name), "'" + std::string(name) + "' needs " + std::string(expected) + "."));
}

void read_details(FormReader& reader, TranscriptionOrder& order) {
  const TranscriptFormat format = order.format;
  const auto granularities = reader.choices("timestamp_granularities", kGranularities);
  if (!granularities.empty()) {
    report_unless(format == TranscriptFormat::verbose_json, reader, "timestamp_granularities",
                  "the response_format 'verbose_json'");
    order.words = std::ranges::find(granularities, Granularity::word) != granularities.end();
    order.segments = std::ranges::find(granularities, Granularity::segment) != granularities.end();
  }
  order.logprobs = !reader.choices("include", kIncludes).empty();
  report_unless(!order.logprobs || format == TranscriptFormat::json, reader, "include",
                "the response_format 'json' for 'logprobs'");
  order.stream = reader.boolean("stream").value_or(false);
  const bool has_events = format == TranscriptFormat::json || format == TranscriptFormat::text ||
                          format == TranscriptFormat::diarized_json;
  report_unless(!order.stream || has_events, reader, "stream",
                "a response_format of 'json', 'text' or 'diarized_json'");
}

void read_speakers(FormReader& reader, TranscriptionOrder& order) {
  for (std::string& name :
       reader.texts("known_speaker_names", kKnownSpeakersMax, kNameCharactersMax)) {
    order.known_speakers.push_back({.name = std::move(name), .audio = {}});
  }
  const auto references = reader.texts("known_speaker_references", kKnownSpeakersMax, 0);
  if (references.empty()) return;
  report_unless(references.size() == order.known_speakers.size(), reader,
                "known_speaker_references", "as many elements as 'known_speaker_names'");
  for (std::size_t i = 0; i < references.size() && !reader.problems().any(); ++i) {
    std::optional<std::string> audio = data_of_url(references[i]);
    if (!audio || audio->empty() || audio->size() > kReferenceBytesMax) {
      return reader.problems().report(unexpected_text(
          element_path("known_speaker_references", i),
          "a data URL with at most " + std::to_string(kReferenceBytesMax) + " bytes in base64",
          references[i]));
    }
    order.known_speakers[i].audio = std::move(*audio);
  }
}

template <typename Read>
TranscriptionOrderResult parse(const MultipartForm& form, Read read) {
  try {
    Problems problems;
    FormReader reader(form, problems);
    TranscriptionOrder order;
    read_common(reader, order);
    read(reader, order);
    if (std::optional<ProtocolError> error = problems.take()) return std::move(*error);
    return order;
  } catch (const std::exception&) {  // out of memory, or a limit of the JSON library
    return invalid_form("The form cannot be read.");
  }
}

}  // namespace

TranscriptionOrderResult parse_transcription_order(const MultipartForm& form) {
  return parse(form, [](FormReader& reader, TranscriptionOrder& order) {
    order.format = reader.choice("response_format", kFormats).value_or(order.format);
    read_languages(reader, order);
    order.keywords = reader.texts("keywords", kKeywordsMax, kNameCharactersMax);
    read_details(reader, order);
    order.chunking = read_chunking(reader);
    read_speakers(reader, order);
  });
}

TranscriptionOrderResult parse_translation_order(const MultipartForm& form) {
  return parse(form, [](FormReader& reader, TranscriptionOrder& order) {
    order.format = reader.choice("response_format", kTranslationFormats).value_or(order.format);
    order.translate = true;
  });
}

std::string_view name_of(TranscriptFormat format) noexcept { return name_of(format, kFormats); }

std::string_view content_type_of(TranscriptFormat format) noexcept {
  switch (format) {
    case TranscriptFormat::text:
    case TranscriptFormat::srt:
    case TranscriptFormat::vtt:
      return "text/plain; charset=utf-8";
    case TranscriptFormat::json:
    case TranscriptFormat::verbose_json:
    case TranscriptFormat::diarized_json:
      break;
  }
  return "application/json";
}

}  // namespace parley::protocol
