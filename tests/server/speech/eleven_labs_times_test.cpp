// SPDX-License-Identifier: Apache-2.0
#include "server/speech/eleven_labs_times.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

using media::MediaTime;

service::SpeechChunk chunk(std::string written, std::string spoken, int begin_ms, int length_ms) {
  service::SpeechChunk made;
  made.begin = MediaTime::from_ms(begin_ms);
  made.words = {{spoken, MediaTime{}, MediaTime::from_ms(length_ms)}};
  media::SpokenForm form;
  form.text = std::move(spoken);
  made.spoken = std::make_shared<const media::SpokenForm>(std::move(form));
  made.written = std::move(written);
  return made;
}

std::string text_of(const std::vector<protocol::TimedCharacter>& characters) {
  std::string text;
  for (const auto& one : characters) text += one.text;
  return text;
}

TEST(ElevenLabsTimes, CharactersGoWithTheAudioThatTheyBeginIn) {
  ElevenLabsTimes times;
  times.add(chunk("ab.", "ab.", 0, 300));
  const auto first = times.take_before(MediaTime::from_ms(150));
  EXPECT_EQ(text_of(first.alignments.written), "ab");
  EXPECT_EQ(first.begin, MediaTime{});
  const auto second = times.take_before(MediaTime::from_ms(200));
  EXPECT_FALSE(second.has_text());
  EXPECT_EQ(second.begin, MediaTime::from_ms(150));
  EXPECT_EQ(text_of(times.take_rest().alignments.spoken), ".");
}

TEST(ElevenLabsTimes, TheSpaceBetweenChunksIsThePauseBetweenThem) {
  ElevenLabsTimes times;
  times.add(chunk("It is.", "It is.", 0, 600));
  times.add(chunk("$5", "five dollars", 1'000, 500));
  const auto all = times.take_rest();
  EXPECT_EQ(text_of(all.alignments.written), "It is. $5");
  EXPECT_EQ(text_of(all.alignments.spoken), "It is. five dollars");
  EXPECT_EQ(all.alignments.written[6].begin, MediaTime::from_ms(600));
  EXPECT_EQ(all.alignments.written[6].end, MediaTime::from_ms(1'000));
}

TEST(ElevenLabsTimes, WritingWithoutSpacesGetsNone) {
  ElevenLabsTimes times;
  times.add(chunk("你好。", "你好。", 0, 600));
  times.add(chunk("再见。", "再见。", 600, 600));
  times.add(chunk("Oui, l'été", "Oui, l'été", 1'200, 600));
  times.add(chunk("à Rome", "à Rome", 1'800, 600));
  EXPECT_EQ(text_of(times.take_rest().alignments.written), "你好。再见。Oui, l'été à Rome");
}

TEST(ElevenLabsTimes, AVoiceThatKnowsNoTimesHasNone) {
  ElevenLabsTimes times;
  service::SpeechChunk silent = chunk("a", "a", 0, 100);
  silent.words.clear();
  times.add(silent);
  EXPECT_FALSE(times.take_rest().has_text());
}

}  // namespace
}  // namespace parley::server
