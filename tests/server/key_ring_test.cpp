// SPDX-License-Identifier: Apache-2.0
#include "server/key_ring.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::server {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class Ring : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder);
    config.server.keys_file = folder / "keys.jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const KeyRecords& to) const {
    ASSERT_TRUE(change_key_file(config.server.keys_file, [&](KeyRecords& records) -> Status {
      records = to;
      return {};
    }));
  }
  static KeyRecord record(const std::string& key) {
    return {.name = key, .sha256 = digest_of_key(key)};
  }
  void follow() {
    auto followed = ApiKeys::follow(config, clock, metrics);
    ASSERT_TRUE(followed) << followed.error().message;
    keys = std::make_unique<ApiKeys>(std::move(*followed));
    accounts = std::make_unique<KeyAccounts>(*keys, default_limits(config), clock, metrics);
  }
  /// The account of a key after the file may have been looked at; null: it opens nothing.
  std::shared_ptr<KeyAccount> account(const std::string& key) {
    clock.advance(KeyRing::kLookEvery);
    const auto index = keys->find_key(key);
    return index ? accounts->at(KeyAccounts::of_key(*index)) : nullptr;
  }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_key_ring_test";
  ManualClock clock;
  Metrics metrics;
  Config config;
  std::unique_ptr<ApiKeys> keys;
  std::unique_ptr<KeyAccounts> accounts;
};

TEST_F(Ring, FollowsItsFile) {
  config.server.api_keys = {"fixed"};
  write({record("alpha")});
  follow();
  const auto alpha = account("alpha");
  ASSERT_NE(alpha, nullptr);
  EXPECT_EQ(alpha->name(), "alpha");
  EXPECT_EQ(account("beta"), nullptr);
  write({record("beta"), record("alpha")});
  ASSERT_NE(account("beta"), nullptr);
  EXPECT_EQ(account("beta")->name(), "beta");
  EXPECT_EQ(account("alpha"), alpha) << "what it has used is kept";
  KeyRecord revoked = record("alpha");
  revoked.revoked_at = clock.unix_seconds();
  write({revoked, record("beta")});
  EXPECT_EQ(account("alpha"), nullptr);
  EXPECT_FALSE(alpha->is_live());
  write({});
  EXPECT_EQ(account("beta"), nullptr);
  EXPECT_NE(account("fixed"), nullptr);
  write({record("alpha")});
  EXPECT_EQ(account("alpha"), alpha) << "it is back, and so is what it has used";
}

TEST_F(Ring, AFileWithoutKeysLetsNobodyIn) {
  write({});
  follow();
  EXPECT_FALSE(keys->is_open());
  EXPECT_FALSE(keys->admits({}));
  EXPECT_EQ(account(""), nullptr);
}

TEST_F(Ring, LooksAtItsFileOnlySometimes) {
  write({});
  follow();
  EXPECT_EQ(account("alpha"), nullptr);
  write({record("alpha")});
  EXPECT_FALSE(keys->find_key("alpha"));
  clock.advance(KeyRing::kLookEvery);
  EXPECT_TRUE(keys->find_key("alpha"));
  EXPECT_LE(KeyRing::kLookEvery, seconds(1));
}

TEST_F(Ring, AKeyExpires) {
  KeyRecord brief = record("alpha");
  brief.expires_at = clock.unix_seconds() + 60;
  write({brief});
  follow();
  EXPECT_TRUE(keys->find_key("alpha"));
  clock.advance(seconds(60));
  EXPECT_FALSE(keys->find_key("alpha"));
}

TEST_F(Ring, LimitsAreTheFilesAndElseTheDefaults) {
  config.limits.key_streams = 3;
  KeyRecord limited = record("alpha");
  limited.limits = {{"characters_per_day", "10"}, {"budget", "2.5"}};
  write({limited});
  follow();
  const auto before = account("alpha");
  EXPECT_EQ(before->limits().streams, 3);
  EXPECT_EQ(before->limits().budget, 2.5);
  EXPECT_FALSE(before->take_characters(10));
  EXPECT_TRUE(account("alpha")->take_characters(1));
  limited.limits = {{"characters_per_day", "20"}};
  write({limited});
  EXPECT_FALSE(account("alpha")->take_characters(1)) << "new limits count anew";
}

TEST_F(Ring, TheConfigurationGoesBeforeTheFile) {
  config.server.api_keys = {"alpha"};
  KeyRecord revoked = record("alpha");
  revoked.revoked_at = 1;
  write({revoked});
  follow();
  ASSERT_NE(account("alpha"), nullptr);
  EXPECT_EQ(account("alpha")->name(), "key-1");
}

TEST_F(Ring, ABrokenFileChangesNothing) {
  write({record("alpha")});
  follow();
  std::ofstream(config.server.keys_file) << "broken\n";
  EXPECT_NE(account("alpha"), nullptr);
  EXPECT_THAT(metrics.render(), HasSubstr("parley_keys_loads_total{outcome=\"failed\"} 1\n"));
  std::filesystem::remove(config.server.keys_file);
  EXPECT_NE(account("alpha"), nullptr);
  write({record("beta")});
  EXPECT_EQ(account("alpha"), nullptr);
  EXPECT_NE(account("beta"), nullptr);
}

TEST_F(Ring, AtTheStartItsFileMustBeGood) {
  EXPECT_THAT(ApiKeys::follow(config, clock, metrics).error().message,
              HasSubstr("`parley keys create` makes one"));
  std::ofstream(config.server.keys_file) << "broken\n";
  EXPECT_THAT(ApiKeys::follow(config, clock, metrics).error().message, HasSubstr("line 1"));
}

}  // namespace
}  // namespace parley::server
