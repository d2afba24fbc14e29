// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/phrase_cache/phrase.h"
#include "base/sha256.h"
#include "tests/backend/phrase_cache/phrases.h"

namespace parley::backend {
namespace {

using test::key_of;
using ::testing::HasSubstr;

class PhraseFileTest : public ::testing::Test {
 protected:
  Result<Phrase> read(const std::string& bytes, const std::string& text = "a") {
    return read_phrase(std::as_bytes(std::span(bytes)), key_of(text), buffers);
  }
  /// As whoever writes wrong numbers would write them.
  static std::string with_checksum(std::string text) {
    Sha256 hash;
    const auto bytes = std::as_writable_bytes(std::span(text));
    hash.update(bytes.first(bytes.size() - 32));
    std::ranges::copy(hash.finish_bytes(), bytes.last(32).begin());
    return text;
  }
  template <typename Number>
  static std::string with(std::string text, std::size_t at, Number number) {
    std::memcpy(text.data() + at, &number, sizeof(number));
    return with_checksum(std::move(text));
  }

  media::BufferPool buffers;
  const Phrase phrase = test::make_phrase(buffers, 100);
  const std::string file = write_phrase(key_of("a"), phrase);
};

void expect_same(const Phrase& a, const Phrase& b) {
  EXPECT_EQ(a.rate, b.rate);
  EXPECT_TRUE(std::ranges::equal(a.audio.floats(), b.audio.floats()));
  EXPECT_EQ(a.words, b.words);
  EXPECT_EQ(a.phonemes, b.phonemes);
}

TEST_F(PhraseFileTest, ComesBackAsItWas) {
  const Result<Phrase> back = read(file);
  ASSERT_TRUE(back) << back.error().message;
  expect_same(*back, phrase);
  EXPECT_EQ(file.size(), 72 + 100 * 2 + 5 * 20 + 36 + 7 + 32);  // as the header says
}

TEST_F(PhraseFileTest, WithoutAudioOrWordsItIsStillAPhrase) {
  Phrase empty = test::make_phrase(buffers, 0);
  empty.words.clear();
  empty.phonemes.clear();
  const Result<Phrase> back = read(write_phrase(key_of("a"), empty));
  ASSERT_TRUE(back) << back.error().message;
  expect_same(*back, empty);
}

TEST_F(PhraseFileTest, RoundsToSixteenBitsUnlessThatWouldClip) {
  AudioBlock quiet = make_audio_block(2, buffers);
  quiet.samples[0] = 0.3F;
  quiet.samples[1] = -1.0F;
  Phrase rounded{.rate = test::kRate, .audio = quiet.buffer, .words = {}, .phonemes = {}};
  const Result<Phrase> back = read(write_phrase(key_of("a"), rounded));
  ASSERT_TRUE(back);
  EXPECT_NEAR(back->audio.floats()[0], 0.3F, 0.5F / 32768.0F);
  EXPECT_EQ(back->audio.floats()[1], -1.0F);

  quiet.samples[0] = 1.25F;
  const Result<Phrase> loud = read(write_phrase(key_of("a"), rounded));
  ASSERT_TRUE(loud);
  EXPECT_EQ(loud->audio.floats()[0], 1.25F);
}

TEST_F(PhraseFileTest, EachFlippedBitIsFound) {
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const int bit : {0, 7}) {
      std::string flipped = file;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const Result<Phrase> back = read(flipped);
      ASSERT_FALSE(back) << at;
      EXPECT_EQ(back.error().code, ErrorCode::data_corrupt);
    }
  }
}

TEST_F(PhraseFileTest, EachLengthButItsOwnIsFound) {
  for (std::size_t size = 0; size < file.size(); ++size) {
    ASSERT_FALSE(read(file.substr(0, size))) << size;
  }
  EXPECT_FALSE(read(file + '\0'));
}

TEST_F(PhraseFileTest, IsNotTakenForAnotherPhrase) {
  EXPECT_THAT(read(file, "b").error().message, HasSubstr("another phrase"));
}

TEST_F(PhraseFileTest, AGoodChecksumOverWrongNumbersIsNoReasonToBelieveThem) {
  EXPECT_TRUE(read(with_checksum(file)));
  EXPECT_THAT(read(with(file, 0, 'p')).error().message, HasSubstr("foreign"));
  EXPECT_THAT(read(with(file, 8, 2)).error().message, HasSubstr("version"));
  EXPECT_THAT(read(with(file, 12, 3)).error().message, HasSubstr("form"));
  EXPECT_THAT(read(with(file, 16, std::uint64_t{1})).error().message, HasSubstr("longer"));
  EXPECT_THAT(read(with(file, 56, 0)).error().message, HasSubstr("rate"));
  EXPECT_THAT(read(with(file, 60, 0xffff'ffffU)).error().message, HasSubstr("samples"));
  for (const std::size_t at : {60U, 64U, 68U}) {
    for (const std::uint32_t wrong : {0U, 1U, 99U, 1'000'000U, 0xffff'ffffU}) {
      EXPECT_FALSE(read(with(file, at, wrong))) << at << " " << wrong;
    }
  }
  const std::size_t first_text_size = 72 + 100 * 2 + 16;
  for (const std::uint32_t wrong : {0U, 5U, 1'000U, 0xffff'ffffU}) {
    EXPECT_FALSE(read(with(file, first_text_size, wrong))) << wrong;
  }
}

TEST(Phrase, JoinsPartsIntoABlockOfExactlyTheirSize) {
  media::BufferPool buffers;
  const std::array<float, 2> one{1.0F, 2.0F};
  const std::array<float, 1> two{3.0F};
  const std::array<media::BufferRef, 3> parts{buffers.copy_of(one), media::BufferRef(),
                                              buffers.copy_of(two)};
  const media::BufferRef all = joined(parts, buffers);
  EXPECT_THAT(all.floats(), ::testing::ElementsAre(1.0F, 2.0F, 3.0F));
  EXPECT_TRUE(joined({}, buffers).empty());
  const Phrase phrase{.rate = 1, .audio = all, .words = {}, .phonemes = {}};
  EXPECT_EQ(phrase.bytes(), sizeof(Phrase) + 12);
}

}  // namespace
}  // namespace parley::backend
