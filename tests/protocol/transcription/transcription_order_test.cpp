// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/transcription_order.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A form with a file and these fields, which must outlive it.
MultipartForm form_of(const Fields& fields) {
  MultipartForm form;
  form.parts.push_back(
      {.name = "file", .filename = "a.wav", .content_type = "audio/wav", .bytes = "RIFF"});
  for (const auto& [name, value] : fields) {
    form.parts.push_back({.name = name, .filename = {}, .content_type = {}, .bytes = value});
  }
  return form;
}

TranscriptionOrder order_of(const Fields& fields) {
  auto result = parse_transcription_order(form_of(fields));
  const auto* error = std::get_if<ProtocolError>(&result);
  EXPECT_EQ(error, nullptr) << error->message;
  return error == nullptr ? std::get<TranscriptionOrder>(result) : TranscriptionOrder{};
}

/// "param: message"
std::string problem_of(const TranscriptionOrderResult& result) {
  const auto* error = std::get_if<ProtocolError>(&result);
  return error == nullptr ? "no error" : error->param.value_or("-") + ": " + error->message;
}

TEST(TranscriptionOrder, AFileIsEnough) {
  const TranscriptionOrder order = order_of({});
  EXPECT_EQ(order.file, "RIFF");
  EXPECT_EQ(order.filename, "a.wav");
  EXPECT_EQ(order.file_type, "audio/wav");
  EXPECT_EQ(order.model, "");
  EXPECT_EQ(order.language, "");
  EXPECT_EQ(order.format, TranscriptFormat::json);
  EXPECT_EQ(order.temperature, 0.0);
  EXPECT_TRUE(order.segments);
  EXPECT_FALSE(order.words || order.stream || order.logprobs || order.translate);
  EXPECT_EQ(order.chunking.kind, Chunking::Kind::unset);
  EXPECT_TRUE(order.known_speakers.empty() && order.keywords.empty() && order.languages.empty());
}

TEST(TranscriptionOrder, ReadsEveryField) {
  const Fields fields{{"model", "whisper-1"},
                      {"language", "EN-us"},
                      {"prompt", "Über Äpfel"},
                      {"response_format", "verbose_json"},
                      {"temperature", "0.25"},
                      {"timestamp_granularities[]", "word"},
                      {"timestamp_granularities[]", "segment"},
                      {"stream", "false"},
                      {"keywords[]", "Parley"},
                      {"keywords[]", "Opus"},
                      {"languages[]", "de"},
                      {"languages[]", "french"},
                      {"user", "ignored"}};
  const TranscriptionOrder order = order_of(fields);
  EXPECT_EQ(order.model, "whisper-1");
  EXPECT_EQ(order.language, "en");
  EXPECT_EQ(order.prompt, "Über Äpfel");
  EXPECT_EQ(order.format, TranscriptFormat::verbose_json);
  EXPECT_EQ(order.temperature, 0.25);
  EXPECT_TRUE(order.words && order.segments);
  EXPECT_EQ(order.keywords, (std::vector<std::string>{"Parley", "Opus"}));
  EXPECT_EQ(order.languages, (std::vector<std::string>{"de", "fr"}));
}

TEST(TranscriptionOrder, ListsComeWithAndWithoutBracketsAndEmptyFieldsAreAbsent) {
  const Fields words{{"response_format", "verbose_json"}, {"timestamp_granularities", "word"}};
  EXPECT_TRUE(order_of(words).words);
  EXPECT_FALSE(order_of(words).segments);
  const Fields logprobs{{"include[]", "logprobs"}, {"stream", "True"}};
  EXPECT_TRUE(order_of(logprobs).logprobs);
  EXPECT_TRUE(order_of(logprobs).stream);
  const Fields empty{{"language", ""}, {"prompt", ""}, {"temperature", ""}, {"stream", ""}};
  EXPECT_EQ(order_of(empty).language, "");
}

