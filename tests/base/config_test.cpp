// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config_schema.h"
#include "base/edit_distance.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigFile : public ::testing::Test {
 protected:
  ~ConfigFile() override { std::remove(path_.c_str()); }

  Result<Config> load(const std::string& yaml) {
    std::ofstream(path_) << yaml;
    return load_config({.file = path_, .environment = {}, .overrides = {}});
  }
  std::string message(const std::string& yaml) {
    const Result<Config> config = load(yaml);
    return config ? "(accepted)" : config.error().message;
  }

  const std::string path_ = ::testing::TempDir() + "parley_config_" +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                            ".yaml";
};

Result<Config> from_overrides(std::vector<ConfigSources::Override> overrides) {
  return load_config({.file = "", .environment = {}, .overrides = std::move(overrides)});
}

Result<Config> from_environment(std::vector<std::pair<std::string, std::string>> environment) {
  return load_config({.file = "", .environment = std::move(environment), .overrides = {}});
}

TEST(ConfigSchema, NoTwoKeysShareAnEnvironmentName) {
  std::set<std::string> names;
  for (const ConfigKey& key : config_keys()) {
    EXPECT_TRUE(names.insert(environment_name(key.name)).second) << key.name;
  }
}

TEST(ConfigSchema, EveryKeyIsDocumentedAndWellNamed) {
  for (const ConfigKey& key : config_keys()) {
    EXPECT_GT(key.doc.size(), 10U) << key.name;
    EXPECT_TRUE(key.doc.ends_with('.')) << key.name;
    EXPECT_EQ(key.doc.find('|'), std::string_view::npos) << key.name << ": breaks the table";
    EXPECT_THAT(std::string(key.name), ::testing::MatchesRegex("[a-z]+(\\.[a-z]+)?\\.[a-z_]+"));
  }
}

TEST(ConfigSchema, NoTwoKeysShareAPlace) {
  Config config;
  std::set<const void*> places;
  for (const ConfigKey& key : config_keys()) {
    const void* place =
        std::visit([](auto* slot) { return static_cast<const void*>(slot); }, key.slot(config));
    EXPECT_TRUE(places.insert(place).second) << key.name;
  }
}

TEST(ConfigSchema, EveryDefaultIsInItsOwnRange) {
  const Config defaults;
  Config config;
  for (const ConfigKey& key : config_keys()) {
    const Status set = set_config_value(config, key, config_value_text(defaults, key));
    EXPECT_TRUE(set) << set.error().message;
    EXPECT_EQ(config_value_text(config, key), config_value_text(defaults, key)) << key.name;
  }
}

TEST(ConfigSchema, TheDocumentIsCurrent) {
  std::ifstream file("docs/configuration.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), config_markdown())
      << "run: bin/parley config --markdown > docs/configuration.md";
}

TEST(Config, DefaultsNeedNoSources) {
  const Result<Config> config = load_config({});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server.host, "127.0.0.1");
  EXPECT_EQ(config->server.port, 8080);
  EXPECT_EQ(config->turn.silence_ms, 500);
  EXPECT_EQ(config->turn.prefix_padding_ms, 300);
  EXPECT_EQ(config->playout.lead_ms, 2000);
  EXPECT_EQ(config->session.max_seconds, 3600);
}

TEST_F(ConfigFile, LaterSourcesWin) {
  ASSERT_TRUE(load("server:\n  port: 1\n"));
  ConfigSources sources{.file = path_, .environment = {}, .overrides = {}};
  EXPECT_EQ(load_config(sources)->server.port, 1);
  sources.environment = {{"PARLEY_SERVER_PORT", "2"}};
  EXPECT_EQ(load_config(sources)->server.port, 2);
  sources.overrides.push_back({"server.port", "3", "--set"});
  EXPECT_EQ(load_config(sources)->server.port, 3);
  sources.overrides.push_back({"server.port", "4", "--port"});
  EXPECT_EQ(load_config(sources)->server.port, 4);
}

