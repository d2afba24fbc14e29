// SPDX-License-Identifier: Apache-2.0
//
// Finals and their speakers: a final waits for its embedding and for nothing else.
#include "service/recognition/recognition_core.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "exec/manual_executor.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "tests/support/audio.h"

namespace parley::service {
namespace {

class HeldHost final : public model::SpeakerHost {
 public:
  bool submit(std::shared_ptr<model::SpeakerCall> call) noexcept override {
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t dimension() const noexcept override { return 1; }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 1U << 20U; }
  [[nodiscard]] std::string name() const override { return "held"; }
  std::vector<std::shared_ptr<model::SpeakerCall>> held;
};

class Everybody final : public model::KnownSpeakers {
 public:
  void refresh(const std::string&) override {}
  [[nodiscard]] bool may_know_any(const std::string&) const override { return true; }
  [[nodiscard]] std::string name_of(const std::string& owner,
                                    std::span<const float> embedding) const override {
    return owner + std::to_string(static_cast<int>(embedding.front()));
  }
};

class Told final : public RecognitionSink {
 public:
  void on_final(const RecognizedText& final) override {
    told += std::to_string(final.utterance) + "=" + final.speaker + " ";
  }
  void on_flushed(std::uint64_t /*id*/, const RecognitionTotals& /*totals*/) override {
    told += "flushed ";
  }
  void on_end(const Status& /*status*/, const RecognitionTotals& /*totals*/) override {
    told += "end";
  }
  std::string told;
};

class RecognitionCoreTest : public ::testing::Test {
 protected:
  RecognitionCoreTest()
      : vad_(vad_model_, {.name = "vad"}, executors_, runtime_.clock, metrics_),
        asr_(asr_model_, {.name = "asr"}, executors_, runtime_.clock, metrics_),
        service_({.clock = runtime_.clock,
                  .timers = runtime_.timers,
                  .executor = runtime_.executor,
                  .buffers = buffers_,
                  .metrics = metrics_,
                  .vad = vad_,
                  .asr = asr_,
                  .speakers = &host_,
                  .known_speakers = &known_},
                 {}) {
    RecognitionRequest request;
    request.id = "req_1";
    request.face = "test";
    request.owner = "key-";
    auto stream = service_.open(request, sink_);
    EXPECT_TRUE(stream);
    stream_ = std::move(*stream);
  }
  void send(const std::vector<float>& samples) {
    media::BufferRef bytes = buffers_.take(samples.size() * sizeof(std::int16_t));
    codec::encode(media::Codec::pcm16, samples, bytes.writable());
    EXPECT_EQ(stream_->append(bytes), AppendResult::taken);
    runtime_.run_until_idle();
  }
  void utter() {
    send(test::noise(24'000, 1));
    send(test::silence(16'000));
  }
  void answer(std::size_t which) {
    host_.held.at(which)->embedding = {static_cast<float>(which)};
    host_.held.at(which)->finish();
    runtime_.run_until_idle();
  }

  exec::ManualRuntime runtime_;
  media::BufferPool buffers_;
  Metrics metrics_;
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  std::array<exec::Executor*, 1> executors_{&runtime_.executor};
  model::VadModelHost vad_;
  model::AsrModelHost asr_;
  HeldHost host_;
  Everybody known_;
  RecognitionService service_;
  std::shared_ptr<Told> sink_ = std::make_shared<Told>();
  std::unique_ptr<RecognitionStream> stream_;
};

TEST_F(RecognitionCoreTest, AFinalWaitsForItsEmbedding) {
  utter();
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_NEAR(static_cast<double>(host_.held[0]->audio.size()), 24'000.0, 1'024.0);
  EXPECT_EQ(sink_->told, "");
  answer(0);
  EXPECT_EQ(sink_->told, "1=key-0 ");
}

TEST_F(RecognitionCoreTest, FinalsStayInOrderAndFlushesBehindThem) {
  utter();
  utter();
  stream_->flush(1);
  runtime_.run_until_idle();
  ASSERT_EQ(host_.held.size(), 2U);
  answer(1);
  EXPECT_EQ(sink_->told, "");
  answer(0);
  EXPECT_EQ(sink_->told, "1=key-0 2=key-1 flushed ");
}

TEST_F(RecognitionCoreTest, WhoCannotBeHeardHasNoName) {
  utter();
  ASSERT_EQ(host_.held.size(), 1U);
  host_.held[0]->status = Error{ErrorCode::internal, "no"};
  answer(0);
  EXPECT_EQ(sink_->told, "1= ");
}

TEST_F(RecognitionCoreTest, AStreamThatEndsCancelsWhatItWaitsFor) {
  utter();
  stream_->cancel();
  runtime_.run_until_idle();
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_TRUE(host_.held[0]->cancelled());
  EXPECT_EQ(sink_->told, "end");
}

}  // namespace
}  // namespace parley::service
