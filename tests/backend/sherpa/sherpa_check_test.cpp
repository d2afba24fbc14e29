// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_check.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/backend/sherpa/tiny_voice.h"

namespace parley::backend {
namespace {

struct SherpaCheck : NeedsTinyModels {
  /// Of a program that a signal ends the signal is told: where it is built with a sanitizer that
  /// must not catch it, tell of it in its own words, and exit.
  static void SetUpTestSuite() {
    for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS"}) {
      const char* const before = std::getenv(name);
      const std::string options = before == nullptr ? "" : std::string(before) + ":";
      ::setenv(name, (options + "handle_segv=0").c_str(), 1);
    }
  }
  static Status check(const std::string& voice) {
    return check_sherpa(check_program(),
                        {SherpaKind::voice, sherpa_library(), tiny_voices() + "/" + voice});
  }
  static Status check(SherpaKind kind, const std::string& name) {
    return check_sherpa(check_program(), {kind, sherpa_library(), tiny_recognizers() + "/" + name});
  }
  /// What is said of a bad one, without its folder.
  static std::string said(SherpaKind kind, const std::string& name) {
    const Status status = check(kind, name);
    if (status) return "ok";
    EXPECT_EQ(status.error().code, ErrorCode::data_corrupt);
    const std::string before =
        tiny_recognizers() + "/" + name + ": sherpa-onnx does not take this model: ";
    EXPECT_TRUE(status.error().message.starts_with(before)) << status.error().message;
    return status.error().message.substr(before.size());
  }
};

TEST_F(SherpaCheck, AGoodVoicePasses) {
  const Status status = check("good");
  EXPECT_TRUE(status) << status.error().message;
}

TEST_F(SherpaCheck, AFileThatEndsTheProcessEndsOnlyThatOne) {
  const Status status = check("bad");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(status.error().message,
            tiny_voices() +
                "/bad: sherpa-onnx does not take this voice: 'sample_rate' does not "
                "exist in the metadata (exit status 255)");
}

TEST_F(SherpaCheck, AModelThatIsNoneIsAClearError) {
  const std::string folder = tiny_voices() + "/broken";
  std::filesystem::copy(tiny_voices() + "/good", folder);
  std::ofstream(folder + "/model.onnx") << "this is no model";
  const Status status = check("broken");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::data_corrupt);
  EXPECT_NE(status.error().message.find(folder), std::string::npos) << status.error().message;
}

TEST_F(SherpaCheck, AFolderThatIsNotThereIsNamed) {
  const Status status = check("nowhere");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("nowhere/sherpa.json: there is no such file"),
            std::string::npos)
      << status.error().message;
}

TEST_F(SherpaCheck, AProgramThatIsNotThereIsAnError) {
  const Status status = check_sherpa("/nonexistent/program", {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::not_found);
}

TEST_F(SherpaCheck, GoodModelsPass) {
  for (const char* name :
       {"streaming-transducer", "streaming-hot-words", "streaming-ctc", "streaming-paraformer"}) {
    const Status status = check(SherpaKind::streaming, name);
    EXPECT_TRUE(status) << status.error().message;
  }
  for (const char* name : {"transducer", "hot-words", "sense-voice", "sense-voice-zh"}) {
    const Status status = check(SherpaKind::whole, name);
    EXPECT_TRUE(status) << status.error().message;
  }
  const Status status = check(SherpaKind::speaker, "speaker");
  EXPECT_TRUE(status) << status.error().message;
}

TEST_F(SherpaCheck, OfBadModelsItIsSaidWhatIsWrong) {
  EXPECT_EQ(said(SherpaKind::streaming, "no-metadata"),
            "'encoder_dims' does not exist in the metadata (exit status 255)");
  EXPECT_EQ(said(SherpaKind::streaming, "no-blank"),
            "We expect that tokens.txt contains the symbol <blk> or <eps> or <blank> and its ID. "
            "(exit status 255)");
  EXPECT_NE(said(SherpaKind::streaming, "wrong-file").find("Invalid rank for input"),
            std::string::npos);
  EXPECT_EQ(said(SherpaKind::streaming, "few-symbols"),
            "it wrote a symbol that its tokens do not have (exit status 1)");
  EXPECT_NE(said(SherpaKind::streaming, "bad-vocab").find("Each line in vocab"), std::string::npos);
  EXPECT_NE(said(SherpaKind::whole, "truncated").find("Protobuf parsing failed"),
            std::string::npos);
  EXPECT_NE(said(SherpaKind::speaker, "speaker-truncated").find("Protobuf parsing failed"),
            std::string::npos);
  EXPECT_EQ(said(SherpaKind::speaker, "speaker-no-metadata"),
            "Unknown model type for speaker embedding extractor! (signal 11)");
  EXPECT_EQ(said(SherpaKind::speaker, "sense-voice"),
            "the family sense_voice is of another kind (exit status 1)");
}

}  // namespace
}  // namespace parley::backend
