// SPDX-License-Identifier: Apache-2.0
#include "cli/config_options.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace parley::cli {
namespace {

/// Runs in an empty folder of its own, where a parley.yaml may be put.
class ConfigOptionsTest : public ::testing::Test {
 protected:
  ConfigOptionsTest() : before_(std::filesystem::current_path()) {
    options_.add_to(app_);
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("parley_options_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
    std::filesystem::current_path(folder_);
  }
  ~ConfigOptionsTest() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  Result<Config> load(const std::string& arguments,
                      std::vector<ConfigSources::Override> flags = {}) {
    app_.parse(arguments);
    return options_.load(std::move(flags));
  }

  CLI::App app_{"test"};
  ConfigOptions options_;
  const std::filesystem::path before_;
  std::filesystem::path folder_;
};

TEST_F(ConfigOptionsTest, SetMayBeRepeatedAndFlagsWin) {
  const auto config = load("--set server.port=1 --set turn.silence_ms=300 --set server.port=2",
                           {{"server.host", "::1", "--host"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.port, 2);
  EXPECT_EQ(config->turn.silence_ms, 300);
  EXPECT_EQ(config->server.host, "::1");
  EXPECT_EQ(load("--set server.port=1", {{"server.port", "3", "--port"}})->server.port, 3);
}

TEST_F(ConfigOptionsTest, SetIsNotGreedy) {
  CLI::App* sub = app_.add_subcommand("sub", "");
  app_.parse("--set server.port=1 sub");
  EXPECT_TRUE(sub->parsed());
}

TEST_F(ConfigOptionsTest, ParleyYamlInTheFolderIsRead) {
  EXPECT_EQ(load("")->server.port, 8080);
  std::ofstream("parley.yaml") << "server: {port: 5}\n";
  EXPECT_EQ(load("")->server.port, 5);
  std::ofstream("other.yaml") << "turn: {silence_ms: 7}\n";
  const auto config = load("--config other.yaml");
  EXPECT_EQ(config->server.port, 8080) << "a named file replaces it";
  EXPECT_EQ(config->turn.silence_ms, 7);
}

TEST_F(ConfigOptionsTest, MistakesAreNamed) {
  EXPECT_EQ(load("--set server.prot=1").error().message,
            "--set: unknown key 'server.prot'; the nearest is 'server.port'");
  EXPECT_EQ(load("--set nothing").error().message, "--set nothing: expected key=value");
}

TEST_F(ConfigOptionsTest, AFileThatIsNamedMustBeThere) {
  EXPECT_EQ(load("--config nowhere.yaml").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace parley::cli
