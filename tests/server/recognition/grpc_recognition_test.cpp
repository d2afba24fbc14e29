// SPDX-License-Identifier: Apache-2.0
//
// gRPC calls that are listened to, over real sockets, with the stand-in recogniser: our service and
// Riva's.
#include "server/recognition/grpc_recognition.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <parley/recognition/v1/recognition.pb.h>
#include <riva/riva_asr.pb.h>

#include "codec/opus_packets.h"
#include "codec/wav_writer.h"
#include "tests/support/busy_asr.h"
#include "tests/support/grpc_client.h"
#include "tests/support/noting_asr.h"
#include "tests/support/protocol_port.h"

namespace parley::server {
namespace {

namespace wire = parley::recognition::v1;
namespace riva = nvidia::riva::asr;
using test::grpc_ask;
using test::GrpcClientCall;
using test::Headers;
using test::s16_bytes;

constexpr const char* kStream = "/parley.recognition.v1.SpeechRecognition/RecognizeStream";
constexpr const char* kRecognize = "/nvidia.riva.asr.RivaSpeechRecognition/Recognize";
constexpr const char* kStreaming = "/nvidia.riva.asr.RivaSpeechRecognition/StreamingRecognize";
constexpr const char* kConfig =
    "/nvidia.riva.asr.RivaSpeechRecognition/GetRivaSpeechRecognitionConfig";
constexpr std::size_t kRate = 16'000;
constexpr std::size_t kFrame = 1920;  // bytes of 60 ms

/// Silence, `ms` of sound, silence.
std::vector<float> utterance(std::size_t ms, std::size_t rate = kRate) {
  std::vector<float> samples = test::silence(rate * 480 / 1000);
  const std::vector<float> sound = test::noise(rate * ms / 1000, 1);
  samples.insert(samples.end(), sound.begin(), sound.end());
  samples.resize(samples.size() + rate * 960 / 1000, 0.0F);
  return samples;
}

class GrpcRecognitionTest : public ::testing::Test {
 protected:
  GrpcRecognitionTest() { place.config.ports.grpc = 0; }
  void start() {
    place.start();
    const std::string address = place.server->grpc_address().value_or(":0");
    const std::string port = address.substr(address.rfind(':') + 1);
    channel = test::grpc_channel(static_cast<std::uint16_t>(std::stoi(port)));
  }
  /// Blocks until it is so; a test that waits for ever fails by its timeout.
  static void until(const std::function<bool()>& is_so) {
    while (!is_so()) std::this_thread::yield();
  }

  test::SpeechServer place;
  std::shared_ptr<grpc::Channel> channel;
};

// --- our service
// ----------------------------------------------------------------------------------

class StreamCall : public GrpcClientCall {
 public:
  explicit StreamCall(std::shared_ptr<grpc::Channel> channel, const Headers& metadata = {})
      : GrpcClientCall(std::move(channel), kStream, metadata) {}

  bool configure(const wire::RecognitionConfig& config = {}) {
    wire::RecognizeStreamRequest request;
    *request.mutable_config() = config;
    return write(request.SerializeAsString());
  }
  bool send(const std::string& bytes) {
    wire::RecognizeStreamRequest request;
    request.set_audio(bytes);
    return write(request.SerializeAsString());
  }
  void send_all(const std::string& bytes, std::size_t piece = kFrame) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) send(bytes.substr(at, piece));
  }
  bool flush(std::uint64_t id) {
    wire::RecognizeStreamRequest request;
    request.mutable_flush()->set_id(id);
    return write(request.SerializeAsString());
  }
  bool end() {
    wire::RecognizeStreamRequest request;
    request.mutable_finish();
    return write(request.SerializeAsString());
  }
  bool give_up() {
    wire::RecognizeStreamRequest request;
    request.mutable_cancel();
    return write(request.SerializeAsString());
  }
  bool next(wire::RecognizeStreamResponse& response) {
    const auto bytes = read();
    return bytes && response.ParseFromString(*bytes);
  }
  std::vector<wire::RecognizeStreamResponse> rest() {
    std::vector<wire::RecognizeStreamResponse> all;
    wire::RecognizeStreamResponse response;
    while (next(response)) all.push_back(response);
    return all;
  }
  /// The text of the finals that are left.
  std::string text() {
    std::string text;
    for (const auto& one : rest()) {
      if (one.result().is_final()) text += one.result().text();
    }
    return text;
  }
};

