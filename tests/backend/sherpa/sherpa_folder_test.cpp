// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_folder.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

struct Config {
  const char* model = nullptr;
  const char* tokens = nullptr;
  const char* other = nullptr;
};
constexpr std::array kKnown{
    SherpaFile{"ear", "model", true, offsetof(Config, model)},
    SherpaFile{"ear", "tokens", false, offsetof(Config, tokens)},
    SherpaFile{"mouth", "model", true, offsetof(Config, other)},
};

TEST(SherpaFolder, PathsOfAFamilyGoToItsPlacesInTheConfiguration) {
  const auto json = boost::json::parse(R"({"family": "ear", "files": {"model": "m.onnx"}})");
  const auto parts = sherpa_parts(json.get_object(), "/folder", kKnown);
  ASSERT_TRUE(parts) << parts.error().message;
  Config config;
  put_sherpa_files(*parts, kKnown, &config);
  EXPECT_STREQ(config.model, "/folder/m.onnx");
  EXPECT_EQ(config.tokens, nullptr) << "is not named";
  EXPECT_EQ(config.other, nullptr) << "is another family's";
}

TEST(SherpaFolder, ADescriptionHasALimit) {
  std::string folder = (std::filesystem::temp_directory_path() / "parley-sherpa-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  EXPECT_EQ(read_sherpa_description(folder).error().code, ErrorCode::not_found);
  std::ofstream(sherpa_description_file(folder)) << std::string(kSherpaDescriptionMax + 1, ' ');
  EXPECT_EQ(read_sherpa_description(folder).error().message,
            folder + "/sherpa.json: it is too large");
  std::ofstream(sherpa_description_file(folder)) << "{}";
  EXPECT_EQ(*read_sherpa_description(folder), "{}");
  std::filesystem::remove_all(folder);
}

TEST(SherpaFolder, FilesThatAreMissingOrEmptyAreNamed) {
  EXPECT_TRUE(check_sherpa_files({}));
  EXPECT_EQ(check_sherpa_files({{"model", "/nonexistent/m.onnx"}}).error().message,
            "/nonexistent/m.onnx: there is no such file, or it is empty");
}

}  // namespace
}  // namespace parley::backend