TEST_F(ConfigFile, ReadsEveryKindOfValue) {
  const Result<Config> config = load(
      "server:\n  host: ::1\n  api_keys: [one, 'two, three']\n"
      "turn: {threshold: 0.25, silence_ms: 700}\n"
      "models:\n  fake: yes\n"
      "llm:\n  instructions: |\n    Line one.\n    Line two.\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.host, "::1");
  EXPECT_THAT(config->server.api_keys, ElementsAre("one", "two, three"));
  EXPECT_DOUBLE_EQ(config->turn.threshold, 0.25);
  EXPECT_EQ(config->turn.silence_ms, 700);
  EXPECT_TRUE(config->models.fake);
  EXPECT_EQ(config->llm.instructions, "Line one.\nLine two.\n");
}

TEST_F(ConfigFile, EmptyFilesAndSectionsChangeNothing) {
  EXPECT_TRUE(load(""));
  EXPECT_TRUE(load("# nothing yet\n"));
  EXPECT_TRUE(load("server:\nturn:\n"));
  EXPECT_EQ(load("server:\n  port:\n")->server.port, 8080);
}

TEST_F(ConfigFile, UnknownKeysNameTheNearestAndTheirLine) {
  EXPECT_EQ(message("server:\n  host: ::1\n  prot: 1\n"),
            path_ + ":3: unknown key 'server.prot'; the nearest is 'server.port'");
  EXPECT_EQ(message("trun:\n  silence_ms: 1\n"),
            path_ + ":2: unknown key 'trun.silence_ms'; the nearest is 'turn.silence_ms'");
  EXPECT_THAT(message("turn_: {}\n"), HasSubstr(":1: unknown key 'turn_'"));
  EXPECT_THAT(message("server:\n  port:\n    x: 1\n"), HasSubstr("'server.port'"));
}

TEST_F(ConfigFile, BadValuesNameKeyValueExpectationAndLine) {
  EXPECT_EQ(message("turn:\n  silence_ms: soon\n"),
            path_ + ":2: turn.silence_ms = 'soon': expected a whole number from 0 to 60000");
  EXPECT_EQ(message("server:\n  port: 65536\n"),
            path_ + ":2: server.port = '65536': expected a whole number from 0 to 65535");
  EXPECT_EQ(message("turn:\n  threshold: nan\n"),
            path_ + ":2: turn.threshold = 'nan': expected a number from 0 to 1");
  EXPECT_EQ(message("log: {level: loud}\n"),
            path_ + ":1: log.level = 'loud': expected one of debug, info, warn, error, off");
  EXPECT_EQ(message("models: {fake: maybe}\n"),
            path_ + ":1: models.fake = 'maybe': expected true or false");
}

TEST_F(ConfigFile, MalformedFilesNameTheLine) {
  EXPECT_THAT(message("server:\n  port: [1\n"), HasSubstr(path_ + ":"));
  EXPECT_THAT(message("server: 5\n"), HasSubstr("'server' is a section"));
  EXPECT_THAT(message("- server\n"), HasSubstr("expected `section:` lines"));
  EXPECT_THAT(message("server:\n  port: 1\n  port: 2\n"), HasSubstr("set twice"));
  EXPECT_THAT(message("server:\n  port: [1, 2]\n"), HasSubstr("a whole number"));
  EXPECT_THAT(message("server:\n  api_keys: [[1], 2]\n"), HasSubstr("plain text"));
}

TEST_F(ConfigFile, ItemsOfSomeListsMayBeMappings) {
  const Result<Config> config =
      load("server:\n  keys:\n    - name: web\n      sessions: 3\n    - name=app sessions=4\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->server.keys, ElementsAre("name=web sessions=3", "name=app sessions=4"));
  EXPECT_THAT(message("server:\n  keys: [{name: a b}]\n"), HasSubstr("'name' must be one word"));
  EXPECT_THAT(message("server:\n  api_keys: [{name: a}]\n"), HasSubstr("plain text"));
}

TEST(Config, AMissingFileIsAnError) {
  const Result<Config> config =
      load_config({.file = "/nonexistent/parley.yaml", .environment = {}, .overrides = {}});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::not_found);
}

TEST(Config, FlagsAreNamedInErrors) {
  EXPECT_EQ(from_overrides({{"server.port", "http", "--port"}}).error().message,
            "--port: server.port = 'http': expected a whole number from 0 to 65535");
  EXPECT_EQ(from_overrides({{"llm.modle", "x", "--set"}}).error().message,
            "--set: unknown key 'llm.modle'; the nearest is 'llm.model'");
}

TEST(Config, EnvironmentTypingErrorsAreFoundAndForeignNamesIgnored) {
  EXPECT_EQ(from_environment({{"PARLEY_SERVER_PROT", "1"}}).error().message,
            "unknown environment variable PARLEY_SERVER_PROT; the nearest is PARLEY_SERVER_PORT");
  // What Kubernetes injects for a service called "parley", and our own build variables.
  EXPECT_TRUE(from_environment({{"PARLEY_SERVICE_HOST", "10.0.0.1"},
                                {"PARLEY_SERVICE_PORT", "80"},
                                {"PARLEY_PORT_80_TCP_ADDR", "10.0.0.1"},
                                {"PARLEY_CACHE", "/x"},
                                {"PATH", "/bin"}}));
}

TEST(Config, ListsOnOneLine) {
  EXPECT_THAT(from_environment({{"PARLEY_SERVER_API_KEYS", " a , b,,"}})->server.api_keys,
              ElementsAre("a", "b"));
  EXPECT_THAT(from_overrides({{"server.origins", "[https://x.example]", "--set"}})->server.origins,
              ElementsAre("https://x.example"));
  EXPECT_TRUE(from_overrides({{"server.origins", "", "--set"}})->server.origins.empty());
}

TEST(Config, SetArgumentsSplitAtTheFirstEqualsSign) {
  const auto item = parse_set_argument("llm.instructions=a=b");
  ASSERT_TRUE(item);
  EXPECT_EQ(item->key, "llm.instructions");
  EXPECT_EQ(item->value, "a=b");
  EXPECT_FALSE(parse_set_argument("server.port"));
  EXPECT_FALSE(parse_set_argument("=1"));
}

TEST(Config, SecretsAreNotPrinted) {
  const auto config = from_overrides(
      {{"server.api_keys", "hunter2", "--set"}, {"llm.api_key", "hunter3", "--set"}});
  ASSERT_TRUE(config);
  EXPECT_THAT(config_listing(*config), Not(HasSubstr("hunter")));
  EXPECT_THAT(config_listing(*config), HasSubstr("llm.api_key: (set)"));
}

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

}  // namespace
}  // namespace parley