TEST_F(GrpcRecognitionTest, AudioBecomesWords) {
  start();
  StreamCall call(channel);
  wire::RecognitionConfig config;
  config.set_language_code("en-US");
  call.configure(config);
  const std::string bytes = s16_bytes(utterance(1920));
  // Whoever sends all at once may have the final before there was time for a partial.
  const std::size_t spoken = 2 * kRate * (480 + 1920) / 1000;
  call.send_all(bytes.substr(0, spoken));
  wire::RecognizeStreamResponse response;
  ASSERT_TRUE(call.next(response));
  EXPECT_NEAR(response.speech_started().begin_ms(), 480, 40);
  ASSERT_TRUE(call.next(response));
  EXPECT_FALSE(response.result().is_final());
  EXPECT_TRUE(response.result().text().starts_with("heard "));
  call.send_all(bytes.substr(spoken));
  call.end();
  const auto all = call.rest();
  EXPECT_TRUE(call.finish().ok());
  ASSERT_GE(all.size(), 2U);
  const auto& final = all[all.size() - 2].result();
  EXPECT_TRUE(final.is_final());
  EXPECT_EQ(final.text(), "heard 2.4 seconds");
  EXPECT_EQ(final.stable_characters(), final.text().size());
  EXPECT_EQ(final.words_size(), 3);
  EXPECT_EQ(final.language(), "en");
  EXPECT_NEAR(final.confidence(), 0.7788, 0.001);
  EXPECT_EQ(all.back().done().audio_ms(), 3360);
  EXPECT_EQ(all.back().done().utterances(), 1U);
}

TEST_F(GrpcRecognitionTest, AFlushTellsWhatIsOpenAndTheCallGoesOn) {
  start();
  StreamCall call(channel);
  wire::RecognitionConfig config;
  config.set_no_partials(true);
  call.configure(config);
  for (std::uint64_t id = 7; id <= 8; ++id) {
    call.send_all(s16_bytes(test::noise(kRate, 1)));
    call.flush(id);
    wire::RecognizeStreamResponse response;
    std::string text;
    while (call.next(response) && !response.has_flushed()) text += response.result().text();
    EXPECT_EQ(response.flushed().id(), id);
    EXPECT_TRUE(text.starts_with("heard ")) << text;
  }
  call.writes_done();  // the same as finish
  const auto all = call.rest();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].done().utterances(), 2U);
  EXPECT_TRUE(call.finish().ok());
}

