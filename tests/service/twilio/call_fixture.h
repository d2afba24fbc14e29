// SPDX-License-Identifier: Apache-2.0
//
// One call without a socket: its messages typed, fake models, one thread, virtual time. The other
// end plays what it is sent, and marks come back when they have been played, as Twilio's do.
//
//   CallFixture call({.heard = {"What time is it?"}});
//   call.open();
//   call.ask();
//   call.lines()                       // what came since the last look: "sound", "clear"
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "service/twilio/call_service.h"
#include "tests/support/agent_fakes.h"
#include "tests/support/audio.h"

namespace parley::test {

class CallLeg final : public service::CallLink {
 public:
  explicit CallLeg(const Clock& clock) : clock_(clock) {}
  service::SendResult send(protocol::CallCommand command, const std::string& stream) override {
    EXPECT_EQ(stream, "MZ1");
    if (const auto* sound = std::get_if<protocol::CallSend>(&command)) {
      tell("sound");
      bytes += sound->bytes.size();
      plays_until =
          std::max(plays_until, clock_.now()) +
          media::MediaTime::from_samples(static_cast<int>(sound->bytes.size()), 8000).nanos();
    } else if (const auto* mark = std::get_if<protocol::CallSendMark>(&command)) {
      marks.push_back({mark->name, plays_until});
    } else {
      tell("clear");
      plays_until = clock_.now();
      for (auto& [name, at] : marks) at = clock_.now();
    }
    return answer;
  }
  void resume() override { ++resumed; }
  void close(std::uint16_t code, std::string reason) override {
    close_code = code;
    close_reason = std::move(reason);
  }

  service::SendResult answer = service::SendResult::sent;
  std::vector<std::string> lines;
  std::deque<std::pair<std::string, Instant>> marks;  // and when they are to come back
  Instant plays_until;
  std::size_t bytes = 0;
  int resumed = 0;
  std::optional<std::uint16_t> close_code;
  std::string close_reason;

 private:
  void tell(const char* line) {
    if (lines.empty() || lines.back() != line) lines.emplace_back(line);
  }
  const Clock& clock_;
};

struct CallFixtureOptions {
  model::FakeLlmOptions llm = {};
  std::vector<std::string> heard = {};
  service::CallOptions service = {};
  std::shared_ptr<service::Allowance> allowance = {};
  bool has_speakers = true;  // can be told apart
  bool has_marks = true;
};

class CallFixture : public AgentFakes {
 public:
  explicit CallFixture(CallFixtureOptions options = {})
      : AgentFakes({options.llm, options.heard, options.has_speakers}),
        options_(std::move(options)),
        service(context(), runtime.executor, options_.service) {}
  ~CallFixture() {
    if (session) session->close();
  }

  void connect() {
    auto opened = service.open({.allowance = options_.allowance}, link);
    ASSERT_TRUE(opened) << opened.error().message;
    session = std::move(*opened);
    runtime.run_until_idle();
  }
  void open(std::vector<std::pair<std::string, std::string>> parameters = {}) {
    connect();
    push(protocol::CallStart{.stream = "MZ1", .call = "CA1", .parameters = std::move(parameters)});
    runtime.run_until_idle();
  }
  void push(protocol::CallMessage message) {
    EXPECT_EQ(session->push(std::move(message)), service::PushResult::accepted);
  }
  void press(const std::string& digits) {
    for (const char digit : digits) push(protocol::CallDigit{digit});
    runtime.run_until_idle();
  }
  /// In messages of 20 ms, in (virtual) real time.
  void send(const std::vector<float>& samples, bool is_inbound = true) {
    constexpr std::size_t kFrame = 160;
    for (std::size_t at = 0; at < samples.size(); at += kFrame) {
      const auto frame = std::span(samples).subspan(at, std::min(kFrame, samples.size() - at));
      std::string bytes(frame.size(), '\0');
      codec::encode(media::Codec::pcmu, frame, std::as_writable_bytes(std::span(bytes)));
      if (!link->close_code) {
        push(protocol::CallSound{.bytes = std::move(bytes), .is_inbound = is_inbound});
      }
      step();
    }
  }
  void speak(Millis length) { send(sine(samples_of(length), 220.0, 8'000, 0.3)); }
  void be_silent(Millis length) { send(silence(samples_of(length))); }
  /// A whole turn, and the silence that ends it.
  void ask() {
    speak(Millis(1200));
    be_silent(Millis(900));
  }
  std::vector<std::string> lines() { return std::exchange(link->lines, {}); }

  std::shared_ptr<CallLeg> link = std::make_shared<CallLeg>(runtime.clock);

 private:
  static std::size_t samples_of(Millis length) {
    return static_cast<std::size_t>(length.count()) * 8U;
  }
  void step() {
    runtime.run_for(Millis(20));
    while (options_.has_marks && !link->marks.empty() &&
           link->marks.front().second <= runtime.clock.now()) {
      // A closed call takes none.
      static_cast<void>(session->push(protocol::CallMark{std::move(link->marks.front().first)}));
      link->marks.pop_front();
    }
    runtime.run_until_idle();
  }

  CallFixtureOptions options_;

 public:
  service::CallService service;
  std::shared_ptr<service::CallSession> session;
};

}  // namespace parley::test
