// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_voice.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

constexpr std::string_view kKokoro = R"({
  "family": "kokoro", "language": "en-us",
  "files": {"model": "model.onnx", "voices": "voices.bin", "tokens": "tokens.txt"},
  "speakers": {"af_bella": 1, "am_adam": 5}, "speaker": 1, "scales": {"length": 1.25}})";

std::string failure(std::string_view json) {
  const auto voice = SherpaVoice::parse(json, "f");
  if (voice) return "parsed";
  EXPECT_EQ(voice.error().code, ErrorCode::data_corrupt);
  return voice.error().message;
}

/// kKokoro with one piece of it replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string text(kKokoro);
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(SherpaVoice, IsReadWhole) {
  const auto voice = SherpaVoice::parse(kKokoro, "folder");
  ASSERT_TRUE(voice) << voice.error().message;
  EXPECT_EQ(voice->family, "kokoro");
  EXPECT_EQ(voice->files.at("voices"), "folder/voices.bin");
  EXPECT_EQ(voice->language, "en-us");
  EXPECT_EQ(voice->length_scale, 1.25F);
  EXPECT_EQ(voice->speaker_of("am_adam"), 5);
  EXPECT_EQ(voice->speaker_of("7"), 7);
  for (const char* neither : {"", "alloy", "7x", "-1"}) EXPECT_EQ(voice->speaker_of(neither), 1);
}

TEST(SherpaVoice, SaysWhatIsWrong) {
  EXPECT_EQ(failure("{"), "it is no JSON object");
  EXPECT_EQ(failure("[]"), "it is no JSON object");
  EXPECT_EQ(failure(R"({"files": {}})"), "family is missing");
  EXPECT_EQ(failure(R"({"family": "vits"})"), "files is missing");
  EXPECT_EQ(failure(changed("kokoro", "bark")), "family: 'bark' is not known");
  EXPECT_EQ(failure(changed("\"voices\":", "\"vocoder\":")),
            "files.vocoder: kokoro has no such file");
  EXPECT_EQ(failure(changed(R"("voices": "voices.bin", )", "")), "files.voices is missing");
  EXPECT_EQ(failure(changed("\"voices.bin\"", "7")), "files.voices is not a text");
  EXPECT_EQ(failure(changed("\"language\": \"en-us\",", "")),
            "there is neither a language nor files.lexicon: the voice reads no letters");
  EXPECT_EQ(failure(changed("\"speaker\": 1", "\"speaker\": -1")),
            "speaker is not a whole number from 0");
  EXPECT_EQ(failure(changed("1.25", "0")), "scales.length is not a number up to 10");
  EXPECT_EQ(failure(changed("\"length\"", "\"width\"")), "scales.width is not known");
  EXPECT_EQ(failure(changed("\"speaker\": 1", "\"pitch\": 1")), "pitch is not known");
}

TEST(SherpaVoice, AVoiceOfARecordingNeedsOne) {
  const std::string files =
      R"("files": {"tokens": "t", "encoder": "e", "decoder": "d", "vocoder": "v", "lexicon": "l"})";
  EXPECT_EQ(failure(R"({"family": "zipvoice", )" + files + "}"),
            "reference.audio is missing: the voice is that of a recording");
  const auto voice = SherpaVoice::parse(
      R"({"family": "zipvoice", )" + files + R"(, "reference": {"audio": "a.wav", "text": "Hi."}})",
      "f");
  ASSERT_TRUE(voice) << voice.error().message;
  EXPECT_EQ(voice->reference_audio, "f/a.wav");
  EXPECT_EQ(voice->reference_text, "Hi.");
}

TEST(SherpaVoice, EachFamilyHasFiles) {
  for (const std::string_view family :
       {"vits", "matcha", "kokoro", "kitten", "zipvoice", "pocket", "supertonic"}) {
    std::string json = R"({"family": ")" + std::string(family) +
                       R"(", "language": "en-us", "reference": {"audio": "a"}, "files": {)";
    std::string comma;
    for (const SherpaFile& file : sherpa_files()) {
      if (file.family != family) continue;
      json += comma + "\"" + std::string(file.name) + "\": \"x\"";
      comma = ", ";
    }
    EXPECT_EQ(failure(json + "}}"), "parsed") << family;
  }
}

TEST(SherpaVoice, FilesMustBeThere) {
  std::string folder = (std::filesystem::temp_directory_path() / "parley-voice-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const auto none = SherpaVoice::load(folder);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  std::ofstream(folder + "/sherpa.json") << kKokoro;
  std::ofstream(folder + "/model.onnx") << "x";
  std::ofstream(folder + "/tokens.txt");
  std::ofstream(folder + "/voices.bin") << "x";
  const auto empty = SherpaVoice::load(folder);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().message, folder + "/tokens.txt: there is no such file, or it is empty");
  std::ofstream(folder + "/tokens.txt") << "a 1\n";
  EXPECT_TRUE(SherpaVoice::load(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace parley::backend
