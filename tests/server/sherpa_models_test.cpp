// SPDX-License-Identifier: Apache-2.0
#include "server/sherpa_models.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

/// What goes wrong before anything of sherpa-onnx is needed; tests/e2e/sherpa_recognition_test.py
/// has the rest.
struct SherpaModels : ::testing::Test {
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "parley-server-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root = name;
    config.models.path = name;
    describe("ear", R"({"family": "sense_voice", "files": {"model": "m", "tokens": "m"}})");
    describe("voiceprint", R"({"family": "speaker", "files": {"model": "m"}})");
    describe("wrong", R"({"family": "kokoro", "files": {}})");
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  void describe(const std::string& name, const std::string& json) const {
    const std::filesystem::path folder = root / "models" / name;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "sherpa.json") << json;
    std::ofstream(folder / "m") << "x";
  }
  [[nodiscard]] std::string file_of(const std::string& name) const {
    return (root / "models" / name / "sherpa.json").string();
  }
  template <typename Loaded>
  static std::string error_of(const Result<Loaded>& loaded) {
    return loaded ? "loaded" : loaded.error().message;
  }
  std::filesystem::path root;
  Config config;
};

TEST_F(SherpaModels, AreThoseWithADescription) {
  EXPECT_TRUE(is_sherpa_model(config, "ear"));
  EXPECT_TRUE(is_sherpa_model(config, "wrong"));
  EXPECT_FALSE(is_sherpa_model(config, "nowhere"));
  EXPECT_FALSE(is_sherpa_model(config, ""));
}

TEST_F(SherpaModels, ErrorsNameTheSettingAndWhatIsWrong) {
  EXPECT_EQ(error_of(load_sherpa_asr(config, "asr.model", "voiceprint")),
            "asr.model: " + file_of("voiceprint") + ": the family speaker is no recogniser");
  EXPECT_EQ(error_of(load_sherpa_asr(config, "asr.model", "wrong")),
            "asr.model: " + file_of("wrong") + ": family: 'kokoro' is not known");
  EXPECT_EQ(
      error_of(load_sherpa_streaming_asr(config, "asr.streaming_model", "ear")),
      "asr.streaming_model: " + file_of("ear") + ": the family sense_voice is no streaming model");
  EXPECT_EQ(
      error_of(load_sherpa_speaker(config, "speakers.model", "ear")),
      "speakers.model: " + file_of("ear") + ": the family sense_voice is no model of speakers");
  EXPECT_EQ(error_of(load_sherpa_speaker(config, "speakers.model", "nowhere")),
            "speakers.model: " + file_of("nowhere") + ": there is no such file");
}

}  // namespace
}  // namespace parley::server
