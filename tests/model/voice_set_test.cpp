// SPDX-License-Identifier: Apache-2.0
#include "model/voice_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/voice_names.h"

namespace parley::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

VoiceNames names(std::vector<std::string> voices, const std::vector<std::string>& map = {}) {
  Result<VoiceNames> made = VoiceNames::make(std::move(voices), map);
  EXPECT_TRUE(made) << made.error().message;
  return *made;
}

TEST(VoiceNames, AWordOfTheMapMeansItsVoice) {
  const VoiceNames of = names({"joe", "vctk"}, {"nova=vctk#p225", "alloy=joe"});
  EXPECT_EQ(of.resolve("nova"), "vctk#p225");
  EXPECT_EQ(of.resolve("alloy"), "joe");
  EXPECT_EQ(of.resolve("vctk"), "vctk");
  EXPECT_EQ(of.resolve("vctk#7"), "vctk#7");
  EXPECT_EQ(of.index_of("vctk#7"), 1U);
  EXPECT_THAT(of.words(), ElementsAre("alloy", "nova"));
}

TEST(VoiceNames, AnUnknownNameMeansTheFirstVoice) {
  const VoiceNames of = names({"joe", "vctk"});
  for (const char* name : {"", "shimmer", "JOE", "#3", "shimmer#3"}) {
    EXPECT_EQ(of.resolve(name), "joe") << name;
  }
}

TEST(VoiceNames, AVoiceThatIsNamedTwiceIsThereOnce) {
  EXPECT_THAT(names({"joe", "vctk", "joe"}).names(), ElementsAre("joe", "vctk"));
}

TEST(VoiceNames, RefusesAMapThatLeadsNowhere) {
  for (const char* entry : {"nova", "=joe", "nova=amy", "nova=amy#joe"}) {
    const std::vector<std::string> map{entry};
    const Result<VoiceNames> made = VoiceNames::make({"joe"}, map);
    ASSERT_FALSE(made) << entry;
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(made.error().message, HasSubstr(entry));
  }
  EXPECT_FALSE(VoiceNames::make(std::vector<std::string>(1, "joe"), std::vector<std::string>{""}));
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= VoiceNames::kVoicesMax; ++i) many.push_back(std::to_string(i));
  EXPECT_FALSE(VoiceNames::make(many, {}));
}

// Says which of the voices was asked.
struct NamedVoice final : TtsModel {
  NamedVoice(int its_rate, std::vector<std::string>& names_asked)
      : hertz(its_rate), asked(names_asked) {}
  bool synthesize(TtsCall& call) noexcept override {
    asked.push_back(call.voice);
    const bool has_more = call.state == nullptr;
    call.state = has_more ? std::make_unique<TtsState>() : nullptr;
    return has_more;
  }
  [[nodiscard]] int rate() const noexcept override { return hertz; }
  int hertz;
  std::vector<std::string>& asked;
};

TEST(VoiceSet, EachCallIsSpokenByTheVoiceThatItNames) {
  std::vector<std::string> joe;
  std::vector<std::string> vctk;
  std::vector<std::unique_ptr<TtsModel>> voices;
  voices.push_back(std::make_unique<NamedVoice>(22'050, joe));
  voices.push_back(std::make_unique<NamedVoice>(22'050, vctk));
  auto set = VoiceSet::make(names({"joe", "vctk"}, {"nova=vctk#p225"}), std::move(voices));
  ASSERT_TRUE(set);
  EXPECT_EQ((*set)->rate(), 22'050);
  for (const char* name : {"nova", "alloy", "vctk"}) {
    TtsCall call;
    call.voice = name;
    synthesize_all(**set, call);
  }
  EXPECT_THAT(joe, ElementsAre("joe", "joe"));
  EXPECT_THAT(vctk, ElementsAre("vctk#p225", "vctk#p225", "vctk", "vctk")) << "in all steps";
}

TEST(VoiceSet, RefusesVoicesOfDifferentRates) {
  std::vector<std::string> asked;
  std::vector<std::unique_ptr<TtsModel>> voices;
  voices.push_back(std::make_unique<NamedVoice>(22'050, asked));
  voices.push_back(std::make_unique<NamedVoice>(16'000, asked));
  const auto set = VoiceSet::make(names({"joe", "low"}), std::move(voices));
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("16000"));
}

}  // namespace
}  // namespace parley::model