TEST_F(GrpcRecognitionTest, EveryEncodingIsHeard) {
  start();
  const auto hear = [&](wire::AudioEncoding encoding, int rate, const std::string& bytes) {
    StreamCall call(channel);
    wire::RecognitionConfig config;
    config.set_encoding(encoding);
    config.set_sample_rate_hz(rate);
    call.configure(config);
    call.send_all(bytes, 999);  // samples are cut between messages
    call.end();
    return call.text();
  };
  const auto coded = [](media::Codec codec, const std::vector<float>& samples) {
    std::string bytes(samples.size() * codec::bytes_per_sample(codec), '\0');
    codec::encode(codec, samples, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  };
  const std::string heard = "heard 1.5 seconds";
  EXPECT_EQ(hear(wire::LINEAR16, 0, s16_bytes(utterance(1000))), heard);
  EXPECT_EQ(hear(wire::LINEAR16, 48'000, s16_bytes(utterance(1000, 48'000))), heard);
  EXPECT_EQ(hear(wire::FLOAT32, 16'000, test::f32_bytes(utterance(1000))), heard);
  EXPECT_EQ(hear(wire::MULAW, 0, coded(media::Codec::pcmu, utterance(1000, 8000))), heard);
  EXPECT_EQ(hear(wire::ALAW, 8'000, coded(media::Codec::pcma, utterance(1000, 8000))), heard);
}

TEST_F(GrpcRecognitionTest, OpusComesPacketByPacketAndWhatIsNoneIsTold) {
  start();
  auto encoder = codec::OpusPacketEncoder::make(24'000, 20);
  ASSERT_TRUE(encoder);
  StreamCall call(channel);
  wire::RecognitionConfig config;
  config.set_encoding(wire::OPUS);
  config.set_sample_rate_hz(24'000);
  call.configure(config);
  const std::string bytes = s16_bytes(utterance(1000, 24'000));
  std::vector<std::int16_t> frame(encoder->frame_samples());
  int packets = 0;
  for (std::size_t at = 0; at + 2 * frame.size() <= bytes.size(); at += 2 * frame.size()) {
    std::memcpy(frame.data(), bytes.data() + at, 2 * frame.size());
    const auto packet = encoder->encode(frame);
    ASSERT_TRUE(packet);
    call.send(++packets == 40 ? "\x03\xFF\xFF" : *packet);
  }
  call.end();
  std::string text;
  int trouble = 0;
  std::int32_t audio_ms = 0;
  for (const auto& one : call.rest()) {
    if (one.result().is_final()) text += one.result().text();
    if (one.has_trouble()) trouble = one.trouble().code();
    if (one.has_done()) audio_ms = one.done().audio_ms();
  }
  EXPECT_TRUE(text.starts_with("heard 1.")) << text;
  EXPECT_EQ(trouble, static_cast<int>(grpc::INVALID_ARGUMENT));
  EXPECT_EQ(audio_ms, packets * 20);
}

TEST_F(GrpcRecognitionTest, ALongRecordingIsReadAsFastAsItIsHeard) {
  start();
  StreamCall call(channel);
  wire::RecognitionConfig config;
  config.set_no_partials(true);
  call.configure(config);
  // More than a stream ever has waiting, in one message.
  std::string bytes;
  while (bytes.size() < 2 * service::RecognitionStream::kAudioWaitingBytesMax) {
    bytes += s16_bytes(utterance(1000));
  }
  ASSERT_TRUE(call.send(bytes));
  ASSERT_TRUE(call.end());
  const auto all = call.rest();
  EXPECT_TRUE(call.finish().ok());
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().done().audio_ms(), static_cast<int>(bytes.size() / 32));
}

TEST_F(GrpcRecognitionTest, HotWordsReachTheRecogniser) {
  const test::HotWordNotes notes;
  place.wrap_asr = notes.wrap();
  start();
  using Words = std::vector<std::string>;
  StreamCall own(channel);
  wire::RecognitionConfig config;
  config.add_hot_words("Svea Lindqvist");
  config.add_hot_words("Parley");
  own.configure(config);
  own.send_all(s16_bytes(utterance(1000)));
  own.end();
  EXPECT_EQ(own.text(), "heard 1.5 seconds");
  EXPECT_EQ(notes.last(), (Words{"Svea Lindqvist", "Parley"}));
  riva::RecognizeRequest whole;
  whole.mutable_config()->add_speech_contexts()->add_phrases("Merneptah");
  whole.set_audio(s16_bytes(utterance(1000)));
  EXPECT_TRUE(grpc_ask(channel, kRecognize, whole.SerializeAsString()).status.ok());
  EXPECT_EQ(notes.last(), Words{"Merneptah"});
  GrpcClientCall streaming(channel, kStreaming);
  riva::StreamingRecognizeRequest request;
  auto& riva_config = *request.mutable_streaming_config()->mutable_config();
  riva_config.add_speech_contexts()->add_phrases("apomorphine");
  streaming.write(request.SerializeAsString());
  request.set_audio_content(s16_bytes(utterance(1000)));
  streaming.write(request.SerializeAsString());
  streaming.writes_done();
  while (streaming.read()) continue;
  EXPECT_TRUE(streaming.finish().ok());
  EXPECT_EQ(notes.last(), Words{"apomorphine"});
}

TEST_F(GrpcRecognitionTest, SaysWhatIsWrong) {
  start();
  const auto misuse = [&](auto what) {
    StreamCall call(channel);
    what(call);
    call.writes_done();
    call.rest();
    const grpc::Status status = call.finish();
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT) << status.error_message();
    return status.error_message();
  };
  const std::string first = "The first message holds `config`, and only the first.";
  EXPECT_EQ(misuse([](StreamCall& call) { call.send("xx"); }), first);
  EXPECT_EQ(misuse([](StreamCall& call) {
              call.configure();
              call.configure();
            }),
            first);
  EXPECT_EQ(misuse([](StreamCall&) {}), "RecognizeStream begins with `config`; nothing came.");
  EXPECT_EQ(misuse([](StreamCall& call) { call.write("\xFF"); }).substr(0, 14), "The message is");
  StreamCall call(channel);
  wire::RecognitionConfig config;
  config.set_sample_rate_hz(7);
  call.configure(config);
  call.rest();
  EXPECT_EQ(call.finish().error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(call.trailer("field"), "config.sample_rate_hz");
  until([&] { return place.recognition->streams() == 0; });
}

TEST_F(GrpcRecognitionTest, WhoLeavesCancelsOrIsLateEndsTheStream) {
  start();
  {
    StreamCall gone(channel);
    gone.configure();
    until([&] { return place.recognition->streams() == 1; });
  }
  until([&] { return place.recognition->streams() == 0; });
  StreamCall call(channel);
  call.configure();
  call.give_up();
  call.rest();
  EXPECT_EQ(call.finish().error_code(), grpc::CANCELLED);
  GrpcClientCall late(channel, kStream, {}, std::chrono::milliseconds(300));
  wire::RecognizeStreamRequest request;
  request.mutable_config();
  late.write(request.SerializeAsString());
  while (late.read()) {
  }
  EXPECT_EQ(late.finish().error_code(), grpc::DEADLINE_EXCEEDED);
  until([&] { return place.recognition->streams() == 0; });
}

TEST_F(GrpcRecognitionTest, ADrainTellsWhatWasHeard) {
  start();
  StreamCall call(channel);
  call.configure();
  StreamCall idle(channel);  // has said nothing yet
  call.send_all(s16_bytes(utterance(1000)).substr(0, 40'000));
  until([&] { return place.recognition->streams() == 1; });
  wire::RecognizeStreamResponse response;
  ASSERT_TRUE(call.next(response));  // it is being heard
  place.server->drain(std::chrono::seconds(test::kPatienceSeconds));
  const auto all = call.rest();
  EXPECT_EQ(call.finish().error_code(), grpc::UNAVAILABLE);
  ASSERT_GE(all.size(), 2U);
  EXPECT_TRUE(all[all.size() - 2].result().is_final());
  EXPECT_TRUE(all.back().has_done());
  idle.rest();
  EXPECT_EQ(idle.finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(GrpcRecognitionTest, ABusyNodeSaysWhenToComeAgain) {
  place.wrap_asr = [](model::AsrHost& host) {
    return std::make_unique<test::BusyAsr>(host, std::chrono::seconds(7));
  };
  start();
  const auto refused = [](GrpcClientCall& call) {
    while (call.read()) continue;
    EXPECT_EQ(call.finish().error_code(), grpc::RESOURCE_EXHAUSTED);
    return call.trailer("retry-after");
  };
  StreamCall own(channel);
  own.configure();
  EXPECT_EQ(refused(own), "7");
  GrpcClientCall streaming(channel, kStreaming);
  riva::StreamingRecognizeRequest first;
  first.mutable_streaming_config()->mutable_config()->set_encoding(nvidia::riva::MULAW);
  streaming.write(first.SerializeAsString());
  EXPECT_EQ(refused(streaming), "7");
  GrpcClientCall whole(channel, kRecognize);
  riva::RecognizeRequest recording;
  recording.set_audio(s16_bytes(utterance(1000)));
  whole.write(recording.SerializeAsString());
  whole.writes_done();
  EXPECT_EQ(refused(whole), "7");
}

TEST_F(GrpcRecognitionTest, EveryCallHasAnId) {
  place.config.server.api_keys = {"sesame"};
  start();
  StreamCall named(channel, {{"authorization", "Bearer sesame"}, {"x-request-id", "trace-7"}});
  named.configure();
  named.end();
  named.rest();
  EXPECT_TRUE(named.finish().ok());
  EXPECT_EQ(named.header("x-request-id"), "trace-7");
  StreamCall stranger(channel);
  stranger.rest();
  EXPECT_EQ(stranger.finish().error_code(), grpc::UNAUTHENTICATED);
  EXPECT_TRUE(stranger.header("x-request-id").starts_with("req_"));
}

TEST_F(GrpcRecognitionTest, KeysAndTheirLimits) {
  place.config.server.api_keys = {"sesame"};
  place.config.limits.audio_seconds_per_minute = 1;
  start();
  StreamCall stranger(channel);
  stranger.rest();
  EXPECT_EQ(stranger.finish().error_code(), grpc::UNAUTHENTICATED);
  StreamCall call(channel, {{"authorization", "Bearer sesame"}});
  call.configure();
  call.send_all(s16_bytes(test::silence(3 * kRate)));
  call.rest();
  EXPECT_EQ(call.finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_FALSE(call.trailer("retry-after").empty());
}

// --- Riva's
// ---------------------------------------------------------------------------------------

riva::RecognitionConfig riva_config() {
  riva::RecognitionConfig config;
  config.set_encoding(nvidia::riva::LINEAR_PCM);
  config.set_sample_rate_hertz(static_cast<int>(kRate));
  config.set_language_code("en-US");
  config.set_enable_word_time_offsets(true);
  return config;
}

std::string wav_of(const std::vector<float>& samples, int rate) {
  const std::string bytes = s16_bytes(samples);
  const auto head = codec::wav_header(rate, bytes.size());
  return std::string(reinterpret_cast<const char*>(head.data()), head.size()) + bytes;
}

/// The finals of a StreamingRecognize of those bytes.
std::string streamed(const std::shared_ptr<grpc::Channel>& channel,
                     const riva::RecognitionConfig& config, const std::string& bytes) {
  GrpcClientCall call(channel, kStreaming);
  riva::StreamingRecognizeRequest request;
  *request.mutable_streaming_config()->mutable_config() = config;
  request.mutable_streaming_config()->set_interim_results(true);
  call.write(request.SerializeAsString());
  for (std::size_t at = 0; at < bytes.size(); at += kFrame) {
    request.set_audio_content(bytes.substr(at, kFrame));
    call.write(request.SerializeAsString());
  }
  call.writes_done();
  std::string text;
  riva::StreamingRecognizeResponse response;
  for (auto answer = call.read(); answer; answer = call.read()) {
    EXPECT_TRUE(response.ParseFromString(*answer));
    for (const auto& result : response.results()) {
      if (!result.is_final()) continue;
      EXPECT_EQ(result.alternatives(0).words_size(), 3);
      text += result.alternatives(0).transcript();
    }
  }
  const grpc::Status status = call.finish();
  return status.ok() ? text : status.error_message();
}

TEST_F(GrpcRecognitionTest, RivaStreamsSamplesAndWavFiles) {
  start();
  EXPECT_EQ(streamed(channel, riva_config(), s16_bytes(utterance(1000))), "heard 1.5 seconds ");
  // As their clients read files: the header comes with the first piece, and its rate counts.
  EXPECT_EQ(streamed(channel, riva_config(), wav_of(utterance(1000, 48'000), 48'000)),
            "heard 1.5 seconds ");
  EXPECT_EQ(streamed(channel, riva_config(), ""), "");
  riva::RecognitionConfig french = riva_config();
  french.set_language_code("fr-FR");
  const std::string told = streamed(channel, french, "");
  EXPECT_TRUE(told.empty() || told.find("English only") != std::string::npos) << told;
}

TEST_F(GrpcRecognitionTest, RivaHearsWholeRecordings) {
  start();
  const auto recognized = [&](const riva::RecognitionConfig& config, const std::string& audio) {
    riva::RecognizeRequest request;
    *request.mutable_config() = config;
    request.set_audio(audio);
    request.mutable_id()->set_value("r-1");
    const auto answer = grpc_ask(channel, kRecognize, request.SerializeAsString());
    if (!answer.status.ok()) return answer.status.error_message();
    riva::RecognizeResponse response;
    EXPECT_TRUE(response.ParseFromString(answer.message));
    EXPECT_EQ(response.id().value(), "r-1");
    std::string text;
    for (const auto& result : response.results()) text += result.alternatives(0).transcript();
    return text;
  };
  const std::string heard = recognized(riva_config(), s16_bytes(utterance(1000)));
  EXPECT_TRUE(heard.starts_with("heard 2.")) << heard;  // a longer silence ends it
  EXPECT_EQ(recognized(riva_config(), wav_of(utterance(1000, 44'100), 44'100)), heard);
  riva::RecognitionConfig flac = riva_config();
  flac.set_encoding(nvidia::riva::FLAC);
  const std::string broken = recognized(flac, "fLaC and nothing more");
  EXPECT_TRUE(broken.starts_with("audio: ")) << broken;
  until([&] { return place.recognition->streams() == 0; });
}

TEST_F(GrpcRecognitionTest, RivaListsTheRecogniser) {
  start();
  riva::RivaSpeechRecognitionConfigResponse response;
  ASSERT_TRUE(response.ParseFromString(grpc_ask(channel, kConfig, "").message));
  ASSERT_EQ(response.model_config_size(), 2);
  EXPECT_EQ(response.model_config(0).model_name(), place.config.asr.model);
}

TEST_F(GrpcRecognitionTest, RivaIsToldWhatIsWrongWithTheOrder) {
  start();
  for (const char* method : {kStreaming, kRecognize}) {
    GrpcClientCall silent(channel, method);
    silent.writes_done();
    EXPECT_EQ(silent.read(), std::nullopt);
    EXPECT_EQ(silent.finish().error_code(), grpc::INVALID_ARGUMENT);
  }
  GrpcClientCall early(channel, kStreaming);
  riva::StreamingRecognizeRequest request;
  request.set_audio_content("xx");
  early.write(request.SerializeAsString());
  EXPECT_EQ(early.read(), std::nullopt);
  EXPECT_EQ(early.finish().error_message(),
            "The first message holds `streaming_config`, and only the first.");
}

}  // namespace
}  // namespace parley::server
