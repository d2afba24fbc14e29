// SPDX-License-Identifier: Apache-2.0
//
// A whole voice agent in one thread and in virtual time: fake models, a listener that writes down
// every event as one line, and helpers that speak and wait.
//
//   AgentFixture call({.replies = {{.text = "Hello there."}}});
//   call.speak(1000ms);
//   call.rest(2s);
//   EXPECT_THAT(call.lines, Contains("response_done completed"));
//
// One file because the listener's lines and the helpers that bring them about are read together.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/voice_agent.h"
#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "exec/strand.h"
#include "media/buffer_pool.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_llm.h"
#include "model/fakes/fake_tools.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_turn.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "tests/support/audio.h"

namespace parley::test {

/// Events as lines: the event's name, then what matters of it.
class LineListener final : public agent::AgentListener {
 public:
  explicit LineListener(std::vector<std::string>& lines) : lines_(lines) {}

  void speech_started(std::string_view, media::MediaTime at) override {
    add("speech_started", std::to_string(at.ms()));
  }
  void speech_stopped(std::string_view, media::MediaTime at) override {
    add("speech_stopped", std::to_string(at.ms()));
  }
  void idle_timeout(std::string_view, media::MediaTime start, media::MediaTime end) override {
    add("idle_timeout", std::to_string(start.ms()) + " " + std::to_string(end.ms()));
  }
  void input_committed(std::string_view, std::string_view) override { add("committed"); }
  void input_cleared() override { add("cleared"); }
  void item_added(const agent::Item& item, std::string_view) override {
    add("item_added", type_of(item));
  }
  void item_done(const agent::Item& item, std::string_view) override {
    add("item_done", type_of(item), status_of(item));
  }
  void mcp_list_tools(std::string_view, McpProgress progress) override {
    add("mcp_list_tools", progress_of(progress));
  }
  void mcp_call(std::string_view, std::size_t index, McpProgress progress) override {
    add("mcp_call", std::to_string(index), progress_of(progress));
  }
  void transcription_delta(std::string_view, std::string_view delta) override {
    add("transcription_delta", std::string(delta));
  }
  void transcription_completed(std::string_view, const agent::Transcription& heard) override {
    add("transcription", std::string(heard.text));
    untold = heard.untold;
    if (heard.speech) speakers.emplace_back(heard.speech->speaker);
  }
  void transcription_failed(std::string_view, const Error& error) override {
    add("transcription_failed", error.message);
  }
  void turn_judged(std::string_view, bool is_enrolled) override {
    add("judged", is_enrolled ? "enrolled" : "stranger");
  }
  void response_created(const agent::Response&) override {
    add("response_created");
    seen_.clear();
  }
  void output_item_added(const agent::OutputRef& at) override {
    add("output_item_added", type_of(at.item));
  }
  void content_part_added(const agent::OutputRef& at) override {
    add("part_added", at.response.audio ? "audio" : "text");
  }
  void text_delta(const agent::OutputRef&, std::string_view delta) override {
    text += delta;
    add_once("text_delta");
  }
  void text_done(const agent::OutputRef&, std::string_view all) override {
    add("text_done", std::string(all));
  }
  void transcript_delta(const agent::OutputRef&, std::string_view delta) override {
    text += delta;
    add_once("transcript_delta");
  }
  void transcript_done(const agent::OutputRef&, std::string_view all) override {
    add("transcript_done", std::string(all));
  }
  void audio_delta(const agent::OutputRef&, const media::EncodedAudio& audio) override {
    audio_bytes += audio.bytes.size();
    add_once("audio_delta");
  }
  void audio_done(const agent::OutputRef&) override { add("audio_done"); }
  void arguments_delta(const agent::OutputRef&, std::string_view) override {
    add_once("arguments_delta");
  }
  void arguments_done(const agent::OutputRef& at) override {
    add("arguments_done", at.item.name, at.item.arguments);
  }
  void content_part_done(const agent::OutputRef&, std::string_view) override { add("part_done"); }
  void output_item_done(const agent::OutputRef& at) override {
    add("output_item_done", status_of(at.item));
  }
  agent::ResponsePermit permit_response() override { return permit; }
  void response_done(const agent::Response& response,
                     const agent::TurnTimeline& timeline) override {
    static constexpr const char* kStatus[] = {"in_progress", "completed", "cancelled", "incomplete",
                                              "failed"};
    static constexpr const char* kReason[] = {"",
                                              "turn_detected",
                                              "client_cancelled",
                                              "max_output_tokens",
                                              "rate_limited",
                                              "content_filter"};
    last_timeline = timeline;
    last_response = response;
    add("response_done", kStatus[static_cast<int>(response.status)],
        kReason[static_cast<int>(response.reason)]);
  }
  void failed(const Error& error) override { add("failed", error.message); }

  std::string text;                   // all deltas so far
  std::string untold;                 // of the last transcript
  std::vector<std::string> speakers;  // of transcripts
  std::size_t audio_bytes = 0;        // all packets so far
  agent::TurnTimeline last_timeline;
  agent::Response last_response;
  agent::ResponsePermit permit;  // of replies that the agent begins by itself

