// SPDX-License-Identifier: Apache-2.0
//
// A voice agent in virtual time among model hosts that misbehave on demand; AgentFixture is the
// same with models that work. Every event is checked by a LadderListener, whatever the test is
// about.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/voice_agent.h"
#include "base/metrics.h"
#include "codec/audio_codec.h"
#include "exec/manual_executor.h"
#include "exec/strand.h"
#include "media/buffer_pool.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_llm.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "tests/agent/ladder_listener.h"
#include "tests/agent/unruly_hosts.h"
#include "tests/support/audio.h"

namespace parley::test {

class RoughCall : private exec::StrandBody {
 public:
  explicit RoughCall(model::FakeLlmOptions llm_options = {}, std::vector<std::string> heard = {})
      : asr_model_(std::move(heard)),
        fake_llm(std::move(llm_options), runtime.executor, runtime.timers, runtime.clock) {
    Result<std::unique_ptr<agent::VoiceAgent>> made = agent::VoiceAgent::make(
        {runtime.clock, runtime.timers, buffers, metrics, vad, asr, llm, tts, nullptr}, settings,
        events, strand_->waker(), 1);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    agent = std::move(*made);
  }
  ~RoughCall() override { hang_up(); }

  /// The session ends, whatever is under way.
  void hang_up() {
    strand_->close();
    agent.reset();
  }

  /// One frame in the session's input format; `paced` lets its length pass. False: no room.
  bool append_frame(std::span<const float> samples, bool paced = true) {
    if (!agent->can_append()) return false;
    const agent::InputFormat format = settings.input_format;
    media::BufferRef bytes = buffers.take(samples.size() * codec::bytes_per_sample(format.codec));
    codec::encode(format.codec, samples, bytes.writable());
    agent->append_audio(std::move(bytes));
    if (paced) {
      rest(std::chrono::nanoseconds(std::chrono::seconds(1)) *
           static_cast<std::int64_t>(samples.size()) / format.rate);
    }
    return true;
  }
  /// In frames of 20 ms; waits for room as a session does.
  void append(const std::vector<float>& samples, bool paced = true) {
    const auto frame = static_cast<std::size_t>(settings.input_format.rate / 50);
    for (std::size_t at = 0; at < samples.size(); at += frame) {
      const std::span<const float> next(samples.data() + at, std::min(frame, samples.size() - at));
      for (int tries = 0; !append_frame(next, paced); ++tries) {
        if (tries == 1000) return;  // a detector that stands still
        rest(Millis(10));
      }
    }
  }
  void speak(Millis length, bool paced = true) {
    append(sine(samples_of(length), 220.0, settings.input_format.rate, 0.3), paced);
  }
  void be_silent(Millis length, bool paced = true) { append(silence(samples_of(length)), paced); }
  /// Speech and the silence that ends the turn.
  void say(Millis length) {
    speak(length);
    be_silent(settings.turn.silence + Millis(100));
  }
  void rest(Nanos length) {
    strand_->wake();
    runtime.run_until_idle();
    runtime.run_for(length);
  }
  /// Until nothing happens any more.
  void settle() { rest(std::chrono::minutes(5)); }

  std::string insert(agent::Item item) {
    if (item.id.empty()) item.id = agent->make_id("item_");
    std::string id = item.id;
    agent->insert_item(std::move(item), {});
    return id;
  }
  std::string type(std::string text) {
    agent::Item item;
    agent::ContentPart part;
    part.text = std::move(text);
    item.content.push_back(std::move(part));
    return insert(std::move(item));
  }
  std::string insert_audio(Millis length) {
    agent::Item item;
    agent::ContentPart part;
    part.kind = agent::ContentPart::Kind::input_audio;
    part.audio.rate = 24'000;
    part.audio.samples.assign(static_cast<std::size_t>(length.count()) * 24U, 1000);
    item.content.push_back(std::move(part));
    return insert(std::move(item));
  }
  void erase(const std::string& id) {
    agent->delete_item(id);
    events.deleted(id);
  }
  /// Asks for a spoken reply to "talk".
  void start_reply() {
    type("talk");
    agent->create_response({});
  }
  void cancel() {
    const std::string id = agent->active_response()->id;
    agent->cancel_response(id);
  }
  [[nodiscard]] std::ptrdiff_t count(std::string_view event) const {
    return std::count_if(events.log.begin(), events.log.end(),
                         [&](const std::string& line) { return line.starts_with(event); });
  }
  /// Every response is over and nothing is left to do.
  void expect_quiet() {
    EXPECT_EQ(events.responses_open(), 0U);
    EXPECT_EQ(agent->active_response(), nullptr);
    EXPECT_TRUE(agent->idle());
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  agent::AgentSettings settings;
  LadderListener events;

 private:
  [[nodiscard]] std::size_t samples_of(Millis length) const {
    return static_cast<std::size_t>(length.count() * settings.input_format.rate / 1000);
  }
  bool run_slice() noexcept override { return agent != nullptr && agent->run(); }

  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  model::FakeTtsModel tts_model_;
  exec::Executor* executors_[1] = {&runtime.executor};
  model::VadModelHost vad_{vad_model_, {.name = "vad"}, runtime.executor, runtime.clock, metrics};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, executors_, runtime.clock, metrics};
  model::TtsModelHost tts_{tts_model_, {.name = "tts"}, executors_, runtime.clock, metrics};

 public:
  model::FakeLlm fake_llm;
  UnrulyVad vad{vad_};
  UnrulyAsr asr{asr_};
  UnrulyTts tts{tts_};
  UnrulyLlm llm{fake_llm};

 private:
  std::shared_ptr<exec::Strand> strand_ = exec::Strand::make(runtime.executor, *this);

 public:
  std::unique_ptr<agent::VoiceAgent> agent;  // last: goes first
};

}  // namespace parley::test
