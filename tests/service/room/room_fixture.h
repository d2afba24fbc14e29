// SPDX-License-Identifier: Apache-2.0
//
// One room without a server: events typed, fake models, one thread, virtual time. The room plays
// what it is given, without a pause.
//
//   RoomFixture room({.heard = {"What time is it?"}});
//   room.enter("assistant");
//   room.join("ann", "Ann");
//   room.ask("ann");
//   room.lines()                       // what came since the last look: "said ann: …", "sound 1"
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "graph/registry.h"
#include "operators/register_all.h"
#include "service/room/room_service.h"
#include "tests/support/agent_fakes.h"
#include "tests/support/audio.h"

namespace parley::test {

/// Writes down what the agent does; lines of sound are told once in a row.
class RoomSeen final : public room::RoomLink {
 public:
  void subscribe(const std::string& track_sid) override {
    lines.push_back("subscribe " + track_sid);
  }
  void unsubscribe(const std::string& track_sid) override {
    lines.push_back("unsubscribe " + track_sid);
  }
  void set_attributes(room::Attributes attributes) override {
    for (const auto& [name, value] : attributes) states.push_back(value);
  }
  void publish_voice(std::uint64_t voice, std::string name, int rate) override {
    EXPECT_EQ(rate, 24'000);
    lines.push_back("publish " + name);
    published.push_back(voice);
  }
  void write_voice(std::uint64_t voice, media::BufferRef bytes) override {
    EXPECT_EQ(bytes.size(), 960U) << "20 ms";
    sound[voice] += bytes.size() / 48;
    const std::string line = "sound " + std::to_string(voice);
    if (lines.empty() || lines.back() != line) lines.push_back(line);
  }
  void clear_voice(std::uint64_t voice) override {
    lines.push_back("clear " + std::to_string(voice));
  }
  void unpublish_voice(std::uint64_t voice) override {
    lines.push_back("unpublish " + std::to_string(voice));
  }
  void send_text(room::TextStream stream, std::string text) override {
    EXPECT_EQ(stream.topic, "lk.transcription");
    const bool is_final = stream.attributes.at("lk.transcription_final") == "true";
    const auto to = stream.attributes.find("parley.translation");
    const std::string kind = to != stream.attributes.end() ? "in " + to->second
                             : is_final                    ? "said"
                                                           : "says";
    lines.push_back(kind + " " + stream.sender + ": " + text);
    streams.push_back(std::move(stream));
  }
  void open_text(room::TextStream stream) override { open[stream.id] = {}; }
  void write_text(const std::string& id, std::string more) override { open.at(id) += more; }
  void close_text(const std::string& id, room::Attributes attributes) override {
    EXPECT_EQ(attributes.at("lk.transcription_final"), "true");
    lines.push_back("spoke: " + open.at(id));
    open.erase(id);
  }
  void send_transcription(room::LegacyTranscription one) override {
    legacy.push_back(std::move(one));
  }
  void send_data(std::string topic, std::string) override { lines.push_back("data " + topic); }
  void serve_calls(const std::vector<std::string>& names) override { methods = names; }
  void answer_call(std::uint64_t call, std::string) override {
    lines.push_back("answer " + std::to_string(call));
  }
  void refuse_call(std::uint64_t call, room::CallError error) override {
    lines.push_back("refuse " + std::to_string(call) + " " + std::to_string(error.code));
  }
  void resume() override {}
  void close(std::uint16_t code, std::string reason) override {
    close_code = code;
    close_reason = std::move(reason);
  }

  std::vector<std::string> lines;
  std::vector<std::string> states;
  std::vector<std::string> methods;
  std::vector<std::uint64_t> published;        // not yet told
  std::map<std::uint64_t, std::size_t> sound;  // ms by voice
  std::map<std::string, std::string> open;     // streams of text that grow
  std::vector<room::TextStream> streams;
  std::vector<room::LegacyTranscription> legacy;
  std::optional<std::uint16_t> close_code;
  std::string close_reason;
};

struct RoomFixtureOptions {
  model::FakeLlmOptions llm = {};
  std::vector<std::string> heard = {};
  service::RoomOptions service = {};
  service::RoomRequest request = {};
};

class RoomFixture : public AgentFakes {
 public:
  explicit RoomFixture(RoomFixtureOptions options = {})
      : AgentFakes({options.llm, options.heard, false}), options_(std::move(options)) {
    operators::register_all_operators(registry, bindings());
    service.emplace(context(), runtime.executor, registry, options_.service);
  }
  ~RoomFixture() {
    if (session) session->close();
  }

