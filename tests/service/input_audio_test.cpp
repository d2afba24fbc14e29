// SPDX-License-Identifier: Apache-2.0
#include "service/input_audio.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::service {
namespace {

class InputAudioTest : public ::testing::Test {
 protected:
  void take(std::string_view bytes, media::Codec codec = media::Codec::pcm16) {
    const auto span = std::as_bytes(std::span(bytes));
    input_.take(bytes.empty() ? media::BufferRef() : buffers_.copy_of(span), codec);
  }
  std::string rest() {
    std::string all;
    while (!input_.empty()) {
      const media::BufferRef piece = input_.next();
      all.append(reinterpret_cast<const char*>(piece.bytes().data()), piece.size());
    }
    return all;
  }
  media::BufferPool buffers_;
  InputAudio input_{buffers_};
};

TEST_F(InputAudioTest, GivesWholeSamplesOnly) {
  take("abc");
  EXPECT_EQ(rest(), "ab");
  take("d");
  EXPECT_EQ(rest(), "cd");
  take("e");
  EXPECT_EQ(rest(), "");
  take("");
  EXPECT_EQ(rest(), "");
  take("fgh");
  EXPECT_EQ(rest(), "efgh");
}

TEST_F(InputAudioTest, TakesEveryByteOfG711) {
  take("abc", media::Codec::pcmu);
  EXPECT_EQ(rest(), "abc");
}

TEST_F(InputAudioTest, ForgetsHalfASampleWithItsBuffer) {
  take("abc");
  EXPECT_EQ(rest(), "ab");
  input_.clear_remainder();
  take("de");
  EXPECT_EQ(rest(), "de");
}

TEST_F(InputAudioTest, CutsLongAudioIntoPieces) {
  const std::string audio(3 * kPieceBytes + 10, 'x');
  take(audio);
  EXPECT_EQ(input_.next().size(), kPieceBytes);
  EXPECT_EQ(rest().size(), audio.size() - kPieceBytes);
  EXPECT_TRUE(input_.empty());
}

}  // namespace
}  // namespace parley::service
