// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/voice_check.h"

#include <fstream>

#include "tests/backend/sherpa/tiny_voice.h"

namespace parley::backend {
namespace {

struct VoiceCheck : NeedsTinyVoices {
  void SetUp() override {
    NeedsTinyVoices::SetUp();
    const char* const programs = std::getenv("PARLEY_BIN_DIR");
    program = std::string(programs == nullptr ? "." : programs) + "/parley-voice-check";
  }
  [[nodiscard]] Status check(const std::string& voice) const {
    return check_voice(program, sherpa_library(), tiny_voices() + "/" + voice);
  }
  std::string program;
};

TEST_F(VoiceCheck, AGoodVoicePasses) {
  const Status status = check("good");
  EXPECT_TRUE(status) << status.error().message;
}

TEST_F(VoiceCheck, AFileThatEndsTheProcessEndsOnlyThatOne) {
  const Status status = check("bad");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(status.error().message,
            tiny_voices() +
                "/bad: sherpa-onnx does not take this voice: 'sample_rate' does not "
                "exist in the metadata (exit status 255)");
}

TEST_F(VoiceCheck, AModelThatIsNoneIsAClearError) {
  const std::string folder = tiny_voices() + "/broken";
  std::filesystem::copy(tiny_voices() + "/good", folder);
  std::ofstream(folder + "/model.onnx") << "this is no model";
  const Status status = check("broken");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::data_corrupt);
  EXPECT_NE(status.error().message.find(folder), std::string::npos) << status.error().message;
}

TEST_F(VoiceCheck, AFolderThatIsNotThereIsNamed) {
  const Status status = check("nowhere");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("nowhere/sherpa.json: there is no such file"),
            std::string::npos)
      << status.error().message;
}

TEST_F(VoiceCheck, AProgramThatIsNotThereIsAnError) {
  const Status status = check_voice("/nonexistent/program", "", "");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace parley::backend
