// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_model.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

constexpr std::string_view kSenseVoice = R"({
  "family": "sense_voice", "files": {"model": "model.onnx", "tokens": "tokens.txt"},
  "language": "zh", "itn": false})";

std::string failure(std::string_view json) {
  const auto model = SherpaModel::parse(json, "f");
  if (model) return "parsed";
  EXPECT_EQ(model.error().code, ErrorCode::data_corrupt);
  return model.error().message;
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text(kSenseVoice);
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(SherpaModel, IsReadWhole) {
  const auto model = SherpaModel::parse(kSenseVoice, "folder");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->kind, SherpaKind::whole);
  EXPECT_EQ(model->family, "sense_voice");
  EXPECT_EQ(model->files.at("tokens"), "folder/tokens.txt");
  EXPECT_EQ(model->language, "zh");
  EXPECT_FALSE(model->writes_numbers);
}

TEST(SherpaModel, SaysWhatIsWrong) {
  EXPECT_EQ(failure("{"), "it is no JSON object");
  EXPECT_EQ(failure(R"({"files": {}})"), "family is missing");
  EXPECT_EQ(failure(R"({"family": "sense_voice"})"), "files is missing");
  EXPECT_EQ(failure(changed("sense_voice", "kokoro")), "family: 'kokoro' is not known");
  EXPECT_EQ(failure(changed("\"sense_voice\"", "7")), "family is not a text");
  EXPECT_EQ(failure(changed("\"tokens\":", "\"joiner\":")),
            "files.joiner: sense_voice has no such file");
  EXPECT_EQ(failure(changed(R"(, "tokens": "tokens.txt")", "")), "files.tokens is missing");
  EXPECT_EQ(failure(changed("\"zh\"", "7")), "language is not a text");
  EXPECT_EQ(failure(changed("false", "\"no\"")), "itn is neither true nor false");
  EXPECT_EQ(failure(changed("sense_voice", "paraformer")),
            "itn is not known of the family paraformer");
  EXPECT_EQ(failure(R"({"family": "speaker", "files": {"model": "m"}, "language": "zh"})"),
            "language is not known of the family speaker");
}

TEST(SherpaModel, HotWordsNeedAWayToSpellThem) {
  const auto parsed = [](const std::string& more_files, const std::string& more) {
    return SherpaModel::parse(
        R"({"family": "transducer", "files": {"encoder": "e", "decoder": "d", "joiner": "j",
            "tokens": "t")" +
            more_files + "}" + more + "}",
        "f");
  };
  EXPECT_EQ(parsed("", "")->modeling_unit, "");
  EXPECT_EQ(parsed("", R"(, "modeling_unit": "cjkchar")")->modeling_unit, "cjkchar");
  const std::string vocab = R"(, "bpe_vocab": "bpe.vocab")";
  EXPECT_EQ(parsed(vocab, "")->modeling_unit, "bpe");
  EXPECT_EQ(parsed(vocab, R"(, "modeling_unit": "cjkchar+bpe")")->modeling_unit, "cjkchar+bpe");
  EXPECT_EQ(parsed("", R"(, "modeling_unit": "bpe")").error().message,
            "files.bpe_vocab is missing, which modeling_unit bpe needs");
  EXPECT_EQ(parsed("", R"(, "modeling_unit": "words")").error().message,
            "modeling_unit: 'words' is not bpe, cjkchar or cjkchar+bpe");
  EXPECT_EQ(failure(changed("\"itn\": false", "\"modeling_unit\": \"cjkchar\"")),
            "modeling_unit is not known of the family sense_voice");
}

TEST(SherpaModel, EachFamilyIsOfOneKind) {
  std::set<std::string_view> known;
  for (const SherpaKind kind : {SherpaKind::streaming, SherpaKind::whole, SherpaKind::speaker}) {
    std::set<std::string_view> families;
    for (const SherpaFile& file : sherpa_files(kind)) families.insert(file.family);
    for (const std::string_view family : families) {
      EXPECT_TRUE(known.insert(family).second) << family;
      std::string json = R"({"family": ")" + std::string(family) + R"(", "files": {)";
      std::string comma;
      for (const SherpaFile& file : sherpa_files(kind)) {
        if (file.family != family) continue;
        json += comma + "\"" + std::string(file.name) + "\": \"x\"";
        comma = ", ";
      }
      const auto model = SherpaModel::parse(json + "}}", "f");
      ASSERT_TRUE(model) << family << ": " << model.error().message;
      EXPECT_EQ(model->kind, kind) << family;
    }
  }
}

TEST(SherpaModel, FilesMustBeThere) {
  std::string folder = (std::filesystem::temp_directory_path() / "parley-model-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  EXPECT_EQ(SherpaModel::load(folder).error().code, ErrorCode::not_found);
  std::ofstream(folder + "/sherpa.json") << kSenseVoice;
  std::ofstream(folder + "/model.onnx") << "x";
  const auto missing = SherpaModel::load(folder);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, folder + "/tokens.txt: there is no such file, or it is empty");
  std::ofstream(folder + "/tokens.txt") << "a 1\n";
  EXPECT_TRUE(SherpaModel::load(folder));
  std::ofstream(folder + "/sherpa.json") << "[]";
  EXPECT_EQ(SherpaModel::load(folder).error().message,
            folder + "/sherpa.json: it is no JSON object");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace parley::backend