 private:
  template <typename... Words>
  void add(Words&&... words) {
    std::string line;
    for (const std::string& word : {std::string(words)...}) {
      if (!word.empty()) line += (line.empty() ? "" : " ") + word;
    }
    lines_.push_back(std::move(line));
  }
  /// Of the deltas of one kind only the first of a reply is a line: how many there are, and how
  /// they interleave, is nobody's promise.
  void add_once(const std::string& name) {
    if (seen_.insert(name).second) lines_.push_back(name);
  }
  static std::string progress_of(McpProgress progress) {
    static constexpr const char* kProgress[] = {"in_progress", "completed", "failed"};
    return kProgress[static_cast<int>(progress)];
  }
  static std::string type_of(const agent::Item& item) {
    static constexpr const char* kTypes[] = {
        "message",  "function_call",        "function_call_output", "mcp_list_tools",
        "mcp_call", "mcp_approval_request", "mcp_approval_response"};
    static constexpr const char* kRoles[] = {"system", "user", "assistant"};
    return item.type == agent::Item::Type::message ? kRoles[static_cast<int>(item.role)]
                                                   : kTypes[static_cast<int>(item.type)];
  }
  static std::string status_of(const agent::Item& item) {
    static constexpr const char* kStatus[] = {"in_progress", "completed", "incomplete"};
    return kStatus[static_cast<int>(item.status)];
  }

  std::vector<std::string>& lines_;
  std::set<std::string> seen_;  // kinds of deltas of this reply
};

class AgentFixture : private exec::StrandBody {
 public:
  explicit AgentFixture(model::FakeLlmOptions llm_options = {}, std::vector<std::string> heard = {},
                        graph::Tap* tap = nullptr, std::vector<model::FakeTool> functions = {},
                        std::vector<float> turn_answers = {1.0F},
                        model::McpConnector* mcp = nullptr,
                        model::ModerationHost* moderation = nullptr,
                        model::SpeakerHost* speakers = nullptr,
                        model::KnownSpeakers* known_speakers = nullptr,
                        agent::AgentSettings start_settings = {})
      : settings(std::move(start_settings)),
        asr_model_(std::move(heard)),
        turn_model_(std::move(turn_answers)),
        llm(std::move(llm_options), runtime.executor, runtime.timers, runtime.clock),
        tools(std::move(functions), runtime.executor, runtime.timers, runtime.clock),
        tap_(tap) {
    Result<std::unique_ptr<agent::VoiceAgent>> made =
        agent::VoiceAgent::make({.clock = runtime.clock,
                                 .timers = runtime.timers,
                                 .buffers = buffers,
                                 .metrics = metrics,
                                 .vad = vad_,
                                 .asr = asr_,
                                 .llm = llm,
                                 .tts = tts_,
                                 .tap = tap_,
                                 .tools = &tools,
                                 .turn = &turn_,
                                 .mcp = mcp,
                                 .moderation = moderation,
                                 .speakers = speakers,
                                 .known_speakers = known_speakers,
                                 .voices = known_speakers},
                                settings, listener, strand_->waker(), 1);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    agent = std::move(*made);
  }
  ~AgentFixture() override { strand_->close(); }

  /// Appends `samples` at 24 kHz in frames of 20 ms, in (virtual) real time.
  void append(const std::vector<float>& samples) {
    constexpr std::size_t kFrame = 480;
    for (std::size_t at = 0; at < samples.size(); at += kFrame) {
      const std::size_t count = std::min(kFrame, samples.size() - at);
      media::BufferRef bytes = buffers.take(count * sizeof(std::int16_t));
      auto* const out = reinterpret_cast<std::int16_t*>(bytes.writable().data());
      for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<std::int16_t>(samples[at + i] * 32767.0F);
      }
      ASSERT_TRUE(agent->can_append());
      agent->append_audio(std::move(bytes));
      rest(Millis(20));
    }
  }
  void speak(Millis length) { append(sine(samples_of(length), 220.0, 24'000, 0.3)); }
  void be_silent(Millis length) { append(silence(samples_of(length))); }
  /// Lets time pass without audio.
  void rest(Nanos length) {
    strand_->wake();
    runtime.run_until_idle();
    runtime.run_for(length);
  }
  /// A typed message of the user.
  void type(std::string text) {
    agent::Item item;
    item.id = agent->make_id("item_");
    agent::ContentPart part;
    part.text = std::move(text);
    item.content.push_back(std::move(part));
    agent->insert_item(std::move(item), {});
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  agent::AgentSettings settings;
  std::vector<std::string> lines;
  LineListener listener{lines};

 private:
  static std::size_t samples_of(Millis length) {
    return static_cast<std::size_t>(length.count()) * 24U;
  }
  bool run_slice() noexcept override { return agent != nullptr && agent->run(); }

  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  model::FakeTurnModel turn_model_;
  model::FakeTtsModel tts_model_;
  exec::Executor* executors_[1] = {&runtime.executor};
  model::VadModelHost vad_{vad_model_, {.name = "vad"}, runtime.executor, runtime.clock, metrics};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, executors_, runtime.clock, metrics};
  model::TurnModelHost turn_{turn_model_, {.name = "turn"}, executors_, runtime.clock, metrics};
  model::TtsModelHost tts_{tts_model_, {.name = "tts"}, executors_, runtime.clock, metrics};

 public:
  model::FakeLlm llm;
  model::FakeTools tools;

 private:
  graph::Tap* tap_;
  std::shared_ptr<exec::Strand> strand_ = exec::Strand::make(runtime.executor, *this);

 public:
  std::unique_ptr<agent::VoiceAgent> agent;  // last: goes first
};

}  // namespace parley::test
