// SPDX-License-Identifier: Apache-2.0
#include "protocol/speakers/speaker_order.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::variant<SpeakerOrder, ProtocolError> parse(const Fields& fields, SpeakerAction action) {
  MultipartForm form;
  for (const auto& [name, value] : fields) {
    form.parts.push_back({.name = name, .filename = {}, .content_type = {}, .bytes = value});
  }
  return parse_speaker_order(form, action);
}

/// The parameter at fault, and the code.
std::string problem_of(const Fields& fields, SpeakerAction action) {
  const auto result = parse(fields, action);
  const auto* error = std::get_if<ProtocolError>(&result);
  return error == nullptr ? "none" : error->param.value_or("-") + " " + error->code;
}

TEST(SpeakerOrder, OneFileOrSeveralAreEnrolled) {
  const Fields one{{"name", "Anna"}, {"file", "RIFF"}, {"unknown", "x"}};
  const auto single = std::get<SpeakerOrder>(parse(one, SpeakerAction::enrol));
  EXPECT_EQ(single.name, "Anna");
  ASSERT_EQ(single.clips.size(), 1U);
  EXPECT_EQ(single.clips[0].bytes, "RIFF");
  EXPECT_EQ(single.clips[0].field, "file");
  const Fields two{{"file[]", "a"}, {"name", "Ödön"}, {"file", "b"}};
  const auto both = std::get<SpeakerOrder>(parse(two, SpeakerAction::enrol));
  ASSERT_EQ(both.clips.size(), 2U);
  EXPECT_EQ(both.clips[1].bytes, "b");
  EXPECT_EQ(both.clips[1].field, "file[1]");
}

TEST(SpeakerOrder, WhoIdentifiesNamesNobody) {
  const Fields fields{{"file", "RIFF"}, {"name", "Anna"}};
  EXPECT_EQ(std::get<SpeakerOrder>(parse(fields, SpeakerAction::identify)).name, "");
  EXPECT_EQ(std::get<SpeakerOrder>(parse(fields, SpeakerAction::verify)).name, "Anna");
}

TEST(SpeakerOrder, MistakesNameTheField) {
  using enum SpeakerAction;
  EXPECT_EQ(problem_of({{"file", "a"}}, enrol), "name missing_required_parameter");
  EXPECT_EQ(problem_of({{"file", "a"}, {"name", ""}}, verify), "name missing_required_parameter");
  EXPECT_EQ(problem_of({{"name", "a"}}, enrol), "file missing_required_parameter");
  EXPECT_EQ(problem_of({}, identify), "file missing_required_parameter");
  EXPECT_EQ(problem_of({{"name", "a"}, {"file", ""}}, enrol), "file invalid_value");
  EXPECT_EQ(problem_of({{"name", "a"}, {"file", "x"}, {"file", ""}}, enrol),
            "file[1] invalid_value");
  EXPECT_EQ(problem_of({{"file", "x"}, {"file", "y"}}, identify), "file invalid_value");
  EXPECT_EQ(problem_of({{"name", "\xff"}, {"file", "x"}}, enrol), "name invalid_value");
  const std::string long_name(kSpeakerNameBytesMax + 1, 'a');
  EXPECT_EQ(problem_of({{"name", long_name}, {"file", "x"}}, enrol),
            "name string_above_max_length");
  Fields many{{"name", "a"}};
  for (std::size_t i = 0; i <= kVoiceClipsMax; ++i) many.emplace_back("file[]", "x");
  EXPECT_EQ(problem_of(many, enrol), "file invalid_value");
}

}  // namespace
}  // namespace parley::protocol
