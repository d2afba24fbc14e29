// SPDX-License-Identifier: Apache-2.0
//
// Recordings posted over real sockets, with the stand-in models: noise is speech, and its length is
// what it says.
#include "server/recognition/transcription_routes.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "server/recognition/upload.h"
#include "tests/support/audio.h"
#include "tests/support/busy_asr.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::HttpResult;
using test::Socket;
using ::testing::HasSubstr;
namespace json = boost::json;

constexpr std::string_view kTranscriptions = "/v1/audio/transcriptions";
constexpr std::string_view kTranslations = "/v1/audio/translations";
constexpr std::string_view kBoundary = "a-line-that-is-nowhere-else";

using Fields = std::vector<std::pair<std::string, std::string>>;

void append_number(std::string& out, std::uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i) & 0xFFU);
}

/// 16 kHz mono, 16 bit.
std::string wav(const std::vector<float>& samples) {
  constexpr std::uint32_t kRate = 16'000;
  std::string out = "RIFF";
  append_number(out, static_cast<std::uint32_t>(36 + samples.size() * 2), 4);
  out += "WAVEfmt ";
  append_number(out, 16, 4);
  append_number(out, 1, 2);
  append_number(out, 1, 2);
  append_number(out, kRate, 4);
  append_number(out, kRate * 2, 4);
  append_number(out, 2, 2);
  append_number(out, 16, 2);
  out += "data";
  append_number(out, static_cast<std::uint32_t>(samples.size() * 2), 4);
  for (const float sample : samples) {
    append_number(out, static_cast<std::uint16_t>(static_cast<std::int16_t>(sample * 32'767.0F)),
                  2);
  }
  return out;
}

/// Two utterances.
std::string recording() {
  std::vector<float> samples = test::noise(32'000, 1);
  for (const auto& part : {test::silence(32'000), test::noise(16'000, 2)}) {
    samples.insert(samples.end(), part.begin(), part.end());
  }
  return wav(samples);
}

std::string form(const std::string& file, const Fields& fields) {
  std::string body;
  const auto begin = [&](std::string_view name, std::string_view more) {
    body.append("--").append(kBoundary);
    body.append("\r\nContent-Disposition: form-data; name=\"").append(name).append("\"");
    body.append(more).append("\r\n\r\n");
  };
  begin("file", "; filename=\"a.wav\"\r\nContent-Type: audio/wav");
  body += file + "\r\n";
  for (const auto& [name, value] : fields) {
    begin(name, "");
    body += value + "\r\n";
  }
  return body.append("--").append(kBoundary).append("--\r\n");
}

class TranscriptionRoutesTest : public ::testing::Test {
 protected:
  HttpResult post(const std::string& file, const Fields& fields,
                  std::string_view path = kTranscriptions, test::Headers headers = {}) const {
    headers.emplace_back("Content-Type", "multipart/form-data; boundary=" + std::string(kBoundary));
    return test::http(place.port(), "POST", path, headers, form(file, fields));
  }
  HttpResult ask(const Fields& fields) const { return post(recording(), fields); }
  /// HTTP/1.0: a streamed body ends with the connection.
  [[nodiscard]] std::string streamed(const Fields& fields) const {
    Socket socket(place.port());
    const std::string body = form(recording(), fields);
    socket.send("POST " + std::string(kTranscriptions) +
                " HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=" +
                std::string(kBoundary) + "\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    return socket.receive_all();
  }
  static json::object object(const HttpResult& answer) {
    return json::parse(answer.body).as_object();
  }
  static std::string error_of(const HttpResult& answer, std::string_view member) {
    const json::value value = object(answer).at("error").at(member);
    return value.is_string() ? std::string(value.get_string()) : "";
  }

  test::SpeechServer place;
};

TEST_F(TranscriptionRoutesTest, EveryFormatSaysWhatWasHeard) {
  place.start();
  const HttpResult answer = ask({{"model", "whisper-1"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  const json::object told = object(answer);
  const std::string text(told.at("text").as_string());
  EXPECT_THAT(text, ::testing::MatchesRegex("heard 2.. seconds heard 1.. seconds"));
  EXPECT_EQ(told.at("usage").at("seconds").as_int64(), 5);

  const HttpResult plain = ask({{"model", "m"}, {"response_format", "text"}});
  EXPECT_EQ(plain.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(plain.body, text + "\n");
  EXPECT_THAT(ask({{"model", "m"}, {"response_format", "srt"}}).body,
              HasSubstr("1\n00:00:00,000 --> 00:00:0"));
  EXPECT_TRUE(ask({{"model", "m"}, {"response_format", "vtt"}}).body.starts_with("WEBVTT\n\n"));
  const json::object diarized = object(ask({{"model", "m"}, {"response_format", "diarized_json"}}));
  EXPECT_EQ(diarized.at("segments").as_array().at(0).at("speaker").as_string(), "A");
}

/// Three utterances of two voices; the second is of 800 Hz.
std::string two_voices() {
  std::vector<float> samples;
  for (const double hz : {200.0, 800.0, 200.0}) {
    const std::vector<float> voice = test::sine(24'000, hz, 16'000);
    samples.insert(samples.end(), voice.begin(), voice.end());
    samples.resize(samples.size() + 24'000, 0.0F);
  }
  return wav(samples);
}

std::vector<std::string> speakers_of(const json::object& told) {
  std::vector<std::string> speakers;
  for (const json::value& segment : told.at("segments").as_array()) {
    speakers.emplace_back(segment.at("speaker").as_string());
  }
  return speakers;
}

TEST_F(TranscriptionRoutesTest, SpeakersAreToldApartWhereThereIsAModel) {
  place.config.speakers.model = "ge2e";
  place.start();
  const auto told = [&](Fields fields) {
    fields.insert(fields.end(), {{"model", "m"}, {"response_format", "diarized_json"}});
    return post(two_voices(), fields);
  };
  EXPECT_THAT(speakers_of(object(told({}))), ::testing::ElementsAre("A", "B", "A"));
  // A sample of the second voice names it.
  std::string reference = "data:audio/wav;base64,";
  const std::string sample = wav(test::sine(32'000, 800.0, 16'000));
  base64_append(reference, std::as_bytes(std::span(sample)));
  EXPECT_THAT(speakers_of(object(told(
                  {{"known_speaker_names[]", "Ben"}, {"known_speaker_references[]", reference}}))),
              ::testing::ElementsAre("A", "Ben", "A"));
  std::string broken = "data:audio/wav;base64,";
  base64_append(broken, std::as_bytes(std::span("not a recording")));
  const HttpResult refused =
      told({{"known_speaker_names[]", "Ben"}, {"known_speaker_references[]", broken}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("known_speaker_references[0]"));
}

TEST_F(TranscriptionRoutesTest, VerboseHasTheTimesOfSegmentsAndWords) {
  place.start();
  const json::object told = object(ask({{"model", "m"},
                                        {"response_format", "verbose_json"},
                                        {"timestamp_granularities[]", "word"},
                                        {"timestamp_granularities[]", "segment"}}));
  EXPECT_EQ(told.at("task").as_string(), "transcribe");
  EXPECT_EQ(told.at("language").as_string(), "english");
  EXPECT_EQ(told.at("duration").to_number<double>(), 5.0);
  EXPECT_EQ(told.at("words").as_array().size(), 6U);
  const json::array& segments = told.at("segments").as_array();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_NEAR(segments[1].at("start").to_number<double>(), 3.7, 0.2) << "with what is before";
  EXPECT_EQ(segments[1].at("avg_logprob").to_number<double>(), -0.25);
}

TEST_F(TranscriptionRoutesTest, EventsComeForEachUtterance) {
  place.start();
  const std::string all = streamed({{"model", "m"}, {"stream", "true"}, {"include[]", "logprobs"}});
  EXPECT_TRUE(all.starts_with("HTTP/1.1 200") || all.starts_with("HTTP/1.0 200")) << all;
  EXPECT_THAT(all, HasSubstr("text/event-stream"));
  std::string text;
  std::string done;
  for (std::size_t at = 0; (at = all.find("data: ", at)) != std::string::npos; at += 6) {
    const json::object event =
        json::parse(std::string_view(all).substr(at + 6, all.find('\n', at) - at - 6)).as_object();
    if (test::text_of(event, "type") == "transcript.text.delta") {
      text += test::text_of(event, "delta");
      EXPECT_EQ(event.at("logprobs").as_array().size(), 3U);
    } else {
      EXPECT_EQ(test::text_of(event, "type"), "transcript.text.done");
      done = test::text_of(event, "text");
      EXPECT_EQ(event.at("usage").at("input_token_details").at("audio_tokens").as_int64(), 50);
    }
  }
  EXPECT_EQ(text, done);
  EXPECT_THAT(done, HasSubstr(" seconds heard "));
}

TEST_F(TranscriptionRoutesTest, WhatIsWrongNamesItsField) {
  place.start();
  const auto wrong = [&](const std::string& file, const Fields& fields, int status,
                         std::string_view param) {
    const HttpResult answer = post(file, fields);
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(error_of(answer, "param"), param) << answer.body;
    EXPECT_EQ(error_of(answer, "type"), "invalid_request_error") << answer.body;
  };
  const std::string good = recording();
  wrong("", {}, 400, "file");
  wrong("This is no sound.", {}, 400, "file");
  wrong(good.substr(0, 20), {}, 400, "file");
  wrong(good, {{"response_format", "pdf"}}, 400, "response_format");
  wrong(good, {{"temperature", "3"}}, 400, "temperature");
  wrong(good, {{"language", "fr"}}, 400, "language");
  wrong(good, {{"stream", "true"}, {"response_format", "srt"}}, 400, "stream");
  EXPECT_EQ(test::http(place.port(), "POST", kTranscriptions, {}, "no form").status, 400);
  EXPECT_EQ(test::http(place.port(), "GET", kTranscriptions).status, 405);
  // A recording that was cut off says what there is of it.
  const HttpResult cut = post(good.substr(0, 44 + 32'000), {{"response_format", "text"}});
  EXPECT_THAT(cut.body, HasSubstr("heard 1."));
}

TEST_F(TranscriptionRoutesTest, WhatIsTooLargeIsRefusedByItsHead) {
  place.start();
  Socket socket(place.port());
  socket.send("POST " + std::string(kTranscriptions) +
              " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
              std::to_string(kUploadBytesMax + (2U << 20U)) + "\r\n\r\n");
  const HttpResult refused = test::read_response(socket);
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(error_of(refused, "param"), "file");
  EXPECT_EQ(error_of(refused, "code"), "file_too_large");
}

TEST_F(TranscriptionRoutesTest, TranslatingNeedsAModelThatDoes) {
  place.start();
  const HttpResult answer = post(recording(), {{"model", "whisper-1"}}, kTranslations);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(error_of(answer, "message"), HasSubstr("asr.model"));
}

TEST_F(TranscriptionRoutesTest, AModelOfManyLanguagesTranslates) {
  place.config.asr.model = "whisper-base";
  place.start();
  EXPECT_EQ(object(post(recording(), {{"model", "whisper-1"}}, kTranslations)).size(), 1U);
  const json::object told = object(
      post(recording(), {{"model", "m"}, {"response_format", "verbose_json"}}, kTranslations));
  EXPECT_EQ(told.at("task").as_string(), "translate");
  EXPECT_EQ(told.at("language").as_string(), "english");
  EXPECT_EQ(ask({{"model", "m"}, {"language", "fr"}}).status, 200);
}

TEST_F(TranscriptionRoutesTest, AKeyIsAskedForBeforeTheRecording) {
  place.config.server.api_keys = {"a-secret-of-the-tests"};
  place.config.limits.audio_seconds_per_day = 4;
  place.start();
  Socket socket(place.port());
  socket.send("POST " + std::string(kTranscriptions) +
              " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_EQ(test::read_response(socket).status, 401);
  const test::Headers key{{"Authorization", "Bearer a-secret-of-the-tests"}};
  EXPECT_EQ(post(recording(), {}, kTranscriptions, key).status, 200) << "crosses the limit";
  const HttpResult refused = post(recording(), {}, kTranscriptions, key);
  EXPECT_EQ(refused.status, 429) << refused.body;
  EXPECT_FALSE(refused.header("Retry-After").empty());
}

TEST_F(TranscriptionRoutesTest, PlacesAreTakenBeforeTheBodyAndComeBack) {
  place.config.limits.uploads = 2;
  place.start();
  {
    std::vector<Socket> slow;
    for (std::size_t i = 0; i < 2; ++i) {
      slow.emplace_back(place.port());
      slow.back().send("POST " + std::string(kTranscriptions) +
                       " HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: "
                       "1000000\r\n\r\n");
      EXPECT_TRUE(slow.back().receive_until("\r\n\r\n"));
    }
    const HttpResult refused = ask({});
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(error_of(refused, "code"), "overloaded");
    EXPECT_FALSE(refused.header("Retry-After").empty());
  }
  int status = 503;
  for (int tries = 0; tries < 10'000 && status == 503; ++tries) status = ask({}).status;
  EXPECT_EQ(status, 200);
  EXPECT_GE(place.metric("parley_asr_uploads_refused_total"), 1.0);
}

TEST_F(TranscriptionRoutesTest, ANodeThatBecomesBusyMeanwhileSaysWhenToComeAgain) {
  place.wrap_asr = [](model::AsrHost& host) {
    constexpr int kOfTheHead = 1;
    return std::make_unique<test::BusyAsr>(host, std::chrono::seconds(7), kOfTheHead);
  };
  place.start();
  const HttpResult answer = ask({});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("Retry-After"), "7");
  EXPECT_EQ(error_of(answer, "code"), "overloaded");
}

TEST_F(TranscriptionRoutesTest, WhoLeavesEndsTheWork) {
  place.start();
  {
    Socket socket(place.port());
    const std::string body = form(wav(test::noise(8'000'000, 1)), {});
    socket.send("POST " + std::string(kTranscriptions) +
                " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=" +
                std::string(kBoundary) + "\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
  }
  while (place.recognition->streams() > 0 || place.metric("parley_asr_uploads") > 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(ask({}).status, 200);
}

TEST_F(TranscriptionRoutesTest, TheRecogniserIsAmongTheModels) {
  place.start();
  EXPECT_THAT(test::http(place.port(), "GET", "/v1/models").body,
              HasSubstr(place.config.asr.model));
}

}  // namespace
}  // namespace parley::server
