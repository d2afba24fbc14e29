// SPDX-License-Identifier: Apache-2.0
//
// One Realtime session without a socket: client frames as text in, server frames as text out, fake
// models, one thread, virtual time.
//
//   RealtimeFixture call({.llm = {.replies = {{.text = "Hello there."}}}});
//   call.open();
//   call.client(R"({"type":"response.create"})");
//   call.rest(2s);
//   call.link->frames                                  // what the client received
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "media/buffer_pool.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_llm.h"
#include "model/fakes/fake_speaker.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_turn.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "protocol/realtime/client_event.h"
#include "service/realtime/realtime_service.h"
#include "tests/support/audio.h"

namespace parley::test {

/// Keeps what it gets, serialised as the I/O loop would.
class RecordingLink final : public service::ClientLink {
 public:
  service::SendResult send(protocol::ServerEvent event) override {
    if (on_send) on_send();
    const bool is_shown = protocol::is_shown(event.payload, dialect);
    if (is_shown && answer != service::SendResult::closed) {
      for (std::string& frame : translate(protocol::to_json(event, dialect))) {
        frames.push_back(std::move(frame));
      }
    }
    return answer;
  }
  void resume() override { ++resumed; }
  void close(std::uint16_t code, std::string reason) override {
    close_code = code;
    close_reason = std::move(reason);
  }

  protocol::Dialect dialect = protocol::Dialect::ga;
  std::function<std::vector<std::string>(std::string)> translate = [](std::string frame) {
    return std::vector<std::string>{std::move(frame)};
  };
  service::SendResult answer = service::SendResult::sent;
  std::function<void()> on_send;   // what it costs
  std::deque<std::string> frames;  // not yet looked at
  int resumed = 0;
  std::optional<std::uint16_t> close_code;
  std::string close_reason;
};

struct FixtureOptions {
  model::FakeLlmOptions llm = {};
  std::vector<std::string> heard = {};
  std::vector<float> turns = {1.0F};  // what the turn model says, one after the other
  service::RealtimeOptions service = {};
  protocol::SessionType type = protocol::SessionType::realtime;
  std::string model = "m";
  bool speakers = false;  // there is a model that tells them apart
};

class RealtimeFixture {
 public:
  explicit RealtimeFixture(FixtureOptions options = {})
      : options_(std::move(options)),
        asr_model_(options_.heard),
        turn_model_(options_.turns),
        llm(options_.llm, runtime.executor, runtime.timers, runtime.clock),
        service({.clock = runtime.clock,
                 .timers = runtime.timers,
                 .buffers = buffers,
                 .metrics = metrics,
                 .vad = vad_,
                 .asr = asr_,
                 .llm = llm,
                 .tts = tts_,
                 .turn = &turn_,
                 .speakers = options_.speakers ? &speakers_ : nullptr},
                runtime.executor, options_.service) {}
  ~RealtimeFixture() {
    if (session) session->close();
  }

  /// Opens the session and lets it say `session.created`.
  void open() {
    auto opened = service.open({.model = options_.model, .type = options_.type}, link);
    ASSERT_TRUE(opened) << opened.error().message;
    session = std::move(*opened);
    runtime.run_until_idle();
  }
  /// One text frame of the client.
  service::PushResult client(const std::string& frame) {
    const service::PushResult result =
        session->push(protocol::parse_client_event(frame, buffers, {.dialect = link->dialect}));
    runtime.run_until_idle();
    return result;
  }
  static std::string append_frame(std::span<const std::byte> bytes) {
    std::string frame = R"({"type":"input_audio_buffer.append","audio":")";
    base64_append(frame, bytes);
    return frame + "\"}";
  }
  /// Appends `samples` at 24 kHz in frames of 20 ms, in (virtual) real time.
  void append(const std::vector<float>& samples) {
    constexpr std::size_t kFrame = 480;
    std::vector<std::int16_t> pcm(kFrame);
    for (std::size_t at = 0; at < samples.size(); at += kFrame) {
      pcm.resize(std::min(kFrame, samples.size() - at));
      for (std::size_t i = 0; i < pcm.size(); ++i) {
        pcm[i] = static_cast<std::int16_t>(samples[at + i] * 32767.0F);
      }
      client(append_frame(std::as_bytes(std::span(pcm))));
      rest(Millis(20));
    }
  }
  void speak(Millis length, double hz = 220.0) {
    append(sine(samples_of(length), hz, 24'000, 0.3));
  }
  void be_silent(Millis length) { append(silence(samples_of(length))); }
  void rest(Nanos length) { runtime.run_for(length); }

  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  std::shared_ptr<RecordingLink> link = std::make_shared<RecordingLink>();

 private:
  static std::size_t samples_of(Millis length) {
    return static_cast<std::size_t>(length.count()) * 24U;
  }

  FixtureOptions options_;
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  model::FakeTurnModel turn_model_;
  model::FakeTtsModel tts_model_;
  exec::Executor* executors_[1] = {&runtime.executor};
  model::VadModelHost vad_{vad_model_, {.name = "vad"}, runtime.executor, runtime.clock, metrics};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, executors_, runtime.clock, metrics};
  model::TurnModelHost turn_{turn_model_, {.name = "turn"}, executors_, runtime.clock, metrics};
  model::TtsModelHost tts_{tts_model_, {.name = "tts"}, executors_, runtime.clock, metrics};
  model::FakeSpeakerModel speaker_model_;
  model::SpeakerModelHost speakers_{
      speaker_model_, {.name = "speaker"}, executors_, runtime.clock, metrics};

 public:
  model::FakeLlm llm;
  service::RealtimeService service;
  std::shared_ptr<service::RealtimeSession> session;
};

}  // namespace parley::test