TEST(TranscriptionOrder, ReadsTheThreeSpellingsOfAChunkingStrategy) {
  const Fields automatic{{"chunking_strategy", "auto"}};
  EXPECT_EQ(order_of(automatic).chunking.kind, Chunking::Kind::automatic);
  const Fields text{
      {"chunking_strategy", R"({"type":"server_vad","threshold":0.7,"silence_duration_ms":500})"}};
  const Fields flat{{"chunking_strategy[type]", "server_vad"},
                    {"chunking_strategy[threshold]", "0.7"},
                    {"chunking_strategy[silence_duration_ms]", "500"}};
  for (const Fields& fields : {text, flat}) {
    const Chunking chunking = order_of(fields).chunking;
    EXPECT_EQ(chunking.kind, Chunking::Kind::server_vad);
    EXPECT_EQ(chunking.threshold, 0.7);
    EXPECT_EQ(chunking.prefix_padding_ms, 300);
    EXPECT_EQ(chunking.silence_duration_ms, 500);
  }
}

TEST(TranscriptionOrder, KnowsSpeakersByNameAndByReference) {
  const Fields names{{"known_speaker_names[]", "agent"}, {"known_speaker_names[]", "customer"}};
  ASSERT_EQ(order_of(names).known_speakers.size(), 2U);
  EXPECT_EQ(order_of(names).known_speakers[1].name, "customer");
  EXPECT_EQ(order_of(names).known_speakers[1].audio, "");
  Fields both = names;
  both.emplace_back("known_speaker_references[]", "data:audio/wav;base64,UklGRg==");
  both.emplace_back("known_speaker_references[]", "DATA:audio/ogg;codecs=opus;BASE64,T2dnUw==");
  EXPECT_EQ(order_of(both).known_speakers[0].audio, "RIFF");
  EXPECT_EQ(order_of(both).known_speakers[1].audio, "OggS");
}

TEST(TranscriptionOrder, NamesTheFieldItsValueAndWhatIsExpected) {
  struct Case {
    Fields fields;
    std::string problem;
  };
  const std::string long_text(kNameCharactersMax + 1, 'x');
  for (const Case& each : {
           Case{{{"model", long_text}},
                "model: Invalid 'model': string too long. Expected a string with maximum length "
                "256, but got a string with length 257 instead."},
           Case{{{"model", "a"}, {"model", "b"}},
                "model: Invalid value for 'model': it is given twice."},
           Case{{{"prompt", "\xC3"}},
                "prompt: Invalid value for 'prompt': expected text in UTF-8."},
           Case{{{"language", "klingonese"}},
                "language: Invalid value for 'language': expected a language in ISO 639-1, such as "
                "'en', but got 'klingonese' instead."},
           Case{{{"languages[]", "1"}},
                "languages: Invalid value for 'languages': expected a language in ISO 639-1, such "
                "as 'en', but got '1' instead."},
           Case{{{"response_format", "xml"}},
                "response_format: Invalid value: 'xml'. Supported values are: 'json', 'text', "
                "'srt', 'verbose_json', 'vtt' and 'diarized_json'."},
           Case{{{"temperature", "1.5"}},
                "temperature: Invalid value for 'temperature': expected a number between 0 and 1, "
                "but got '1.5' instead."},
           Case{{{"temperature", "warm"}},
                "temperature: Invalid value for 'temperature': expected a number between 0 and 1, "
                "but got 'warm' instead."},
           Case{{{"temperature", "nan"}},
                "temperature: Invalid value for 'temperature': expected a number between 0 and 1, "
                "but got 'nan' instead."},
           Case{{{"stream", "maybe"}},
                "stream: Invalid value for 'stream': expected 'true' or 'false', but got 'maybe' "
                "instead."},
           Case{{{"stream", "true"}, {"response_format", "srt"}},
                "stream: 'stream' needs a response_format of 'json', 'text' or 'diarized_json'."},
           Case{{{"timestamp_granularities[]", "syllable"}, {"response_format", "verbose_json"}},
                "timestamp_granularities: Invalid value: 'syllable'. Supported values are: 'word' "
                "and 'segment'."},
           Case{{{"timestamp_granularities[]", "word"}},
                "timestamp_granularities: 'timestamp_granularities' needs the response_format "
                "'verbose_json'."},
           Case{{{"include[]", "tea"}},
                "include: Invalid value: 'tea'. Supported values are: 'logprobs'."},
           Case{{{"include[]", "logprobs"}, {"response_format", "text"}},
                "include: 'include' needs the response_format 'json' for 'logprobs'."},
           Case{{{"chunking_strategy", "never"}},
                "chunking_strategy: Invalid value for 'chunking_strategy': expected 'auto' or an "
                "object of the type 'server_vad', but got 'never' instead."},
           Case{{{"chunking_strategy", "{}"}},
                "chunking_strategy.type: Missing required parameter: 'chunking_strategy.type'."},
           Case{{{"chunking_strategy", R"({"type":"server_vad","threshold":2})"}},
                "chunking_strategy.threshold: Invalid value for 'chunking_strategy.threshold': "
                "expected a number between 0 and 1, but got 2 instead."},
           Case{{{"chunking_strategy[type]", "server_vad"}, {"chunking_strategy[speed]", "1"}},
                "chunking_strategy.speed: Unknown parameter: 'chunking_strategy.speed'."},
           Case{{{"known_speaker_names[]", "a"},
                 {"known_speaker_references[]", "data:a/b;base64,QQ=="},
                 {"known_speaker_references[]", "data:a/b;base64,QQ=="}},
                "known_speaker_references: 'known_speaker_references' needs as many elements as "
                "'known_speaker_names'."},
           Case{{{"known_speaker_names[]", "a"}, {"known_speaker_references[]", "http://a/b"}},
                "known_speaker_references[0]: Invalid value for 'known_speaker_references[0]': "
                "expected a data URL with at most 4194304 bytes in base64, but got 'http://a/b' "
                "instead."},
           Case{{{"known_speaker_names[]", "a"},
                 {"known_speaker_names[]", "b"},
                 {"known_speaker_names[]", "c"},
                 {"known_speaker_names[]", "d"},
                 {"known_speaker_names[]", "e"}},
                "known_speaker_names: Invalid value for 'known_speaker_names': expected at most 4 "
                "elements."},
       }) {
    EXPECT_EQ(problem_of(parse_transcription_order(form_of(each.fields))), each.problem);
  }
}

