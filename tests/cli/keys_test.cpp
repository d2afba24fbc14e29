// SPDX-License-Identifier: Apache-2.0
#include "cli/keys.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/keys_command.h"
#include "server/api_keys.h"
#include "server/key_file.h"
#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ParseExpiry, TakesSpansAndDates) {
  constexpr std::int64_t kNow = 1'795'000'000;  // in November 2026
  EXPECT_EQ(*parse_expiry("never", kNow), 0);
  EXPECT_EQ(*parse_expiry("90d", kNow), kNow + 90 * 86'400);
  EXPECT_EQ(*parse_expiry("12h", kNow), kNow + 12 * 3600);
  EXPECT_EQ(*parse_expiry("30m", kNow), kNow + 30 * 60);
  EXPECT_EQ(*parse_expiry("2027-01-31", kNow), 1'801'353'600);
  EXPECT_THAT(parse_expiry("2020-01-31", kNow).error().message, HasSubstr("that is past"));
  for (const char* text : {"", "d", "0d", "-1d", "90", "90y", "2027-02-30", "2027-1-31", "soon",
                           "2027-01-31x", "999999d"}) {
    EXPECT_FALSE(parse_expiry(text, kNow)) << text;
  }
}

struct KeysCommandTest : testing::Test {
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  test::CommandOutcome keys(std::vector<std::string> words) const {
    words.insert(words.begin(), {"keys", "--set", "server.keys_file=" + file});
    return test::run_command(words);
  }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_keys_test";
  const std::string file = folder / "keys.jsonl";
};

TEST_F(KeysCommandTest, AKeyIsShownOnceAndKeptAsItsDigest) {
  const auto made = keys({"create", "web", "--characters-per-day", "1000", "--streams", "4"});
  ASSERT_EQ(made.status, kDone) << made.err;
  ASSERT_EQ(made.out.size(), 52U) << "nothing but the key, and the line's end";
  EXPECT_THAT(made.out, testing::StartsWith("sk_"));
  const std::string key = made.out.substr(0, 51);
  const auto records = server::read_key_file(file);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->front().sha256, server::digest_of_key(key));
  for (const auto& shown : {keys({"list"}), keys({"list", "--json"}), keys({"show", "web"})}) {
    EXPECT_EQ(shown.status, kDone);
    EXPECT_THAT(shown.out, HasSubstr("web"));
    EXPECT_THAT(shown.out, HasSubstr("1000"));
    EXPECT_THAT(shown.out, Not(HasSubstr(key)));
  }
  EXPECT_NE(keys({"create", "other"}).out, made.out);
}

TEST_F(KeysCommandTest, ARevokedKeyStaysInTheList) {
  ASSERT_EQ(keys({"create", "web", "--expires", "90d"}).status, kDone);
  EXPECT_THAT(keys({"list"}).out, HasSubstr("web   live"));
  EXPECT_EQ(keys({"revoke", "web"}).status, kDone);
  EXPECT_THAT(keys({"list"}).out, HasSubstr("web   revoked"));
  EXPECT_THAT(keys({"show", "web"}).out, HasSubstr("revoked: 20"));
  const std::int64_t when = server::read_key_file(file)->front().revoked_at;
  EXPECT_EQ(keys({"revoke", "web"}).status, kDone);
  EXPECT_EQ(server::read_key_file(file)->front().revoked_at, when);
  const auto again = keys({"create", "web"});
  EXPECT_EQ(again.status, kFailed);
  EXPECT_THAT(again.err, HasSubstr("there is a key of the name 'web'"));
}

TEST_F(KeysCommandTest, WhatCannotBeDoneIsSaid) {
  EXPECT_THAT(keys({"revoke", "web"}).err, HasSubstr("keys.jsonl: No such file"));
  EXPECT_FALSE(std::filesystem::exists(file));
  ASSERT_EQ(keys({"create", "web"}).status, kDone);
  EXPECT_THAT(keys({"revoke", "app"}).err, HasSubstr("no key of the name 'app'"));
  EXPECT_THAT(keys({"show", "app"}).err, HasSubstr("no key of the name 'app'"));
  EXPECT_THAT(keys({"create", "a b"}).err, HasSubstr("name 'a b'"));
  EXPECT_THAT(keys({"create", "app", "--expires", "soon"}).err, HasSubstr("--expires 'soon'"));
  EXPECT_THAT(keys({"create", "app", "--streams", "many"}).err, HasSubstr("streams = 'many'"));
  EXPECT_EQ(keys({}).status, kWrongUsage);
  EXPECT_EQ(keys({"create"}).status, kWrongUsage);
  const auto nowhere = test::run_command({"keys", "list"});
  EXPECT_EQ(nowhere.status, kFailed);
  EXPECT_THAT(nowhere.err, HasSubstr("server.keys_file"));
}

}  // namespace
}  // namespace parley::cli
