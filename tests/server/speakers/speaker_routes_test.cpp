// SPDX-License-Identifier: Apache-2.0
//
// Speakers over real sockets: enrolled, listed, told apart and forgotten over HTTP, and named by
// the raw recognition socket. Voices are tones: the stand-in model tells them by their pitch.
#include "server/speakers/speaker_routes.h"

#include <array>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "codec/wav_writer.h"
#include "server/speakers/kept_speakers.h"
#include "server/speakers/speaker_desk.h"
#include "service/speakers/speaker_service.h"
#include "tests/store/backends.h"
#include "tests/support/audio.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::Headers;
using test::HttpResult;
using test::object_of;
using test::text_of;
namespace json = boost::json;

constexpr int kRate = 16'000;
constexpr double kLow = 120.0;
constexpr double kHigh = 480.0;

std::string pcm(const std::vector<float>& samples) {
  std::string bytes(samples.size() * 2, '\0');
  codec::encode(media::Codec::pcm16, samples, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::vector<float> tone(double hz, double seconds) {
  return test::sine(static_cast<std::size_t>(seconds * kRate), hz, kRate);
}

std::string wav(double hz, double seconds = 2.0) {
  const std::string samples = pcm(tone(hz, seconds));
  const auto header = codec::wav_header(kRate, samples.size());
  return std::string(reinterpret_cast<const char*>(header.data()), header.size()) + samples;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string form(const Fields& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    body += "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"";
    if (name.starts_with("file")) body += "; filename=\"clip.wav\"";
    body += "\r\n\r\n" + value + "\r\n";
  }
  return body + "--b--\r\n";
}

class SpeakerRoutesTest : public ::testing::Test {
 protected:
  SpeakerRoutesTest() {
    place.config.speakers.model = "ge2e";  // the stand-in, since models.fake is set
    place.config.store.path = folder.file("conversations.db");
    place.config.speakers.key_file = folder.file("speakers.key");
  }
  [[nodiscard]] HttpResult post(const std::string& path, const Fields& fields,
                                Headers headers = {}) const {
    headers.emplace_back("Content-Type", "multipart/form-data; boundary=b");
    return test::http(place.port(), "POST", path, headers, form(fields));
  }
  [[nodiscard]] json::object object(const HttpResult& result, int status = 200) const {
    EXPECT_EQ(result.status, status) << result.body;
    return result.status == 0 ? json::object() : json::parse(result.body).as_object();
  }
  /// code and param of an error
  [[nodiscard]] std::string problem(const HttpResult& result, int status) const {
    const json::object error = object(result, status).at("error").as_object();
    return text_of(error, "code") + " " + text_of(error, "param");
  }
  json::object enrol(const std::string& name, double hz, Headers headers = {}) const {
    return object(post("/v1/speakers", {{"name", name}, {"file", wav(hz)}}, std::move(headers)));
  }
  [[nodiscard]] std::size_t count(const Headers& headers = {}) const {
    return object(test::http(place.port(), "GET", "/v1/speakers", headers))
        .at("data")
        .as_array()
        .size();
  }

  test::ScratchFolder folder;
  test::SpeechServer place;
};

TEST_F(SpeakerRoutesTest, SpeakersAreEnrolledListedToldApartAndForgotten) {
  place.start();
  const json::object anna = enrol("Anna", kLow);
  EXPECT_EQ(text_of(anna, "object"), "speaker");
  EXPECT_EQ(text_of(anna, "id"), service::speaker_id("Anna"));
  EXPECT_EQ(anna.at("recordings"), 1);
  const json::object again = object(post(
      "/v1/speakers", {{"name", "Anna"}, {"file[]", wav(kLow * 1.02)}, {"file[]", wav(kLow)}}));
  EXPECT_EQ(again.at("recordings"), 3);
  enrol("Bert", kHigh);
  EXPECT_EQ(count(), 2U);

  const json::object who = object(post("/v1/speakers/identify", {{"file", wav(kHigh * 1.02)}}));
  EXPECT_EQ(text_of(who.at("speaker").as_object(), "name"), "Bert");
  EXPECT_NEAR(who.at("speech_seconds").as_double(), 2.0, 0.1);
  const json::object stranger = object(post("/v1/speakers/identify", {{"file", wav(1'900.0)}}));
  EXPECT_TRUE(stranger.at("speaker").is_null());
  EXPECT_FALSE(stranger.at("nearest").is_null());

  const json::object is_anna =
      object(post("/v1/speakers/verify", {{"name", "Anna"}, {"file", wav(kLow)}}));
  EXPECT_EQ(is_anna.at("is_same"), true);
  const json::object is_not =
      object(post("/v1/speakers/verify", {{"name", text_of(anna, "id")}, {"file", wav(kHigh)}}));
  EXPECT_EQ(is_not.at("is_same"), false);

  const std::string path = "/v1/speakers/" + text_of(anna, "id");
  EXPECT_EQ(object(test::http(place.port(), "DELETE", path)).at("deleted"), true);
  EXPECT_EQ(problem(test::http(place.port(), "DELETE", path), 404), "speaker_not_found id");
  EXPECT_EQ(count(), 1U);
}

TEST_F(SpeakerRoutesTest, MistakesNameTheFieldAndKeepNothing) {
  place.start();
  EXPECT_EQ(problem(post("/v1/speakers", {{"file", wav(kLow)}}), 400),
            "missing_required_parameter name");
  EXPECT_EQ(problem(post("/v1/speakers", {{"name", "Anna"}, {"file", "no audio"}}), 400),
            "invalid_file file");
  EXPECT_EQ(problem(post("/v1/speakers", {{"name", "Anna"}, {"file", wav(kLow, 0.5)}}), 400),
            "invalid_file file");
  EXPECT_EQ(
      problem(post("/v1/speakers", {{"name", "Anna"}, {"file", wav(kLow)}, {"file", "no audio"}}),
              400),
      "invalid_file file[1]");
  EXPECT_EQ(problem(post("/v1/speakers/verify", {{"name", "Carl"}, {"file", wav(kLow)}}), 404),
            "speaker_not_found name");
  EXPECT_EQ(problem(test::http(place.port(), "POST", "/v1/speakers", {}, "{}"), 400),
            "invalid_form ");
  EXPECT_EQ(test::http(place.port(), "PUT", "/v1/speakers").status, 405);
  EXPECT_EQ(test::http(place.port(), "GET", "/v1/speakers/identify").status, 405);
  EXPECT_EQ(count(), 0U);
}

TEST_F(SpeakerRoutesTest, EachKeySeesItsOwnSpeakersAndHasLimits) {
  place.config.server.api_keys = {"one", "two"};
  place.config.limits.audio_seconds_per_minute = 3;
  place.start();
  EXPECT_EQ(test::http(place.port(), "GET", "/v1/speakers").status, 401);
  const Headers one{{"Authorization", "Bearer one"}};
  const Headers two{{"Authorization", "Bearer two"}};
  enrol("Anna", kLow, one);
  EXPECT_EQ(count(one), 1U);
  EXPECT_EQ(count(two), 0U);
  enrol("Bert", kHigh, one);  // what crosses the limit is still heard
  const HttpResult limited = post("/v1/speakers/identify", {{"file", wav(kLow)}}, one);
  EXPECT_EQ(problem(limited, 429), "rate_limit_exceeded ");
  EXPECT_FALSE(limited.header("Retry-After").empty());
}

TEST_F(SpeakerRoutesTest, SpeakersOutliveTheServerAndAreEncrypted) {
  place.start();
  enrol("Anna-in-clear", kLow);
  place.server->stop();
  place.speakers.reset();
  auto kept = KeptSpeakers::make(place.config, *place.engine, place.metrics);
  ASSERT_TRUE(kept) << kept.error().message;
  place.speakers = std::move(*kept);
  EXPECT_EQ(std::filesystem::status(folder.file("speakers.key")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::promise<std::size_t> found;
  ASSERT_TRUE(place.speakers->desk().post(
      [&](service::SpeakerService& speakers) { found.set_value(speakers.list("")->size()); }));
  EXPECT_EQ(found.get_future().get(), 1U);
}

TEST_F(SpeakerRoutesTest, WithoutAModelThereIsNothing) {
  place.config.speakers.model = "off";
  place.start();
  EXPECT_EQ(problem(test::http(place.port(), "GET", "/v1/speakers"), 404), "speakers_off ");
  place.config.speakers.gate = "enrolled";
  EXPECT_FALSE(KeptSpeakers::make(place.config, *place.engine, place.metrics));
}

TEST_F(SpeakerRoutesTest, TheRawSocketNamesWhoSpeaks) {
  place.start();
  enrol("Anna", kLow);
  test::WebSocketClient client(place.port(), "/v1/asr/stream?partials=false");
  for (const double hz : {kLow, kHigh, kLow}) {
    client.send_binary(pcm(tone(hz, 2.0)));
    client.send_binary(pcm(test::silence(kRate)));
  }
  client.send_text(R"({"type":"end"})");
  std::string told;
  while (true) {
    const json::object event = object_of(client.receive());
    const std::string type = text_of(event, "type");
    if (type == "final") told += text_of(event, "speaker") + ";";
    if (type == "done" || event.empty()) break;
  }
  EXPECT_EQ(told, "Anna;;Anna;");
}

TEST(SpeakerConfig, TheThresholdIsTheMeasuredOne) {
  EXPECT_EQ(static_cast<float>(Config().speakers.threshold), service::kSameSpeakerScore);
}

}  // namespace
}  // namespace parley::server