TEST(TranscriptionOrder, NeedsAFileWithBytes) {
  EXPECT_EQ(problem_of(parse_transcription_order({})), "file: Missing required parameter: 'file'.");
  MultipartForm form = form_of({});
  form.parts[0].bytes = {};
  EXPECT_EQ(problem_of(parse_transcription_order(form)),
            "file: Invalid value for 'file': the file is empty.");
  form = form_of({});
  form.parts.push_back(form.parts[0]);
  EXPECT_EQ(problem_of(parse_transcription_order(form)),
            "file: Invalid value for 'file': it is given twice.");
}

TEST(TranscriptionOrder, ATranslationHasFewerFields) {
  const Fields fields{{"model", "m"},
                      {"prompt", "p"},
                      {"response_format", "vtt"},
                      {"temperature", "1"},
                      {"language", "not read"}};
  const auto result = parse_translation_order(form_of(fields));
  ASSERT_TRUE(std::holds_alternative<TranscriptionOrder>(result)) << problem_of(result);
  const auto& order = std::get<TranscriptionOrder>(result);
  EXPECT_TRUE(order.translate);
  EXPECT_EQ(order.format, TranscriptFormat::vtt);
  EXPECT_EQ(order.temperature, 1.0);
  EXPECT_EQ(order.prompt, "p");
  const Fields diarized{{"response_format", "diarized_json"}};
  EXPECT_EQ(problem_of(parse_translation_order(form_of(diarized))),
            "response_format: Invalid value: 'diarized_json'. Supported values are: 'json', "
            "'text', 'srt', 'verbose_json' and 'vtt'.");
}

TEST(TranscriptionOrder, FormatsHaveNamesAndTypes) {
  EXPECT_EQ(name_of(TranscriptFormat::verbose_json), "verbose_json");
  EXPECT_EQ(content_type_of(TranscriptFormat::diarized_json), "application/json");
  EXPECT_EQ(content_type_of(TranscriptFormat::srt), "text/plain; charset=utf-8");
}

}  // namespace
}  // namespace parley::protocol
