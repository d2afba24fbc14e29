// SPDX-License-Identifier: Apache-2.0
//
// gRPC calls that speak, over real sockets, with the stand-in voice: our service and Riva's.
#include "server/speech/grpc_speech.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <parley/speech/v1/speech.pb.h>
#include <riva/riva_tts.pb.h>

#include "server/engine.h"
#include "server/server.h"
#include "server/speech/grpc_status.h"
#include "server/speech/speech_owner.h"
#include "tests/support/grpc_client.h"

namespace parley::server {
namespace {

namespace wire = parley::speech::v1;
namespace riva = nvidia::riva::tts;
using test::grpc_ask;
using test::grpc_channel;
using test::GrpcAnswer;
using test::GrpcClientCall;

constexpr const char* kText = "Good morning. How are you today?";
constexpr const char* kSynthesize = "/parley.speech.v1.SpeechSynthesis/Synthesize";
constexpr const char* kStream = "/parley.speech.v1.SpeechSynthesis/SynthesizeStream";
constexpr const char* kVoices = "/parley.speech.v1.SpeechSynthesis/ListVoices";
constexpr const char* kRiva = "/nvidia.riva.tts.RivaSpeechSynthesis/Synthesize";
constexpr const char* kOnline = "/nvidia.riva.tts.RivaSpeechSynthesis/SynthesizeOnline";
constexpr const char* kConfig = "/nvidia.riva.tts.RivaSpeechSynthesis/GetRivaSynthesisConfig";
constexpr double kBytesPerMs = 48.0;  // LINEAR16 at 24 kHz

template <typename Message>
Message read(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

class GrpcSpeechTest : public ::testing::Test {
 protected:
  GrpcSpeechTest() {
    config_.server.port = 0;
    config_.ports.grpc = 0;
    config_.models.fake = true;
    config_.tts.lead_seconds = 0;
  }
  void SetUp() override {
    auto started = Server::start(config_, metrics_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    const std::string address = server_->grpc_address().value_or(":0");
    const std::string port = address.substr(address.rfind(':') + 1);
    channel_ = grpc_channel(static_cast<std::uint16_t>(std::stoi(port)));
    if (serves_) serve();
  }
  void TearDown() override { server_->stop(); }
  void serve() {
    auto loaded = Engine::load(config_, metrics_, [](std::string_view) {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    engine_ = std::move(*loaded);
    realtime_ = std::make_unique<service::RealtimeService>(
        engine_->agent_context(), engine_->pool(), realtime_options(config_));
    speech_ = std::make_unique<service::SpeechService>(engine_->speech_context(),
                                                       speech_options(config_));
    server_->serve(*realtime_, engine_->buffers(), nullptr, speech_.get());
  }

  [[nodiscard]] GrpcAnswer speak(const wire::SynthesizeRequest& request,
                                 const test::Headers& metadata = {}) const {
    return grpc_ask(channel_, kSynthesize, request.SerializeAsString(), metadata);
  }
  [[nodiscard]] static wire::SynthesizeRequest text(const std::string& text) {
    wire::SynthesizeRequest request;
    request.set_text(text);
    return request;
  }
  /// Blocks until it is so; a test that waits for ever fails by its timeout.
  static void until(const std::function<bool()>& is_so) {
    while (!is_so()) std::this_thread::yield();
  }

  bool serves_ = true;
  Config config_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<service::RealtimeService> realtime_;
  std::unique_ptr<service::SpeechService> speech_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// --- our service
// ------------------------------------------------------------------------------------

/// A SynthesizeStream call, in messages.
class StreamCall : public GrpcClientCall {
 public:
  explicit StreamCall(std::shared_ptr<grpc::Channel> channel)
      : GrpcClientCall(std::move(channel), kStream) {}

  bool configure(const wire::SpeechConfig& config = {}) {
    wire::SynthesizeStreamRequest request;
    *request.mutable_config() = config;
    return write(request.SerializeAsString());
  }
  bool say(const std::string& text) {
    wire::SynthesizeStreamRequest request;
    request.set_text(text);
    return write(request.SerializeAsString());
  }
  bool flush(std::uint64_t id) {
    wire::SynthesizeStreamRequest request;
    request.mutable_flush()->set_id(id);
    return write(request.SerializeAsString());
  }
  bool end() {
    wire::SynthesizeStreamRequest request;
    request.mutable_finish();
    return write(request.SerializeAsString());
  }
  bool give_up() {
    wire::SynthesizeStreamRequest request;
    request.mutable_cancel();
    return write(request.SerializeAsString());
  }
  /// False at the end.
  bool next(wire::SynthesizeStreamResponse& response) {
    const auto bytes = read();
    return bytes && response.ParseFromString(*bytes);
  }
  /// All that is left.
  std::vector<wire::SynthesizeStreamResponse> rest() {
    std::vector<wire::SynthesizeStreamResponse> all;
    wire::SynthesizeStreamResponse response;
    while (next(response)) all.push_back(response);
    return all;
  }
};

TEST_F(GrpcSpeechTest, AWholeTextIsOneAnswer) {
  wire::SynthesizeRequest request = text(kText);
  const auto answer = speak(request);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  const auto spoken = read<wire::SynthesizeResponse>(answer.message);
  EXPECT_EQ(spoken.sample_rate_hz(), 24'000);
  EXPECT_NEAR(static_cast<double>(spoken.audio().size()) / kBytesPerMs, spoken.duration_ms(), 1.0);
  std::string words;
  int before = 0;
  for (const wire::Timing& word : spoken.words()) {
    words += (words.empty() ? "" : " ") + word.text();
    EXPECT_GE(word.begin_ms(), before);
    EXPECT_GT(word.end_ms(), word.begin_ms());
    before = word.end_ms();
  }
  EXPECT_EQ(words, kText);
  EXPECT_LE(before, spoken.duration_ms());
  EXPECT_EQ(spoken.phonemes_size(), 0) << "not asked for";
}

TEST_F(GrpcSpeechTest, EveryEncodingBeginsAsItShould) {
  const std::pair<wire::AudioEncoding, std::string> kEncodings[] = {
      {wire::LINEAR16, ""}, {wire::WAV, "RIFF"},  {wire::MP3, "\xFF"}, {wire::OGG_OPUS, "OggS"},
      {wire::AAC, "\xFF"},  {wire::FLAC, "fLaC"}, {wire::MULAW, ""},   {wire::ALAW, ""}};
  for (const auto& [encoding, begin] : kEncodings) {
    wire::SynthesizeRequest request = text(kText);
    request.mutable_config()->set_encoding(encoding);
    const auto answer = speak(request);
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    const auto spoken = read<wire::SynthesizeResponse>(answer.message);
    EXPECT_TRUE(spoken.audio().starts_with(begin)) << encoding;
    EXPECT_GT(spoken.audio().size(), 1000U) << encoding;
  }
}

TEST_F(GrpcSpeechTest, AStreamTellsAndSpeaksInOrder) {
  StreamCall call(channel_);
  call.configure();
  for (const char* piece : {"Good mor", "ning. How", " are you", " today?"}) call.say(piece);
  call.end();
  const auto all = call.rest();
  EXPECT_TRUE(call.finish().ok());
  ASSERT_GE(all.size(), 4U);
  EXPECT_EQ(all.front().started().sample_rate_hz(), 24'000);
  EXPECT_EQ(all.front().started().encoding(), wire::LINEAR16);
  EXPECT_EQ(all[1].response_case(), wire::SynthesizeStreamResponse::kChunk);
  EXPECT_EQ(all.back().done().characters(), std::string(kText).size());
  std::size_t bytes = 0;
  std::string written;
  std::uint64_t chunks = 0;
  for (const auto& one : all) {
    bytes += one.audio().data().size();
    if (!one.has_chunk()) continue;
    EXPECT_EQ(one.chunk().index(), chunks++);
    EXPECT_NEAR(static_cast<double>(bytes) / kBytesPerMs, one.chunk().begin_ms(), 60.0)
        << "a chunk is told before its audio";
    written += one.chunk().text();
  }
  EXPECT_EQ(written.substr(0, 4), "Good");
  EXPECT_NEAR(static_cast<double>(bytes) / kBytesPerMs, all.back().done().duration_ms(), 1.0);
}

TEST_F(GrpcSpeechTest, AudioComesBeforeTheTextIsWhole) {
  StreamCall call(channel_);
  call.configure();
  call.say("no full stop here");
  call.flush(7);
  bool has_audio = false;
  wire::SynthesizeStreamResponse response;
  while (call.next(response) && !response.has_flushed()) has_audio |= response.has_audio();
  EXPECT_TRUE(has_audio);
  EXPECT_EQ(response.flushed().id(), 7U);
  call.say(" and more");
  call.writes_done();  // the same as finish
  const auto all = call.rest();
  ASSERT_FALSE(all.empty());
  EXPECT_TRUE(all.back().has_done());
  EXPECT_TRUE(call.finish().ok());
}

TEST_F(GrpcSpeechTest, ALongTextIsTakenAsItCanBeSpoken) {
  StreamCall call(channel_);
  wire::SpeechConfig quick;
  quick.set_speed(4.0F);
  quick.set_sample_rate_hz(8'000);
  call.configure(quick);
  // More than waits in the call and in its stream together, and in one message more than either.
  const std::size_t size = kGrpcTextWaitingBytesMax + service::SpeechStream::kTextWaitingBytesMax;
  std::string text;
  while (text.size() < size + 10'000) text += "A sentence of some forty characters, it is. ";
  ASSERT_TRUE(call.say(text));
  ASSERT_TRUE(call.say("The end."));
  call.writes_done();
  const auto all = call.rest();
  EXPECT_TRUE(call.finish().ok());
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().done().characters(), text.size() + 8);
}

TEST_F(GrpcSpeechTest, ACancelEndsTheCallAndTheStream) {
  StreamCall call(channel_);
  call.configure();
  call.say(kText);
  call.give_up();
  call.rest();
  EXPECT_EQ(call.finish().error_code(), grpc::CANCELLED);
  until([&] { return speech_->streams() == 0; });
}

TEST_F(GrpcSpeechTest, AClientThatGoesAwayEndsItsStream) {
  {
    StreamCall call(channel_);
    call.configure();
    wire::SynthesizeStreamResponse response;
    ASSERT_TRUE(call.next(response));
    EXPECT_EQ(speech_->streams(), 1U);
  }
  until([&] { return speech_->streams() == 0; });
}

TEST_F(GrpcSpeechTest, NamesTheFieldAtFault) {
  wire::SynthesizeRequest request = text("x");
  request.mutable_config()->set_speed(9.0F);
  GrpcClientCall call(channel_, kSynthesize);
  call.write(request.SerializeAsString());
  call.writes_done();
  EXPECT_EQ(call.read(), std::nullopt);
  const grpc::Status status = call.finish();
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "Invalid value for 'config.speed': expected 0.25 to 4.");
  EXPECT_EQ(call.trailer("field"), "config.speed");

  request = text("x");
  request.mutable_config()->set_encoding(wire::OGG_OPUS);
  request.mutable_config()->set_sample_rate_hz(44'100);
  EXPECT_EQ(speak(request).status.error_code(), grpc::INVALID_ARGUMENT) << "Opus has no such rate";
  const auto too_long = speak(text(std::string(GrpcSpeech::kWholeCharactersMax + 1, 'x')));
  EXPECT_EQ(too_long.status.error_code(), grpc::INVALID_ARGUMENT);
}

TEST_F(GrpcSpeechTest, SaysWhatIsWrongWithTheOrderOfMessages) {
  const auto misuse = [&](auto what) {
    StreamCall call(channel_);
    what(call);
    call.writes_done();
    call.rest();
    const grpc::Status status = call.finish();
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    return status.error_message();
  };
  const std::string first = "The first message holds `config`, and only the first.";
  EXPECT_EQ(misuse([](StreamCall& call) { call.say("x"); }), first);
  EXPECT_EQ(misuse([](StreamCall& call) {
              call.configure();
              call.configure();
            }),
            first);
  EXPECT_EQ(misuse([](StreamCall&) {}), "SynthesizeStream begins with `config`; nothing came.");
  const std::string long_text(10'000, 'x');  // it is not spoken before the next message comes
  EXPECT_EQ(misuse([&](StreamCall& call) {
              call.configure();
              call.say(long_text);
              call.end();
              call.say("x");
            }),
            "Nothing but `cancel` follows `finish`.");
  EXPECT_EQ(grpc_ask(channel_, kSynthesize, "\x12\x02\xC3\x28").status.error_code(),
            grpc::INVALID_ARGUMENT);
  GrpcClientCall silent(channel_, kSynthesize);
  silent.writes_done();
  EXPECT_EQ(silent.read(), std::nullopt);
  EXPECT_EQ(silent.finish().error_code(), grpc::INVALID_ARGUMENT);
  until([&] { return speech_->streams() == 0; });
}

TEST_F(GrpcSpeechTest, VoicesAreListed) {
  const auto voices = read<wire::ListVoicesResponse>(grpc_ask(channel_, kVoices, "").message);
  ASSERT_GT(voices.voices_size(), 1);
  EXPECT_EQ(voices.voices(0).name(), config_.tts.voice);
  EXPECT_TRUE(voices.voices(0).is_default());
}

TEST_F(GrpcSpeechTest, ADrainSpeaksWhatHasComeAndTakesNothingNew) {
  StreamCall call(channel_);
  call.configure();
  call.say("The last words of a server, without a full stop");
  call.flush(1);
  wire::SynthesizeStreamResponse response;
  while (call.next(response) && !response.has_flushed()) {
  }
  server_->drain(std::chrono::seconds(test::kPatienceSeconds));
  const auto all = call.rest();
  EXPECT_EQ(call.finish().error_code(), grpc::UNAVAILABLE) << "it may not have been all";
  ASSERT_FALSE(all.empty());
  EXPECT_TRUE(all.back().has_done());
  GrpcClientCall late(channel_, kSynthesize);
  EXPECT_EQ(late.read(), std::nullopt);
  EXPECT_EQ(late.finish().error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(late.trailer("retry-after"), "5");
}

// --- Riva's
// -----------------------------------------------------------------------------------------

riva::SynthesizeSpeechRequest riva_request(const std::string& text) {
  riva::SynthesizeSpeechRequest request;
  request.set_text(text);
  request.set_language_code("en-US");
  request.set_encoding(nvidia::riva::LINEAR_PCM);
  request.set_sample_rate_hz(22'050);
  return request;
}

TEST_F(GrpcSpeechTest, RivaGetsAWholeText) {
  auto request = riva_request(kText);
  request.set_enable_word_time_offsets(true);
  request.mutable_id()->set_value("r-1");
  auto answer = grpc_ask(channel_, kRiva, request.SerializeAsString());
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  auto spoken = read<riva::SynthesizeSpeechResponse>(answer.message);
  EXPECT_NEAR(static_cast<double>(spoken.audio().size()) / 44.1,
              static_cast<double>(std::string(kText).size()) * 60.0, 150.0);
  EXPECT_EQ(spoken.meta().text(), kText);
  EXPECT_EQ(spoken.meta().words_size(), 6);
  EXPECT_EQ(spoken.id().value(), "r-1");
  request.set_encoding(nvidia::riva::OGGOPUS);
  request.set_enable_word_time_offsets(false);
  answer = grpc_ask(channel_, kRiva, request.SerializeAsString());
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message() << ": the nearest rate";
  spoken = read<riva::SynthesizeSpeechResponse>(answer.message);
  EXPECT_TRUE(spoken.audio().starts_with("OggS"));
  EXPECT_EQ(spoken.meta().words_size(), 0);
  EXPECT_EQ(grpc_ask(channel_, kRiva, "").status.error_message(),
            "Missing required parameter: 'text'.");
}

TEST_F(GrpcSpeechTest, RivaGetsPiecesOfOneTextOrOfSeveral) {
  for (const std::vector<std::string>& texts :
       {std::vector<std::string>{kText}, std::vector<std::string>{"Good morning", "How are you"}}) {
    GrpcClientCall call(channel_, kOnline);
    for (const std::string& text : texts) call.write(riva_request(text).SerializeAsString());
    call.writes_done();
    std::size_t bytes = 0;
    std::string written;
    while (const auto message = call.read()) {
      const auto piece = read<riva::SynthesizeSpeechResponse>(*message);
      bytes += piece.audio().size();
      written += piece.meta().text();
    }
    EXPECT_TRUE(call.finish().ok());
    EXPECT_GT(bytes, 44'100U);
    for (const std::string& text : texts) {
      EXPECT_NE(written.find(text.substr(0, 8)), std::string::npos) << written;
    }
  }
}

TEST_F(GrpcSpeechTest, RivaListsVoices) {
  const auto told =
      read<riva::RivaSynthesisConfigResponse>(grpc_ask(channel_, kConfig, "").message);
  ASSERT_EQ(told.model_config_size(), 1);
  EXPECT_TRUE(told.model_config(0).parameters().at("subvoices").starts_with(config_.tts.voice));
  EXPECT_EQ(grpc_ask(channel_, kConfig, "\xFF").status.error_code(), grpc::INVALID_ARGUMENT);
}

// --- who may, and when
// ------------------------------------------------------------------------------

class KeyedGrpcSpeechTest : public GrpcSpeechTest {
 protected:
  KeyedGrpcSpeechTest() {
    config_.server.api_keys = {"the-key"};
    config_.limits.key_sessions = 1;
  }
};

TEST_F(KeyedGrpcSpeechTest, NeedsAKey) {
  EXPECT_EQ(speak(text("x")).status.error_code(), grpc::UNAUTHENTICATED);
  EXPECT_EQ(grpc_ask(channel_, kVoices, "").status.error_code(), grpc::UNAUTHENTICATED);
  EXPECT_EQ(speak(text("x"), {{"authorization", "Bearer another"}}).status.error_code(),
            grpc::UNAUTHENTICATED);
  EXPECT_TRUE(speak(text("x"), {{"authorization", "Bearer the-key"}}).status.ok());
  until([&] { return speech_->streams() == 0; });
  EXPECT_TRUE(grpc_ask(channel_, kVoices, "", {{"x-api-key", "the-key"}}).status.ok());
}

TEST_F(KeyedGrpcSpeechTest, ACallIsASessionOfItsKey) {
  const test::Headers key = {{"authorization", "Bearer the-key"}};
  {
    GrpcClientCall first(channel_, kStream, key);
    wire::SynthesizeStreamRequest request;
    request.mutable_config();
    first.write(request.SerializeAsString());
    ASSERT_TRUE(first.read());
    GrpcClientCall second(channel_, kSynthesize, key);
    EXPECT_EQ(second.read(), std::nullopt);
    EXPECT_EQ(second.finish().error_code(), grpc::RESOURCE_EXHAUSTED);
    EXPECT_FALSE(second.trailer("retry-after").empty());
  }
  until([&] { return speak(text("x"), key).status.ok(); });
}

class LimitedGrpcSpeechTest : public GrpcSpeechTest {
 protected:
  LimitedGrpcSpeechTest() { config_.limits.characters_per_day = 10; }
};

TEST_F(LimitedGrpcSpeechTest, AKeyHasSoManyCharacters) {
  EXPECT_TRUE(speak(text("What crosses the limit is still spoken.")).status.ok());
  const GrpcAnswer refused = speak(text("x"));
  EXPECT_EQ(refused.status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_NE(refused.status.error_message().find("10 characters per day"), std::string::npos);
  StreamCall stream(channel_);
  stream.configure();
  stream.say("y");
  wire::SynthesizeStreamResponse response;
  while (stream.next(response)) EXPECT_FALSE(response.has_audio());
  EXPECT_EQ(stream.finish().error_code(), grpc::RESOURCE_EXHAUSTED);
}

class CrowdedGrpcSpeechTest : public GrpcSpeechTest {
 protected:
  CrowdedGrpcSpeechTest() { config_.limits.requests_per_minute_per_address = 2; }
};

TEST_F(CrowdedGrpcSpeechTest, AnAddressHasSoManyCalls) {
  EXPECT_TRUE(speak(text("x")).status.ok());
  EXPECT_TRUE(grpc_ask(channel_, kVoices, "").status.ok());
  EXPECT_EQ(speak(text("x")).status.error_code(), grpc::RESOURCE_EXHAUSTED);
}

class EarlyGrpcSpeechTest : public GrpcSpeechTest {
 protected:
  EarlyGrpcSpeechTest() { serves_ = false; }
};

TEST_F(EarlyGrpcSpeechTest, IsUnavailableUntilItServes) {
  GrpcClientCall call(channel_, kSynthesize);
  EXPECT_EQ(call.read(), std::nullopt);
  const grpc::Status status = call.finish();
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "The server is starting: try again later.");
  EXPECT_EQ(call.trailer("retry-after"), "5");
  serve();
  EXPECT_TRUE(speak(text("x")).status.ok());
}

TEST(GrpcStatusTest, CodesAndMetadata) {
  const auto status = grpc_status(Error{ErrorCode::invalid_argument, "speed: 9 is too fast"}, 3);
  EXPECT_EQ(status.code, transport::GrpcCode::invalid_argument);
  EXPECT_EQ(status.trailers, (transport::HttpFields{{"field", "speed"}}));
  const auto full = grpc_status(Error{ErrorCode::resource_exhausted, "full"}, 3);
  EXPECT_EQ(full.code, transport::GrpcCode::resource_exhausted);
  EXPECT_EQ(full.trailers, (transport::HttpFields{{"retry-after", "3"}}));
  EXPECT_EQ(grpc_status(Error{ErrorCode::internal, "x"}, 3).trailers.size(), 0U);
}

TEST(SpeechOwner, IsTheKeyOrElseTheAddress) {
  EXPECT_EQ(speech_owner(KeyAccounts::of_key(2), "127.0.0.1:1"),
            speech_owner(KeyAccounts::of_key(2), "127.0.0.2:1"));
  const auto everybody = KeyAccounts::kEverybody;
  EXPECT_EQ(speech_owner(everybody, "127.0.0.1:1"), speech_owner(everybody, "127.0.0.1:2"));
  EXPECT_NE(speech_owner(everybody, "127.0.0.1:1"), speech_owner(everybody, "127.0.0.2:1"));
}

}  // namespace
}  // namespace parley::server
