// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/print_operator.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/frame_type.h"
#include "media/buffer_pool.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using ::testing::ElementsAre;

class Lines final : public LineWriter {
 public:
  void write(std::string_view line) override { all.emplace_back(line); }
  std::vector<std::string> all;
};

TEST(Print, WritesALinePerFrame) {
  Lines lines;
  test::OperatorHarness harness(std::make_unique<PrintOperator<media::Transcript>>("text", lines));
  ASSERT_TRUE(harness.open());
  media::Transcript transcript;
  transcript.head.pts = media::MediaTime::from_ms(1250);
  transcript.text = "two\nlines\tand a tab";
  transcript.is_final = true;
  harness.feed("in", transcript);
  transcript.is_final = false;
  transcript.language = "en";
  transcript.emotion = "HAPPY";
  transcript.text = "hello";
  harness.feed("in", transcript);
  harness.run();
  EXPECT_THAT(lines.all,
              ElementsAre("text\t1.250\ttwo lines and a tab", "text\t1.250\thello [en] [HAPPY] …"));
}

TEST(Print, HasWordsForEveryKind) {
  for (std::size_t type = 0; type < graph::kFrameTypes; ++type) {
    graph::with_frame_type(type, [&]<typename T>(std::type_identity<T> /*kind*/) {
      EXPECT_EQ(frame_line("x", T()).substr(0, 8), "x\t0.000\t") << graph::frame_type_name(type);
    });
  }
  media::BufferPool buffers;
  media::AudioFrame audio;
  audio.samples = buffers.take_floats(320);
  EXPECT_EQ(frame_text(audio), "320 samples at 16000 Hz");
  media::Control control;
  control.name = "open";
  control.value = true;
  EXPECT_EQ(frame_text(control), "open = true");
  media::TensorFrame tensor;
  tensor.shape = {1, 40};
  EXPECT_EQ(frame_text(tensor), "[1, 40]");
  media::TurnEvent turn;
  turn.kind = media::TurnEvent::Kind::ended;
  turn.utterance = {3};
  EXPECT_EQ(frame_text(turn), "ended utterance 3");
}

}  // namespace
}  // namespace parley::operators
