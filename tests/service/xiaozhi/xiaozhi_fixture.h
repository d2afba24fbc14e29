// SPDX-License-Identifier: Apache-2.0
//
// One device's session without a socket: its messages as text in, ours as text out ("sound" for
// each packet), fake models, one thread, virtual time.
//
//   XiaozhiFixture toy({.heard = {"What time is it?"}});
//   toy.open();
//   toy.say(R"({"type":"listen","state":"start","mode":"auto"})");
//   toy.speak(1000ms);
//   toy.lines()                       // what the device received since the last look
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "codec/opus_packets.h"
#include "service/xiaozhi/xiaozhi_service.h"
#include "tests/support/agent_fakes.h"
#include "tests/support/audio.h"

namespace parley::test {

inline constexpr const char* kHello =
    R"({"type":"hello","version":1,"features":{"mcp":true},"transport":"websocket",)"
    R"("audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60}})";
inline constexpr const char* kHelloWithoutTools = R"({"type":"hello","transport":"websocket"})";
inline constexpr const char* kListenAuto = R"({"type":"listen","state":"start","mode":"auto"})";

inline constexpr const char* kStart = R"({"type":"tts","state":"start"})";
inline constexpr const char* kStop = R"({"type":"tts","state":"stop"})";

inline std::string stt(const std::string& text) {
  return R"({"type":"stt","text":")" + text + R"("})";
}
inline std::string sentence(const std::string& text) {
  return R"({"type":"tts","state":"sentence_start","text":")" + text + R"("})";
}
inline std::string emotion(const std::string& name, const std::string& emoji) {
  return R"({"type":"llm","emotion":")" + name + R"(","text":")" + emoji + R"("})";
}
inline std::string listen(const std::string& rest) {
  return R"({"type":"listen","state":)" + rest + "}";
}

class ToyLink final : public service::XiaozhiLink {
 public:
  explicit ToyLink(const Clock& clock) : clock_(clock) {}
  service::SendResult send(protocol::XiaozhiMessage message,
                           const std::string& session_id) override {
    if (const auto* sound = std::get_if<protocol::XiaozhiSound>(&message)) {
      sounds.push_back(clock_.now());
      stamps.push_back(sound->at_ms);
      packets.push_back(sound->packet);
      if (lines.empty() || lines.back() != "sound") lines.emplace_back("sound");
      return answer;
    }
    std::string line = protocol::to_json(message, session_id);
    const std::size_t end = line.rfind(R"(,"session_id")");
    lines.push_back(line.substr(0, end) + "}");
    return answer;
  }
  void resume() override { ++resumed; }
  void close(std::uint16_t code, std::string reason) override {
    close_code = code;
    close_reason = std::move(reason);
  }

  service::SendResult answer = service::SendResult::sent;
  std::vector<std::string> lines;
  std::vector<Instant> sounds;        // when each packet left
  std::vector<std::uint32_t> stamps;  // and what it is stamped with
  std::vector<std::string> packets;
  int resumed = 0;
  std::optional<std::uint16_t> close_code;
  std::string close_reason;

 private:
  const Clock& clock_;
};

struct XiaozhiFixtureOptions {
  model::FakeLlmOptions llm = {};
  std::vector<std::string> heard = {};
  service::XiaozhiOptions service = {};
  std::shared_ptr<service::Allowance> allowance = {};
  std::optional<bool> enrolled_only = {};  // of the device
  bool has_speakers = true;                // can be told apart
};

class XiaozhiFixture : public AgentFakes {
 public:
  explicit XiaozhiFixture(XiaozhiFixtureOptions options = {})
      : AgentFakes({options.llm, options.heard, options.has_speakers}),
        options_(std::move(options)),
        service(context(), runtime.executor, options_.service) {}
  ~XiaozhiFixture() {
    if (session) session->close();
  }

  void connect() {
    auto opened = service.open({.device = "aa:bb",
                                .allowance = options_.allowance,
                                .enrolled_only = options_.enrolled_only},
                               link);
    ASSERT_TRUE(opened) << opened.error().message;
    session = std::move(*opened);
    runtime.run_until_idle();
  }
  /// With a hello, which is answered, and forgotten.
  void open(const char* hello = kHelloWithoutTools) {
    connect();
    say(hello);
    link->lines.clear();
  }
  void say(const std::string& frame) {
    auto parsed = protocol::parse_device_message(frame);
    push(std::get<protocol::DeviceMessage>(std::move(parsed)));
    runtime.run_until_idle();
  }
  /// The answer of the device's tools to request `id`.
  void answer(int id, const std::string& result) {
    say(R"({"type":"mcp","payload":{"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" +
        result + "}}");
  }
  void push(service::DeviceEvent event) {
    EXPECT_EQ(session->push(std::move(event)), service::PushResult::accepted);
  }
  void push_packet(std::span<const float> samples) {
    std::vector<std::int16_t> pcm(encoder_->frame_samples());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      pcm[i] = static_cast<std::int16_t>(samples[i] * 32767.0F);
    }
    const std::string packet = *encoder_->encode(pcm);
    push(service::DevicePacket{buffers.copy_of(std::as_bytes(std::span(packet)))});
    runtime.run_until_idle();
  }
  /// In packets of 60 ms, in (virtual) real time.
  void send(const std::vector<float>& samples) {
    constexpr std::size_t kFrame = 960;
    for (std::size_t at = 0; at < samples.size(); at += kFrame) {
      push_packet(std::span(samples).subspan(at, std::min(kFrame, samples.size() - at)));
      rest(Millis(60));
    }
  }
  void speak(Millis length) { send(sine(samples_of(length), 220.0, 16'000, 0.3)); }
  void be_silent(Millis length) { send(silence(samples_of(length))); }
  void rest(Nanos length) { runtime.run_for(length); }
  /// A whole turn, and the silence that ends it.
  void ask() {
    speak(Millis(1200));
    be_silent(Millis(900));
  }
  std::vector<std::string> lines() { return std::exchange(link->lines, {}); }

  std::shared_ptr<ToyLink> link = std::make_shared<ToyLink>(runtime.clock);

 private:
  static std::size_t samples_of(Millis length) {
    return static_cast<std::size_t>(length.count()) * 16U;
  }

  XiaozhiFixtureOptions options_;
  Result<codec::OpusPacketEncoder> encoder_ = codec::OpusPacketEncoder::make(16'000, 60);

 public:
  service::XiaozhiService service;
  std::shared_ptr<service::XiaozhiSession> session;
};

}  // namespace parley::test