  void open(const std::string& agent) {
    service::RoomRequest request = options_.request;
    request.minutes = [this](service::Minutes done) { minutes = std::move(done); };
    auto graph = room::AgentGraph::in_the_box(agent);
    ASSERT_TRUE(graph) << graph.error().message;
    request.agent = agent;
    if (request.name.empty()) request.name = "Parley";
    if (request.to.empty()) request.to = "en";
    request.graph = std::make_shared<room::AgentGraph>(std::move(*graph));
    auto opened = service->open(std::move(request), link);
    ASSERT_TRUE(opened) << opened.error().message;
    session = std::move(*opened);
    runtime.run_until_idle();
  }
  void enter(const std::string& agent) {
    open(agent);
    push(room::Connected{"kitchen", "RM_1", {.identity = "agent-1", .name = "Parley"}});
    settle();
  }
  void join(const std::string& identity, const std::string& name,
            room::Participant::Kind kind = room::Participant::Kind::standard) {
    push(room::ParticipantJoined{{.identity = identity, .name = name, .kind = kind}});
    push(room::TrackPublished{identity, {.sid = "TR_" + identity}});
    settle();
  }
  void push(room::RoomEvent event) {
    EXPECT_EQ(session->push(std::move(event)), service::PushResult::accepted);
  }
  void settle() {
    runtime.run_until_idle();
    while (!link->published.empty()) {
      const std::uint64_t voice = link->published.back();
      link->published.pop_back();
      push(room::VoicePublished{voice, std::string("TR_own_" + std::to_string(voice))});
      runtime.run_until_idle();
    }
  }
  /// All of them at once, each with the same sound.
  void send(const std::vector<std::string>& people, Millis length, bool is_speech) {
    const auto count = static_cast<std::size_t>(length.count()) * 16U;
    const std::vector<float> samples = is_speech ? sine(count, 220.0, 16'000, 0.3) : silence(count);
    constexpr std::size_t kFrame = 320;
    for (std::size_t at = 0; at + kFrame <= samples.size(); at += kFrame) {
      std::vector<std::int16_t> frame(kFrame);
      for (std::size_t i = 0; i < kFrame; ++i) {
        frame[i] = static_cast<std::int16_t>(samples[at + i] * 32'767.0F);
      }
      for (const std::string& one : people) {
        if (link->close_code) continue;
        push(room::TrackSound{"TR_" + one, buffers.copy_of(std::as_bytes(std::span(frame)))});
      }
      runtime.run_for(Millis(20));
      settle();
    }
  }
  void speak(const std::string& identity, Millis length) { send({identity}, length, true); }
  void rest(const std::string& identity, Millis length) { send({identity}, length, false); }
  /// A whole turn, and the silence that ends it.
  void ask(const std::string& identity) {
    speak(identity, Millis(1000));
    rest(identity, Millis(600));
  }
  void wait(Millis length) {
    runtime.run_for(length);
    settle();
  }
  std::vector<std::string> lines() { return std::exchange(link->lines, {}); }

  std::shared_ptr<RoomSeen> link = std::make_shared<RoomSeen>();
  std::optional<service::Minutes> minutes;
  graph::Registry registry;

 private:
  RoomFixtureOptions options_;

 public:
  std::optional<service::RoomService> service;
  std::shared_ptr<service::RoomSession> session;
};

}  // namespace parley::test
