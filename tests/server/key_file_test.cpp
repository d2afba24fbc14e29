// SPDX-License-Identifier: Apache-2.0
#include "server/key_file.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::server {
namespace {

using ::testing::HasSubstr;

const std::string kDigest = std::string(64, 'a');
const std::string kOther = std::string(64, 'b');

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  Status add(const std::string& name, const std::string& sha256) const {
    return change_key_file(path, [&](KeyRecords& records) -> Status {
      records.push_back({.name = name, .sha256 = sha256, .created_at = 7});
      return {};
    });
  }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_key_file_test";
  const std::string path = folder / "keys.jsonl";
};

TEST(KeyRecords, SayWhichLineIsWrong) {
  const std::string good = R"({"name":"a","sha256":")" + kDigest + "\"}\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"nothing", "expected a JSON object"},
      {"[]", "expected a JSON object"},
      {R"({"name":"b"})", "sha256: expected 64 hexadecimal digits"},
      {R"({"sha256":")" + kOther + R"("})", "name ''"},
      {R"({"name":"b c","sha256":")" + kOther + R"("})", "name 'b c'"},
      {R"({"name":7,"sha256":")" + kOther + R"("})", "name: expected a string"},
      {R"({"name":"b","sha256":")" + kOther + R"(","size":1})", "unknown field 'size'"},
      {R"({"name":"b","sha256":")" + kOther + R"(","streams":"1"})", "streams: expected a number"},
      {R"({"name":"b","sha256":")" + kOther + R"(","streams":-1})", "streams = '-1'"},
      {R"({"name":"b","sha256":")" + kOther + R"(","expires_at":"soon"})", "expires_at: expected"},
      {R"({"name":"a","sha256":")" + kOther + R"("})", "the name 'a' is taken"},
      {R"({"name":"b","sha256":")" + kDigest + R"("})", "'b' is the same key as another"},
  };
  for (const auto& [line, why] : cases) {
    const auto read = parse_key_records(good + line);
    ASSERT_FALSE(read) << line;
    EXPECT_THAT(read.error().message, testing::StartsWith("line 2: ")) << line;
    EXPECT_THAT(read.error().message, HasSubstr(why)) << line;
  }
}

TEST_F(KeyFile, IsMadeForItsOwnerOnly) {
  EXPECT_EQ(read_key_file(path).error().code, ErrorCode::not_found);
  ASSERT_TRUE(add("a", kDigest));
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  ASSERT_TRUE(add("b", kOther));
  EXPECT_EQ(read_key_file(path)->size(), 2U);
}

TEST_F(KeyFile, StaysAsItWasWhenAChangeFails) {
  ASSERT_TRUE(add("a", kDigest));
  EXPECT_FALSE(add("a", kOther)) << "the name is taken";
  const Status refused = change_key_file(path, [](KeyRecords& records) -> Status {
    records.clear();
    return Error{ErrorCode::failed_precondition, "no"};
  });
  EXPECT_EQ(refused.error().message, "no");
  EXPECT_EQ(read_key_file(path)->size(), 1U);
  std::ofstream(path) << "broken\n";
  EXPECT_THAT(add("b", kOther).error().message, HasSubstr("line 1"));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_THAT(entry.path().filename(), testing::AnyOf("keys.jsonl", "keys.jsonl.lock"));
  }
}

TEST_F(KeyFile, ManyAtOnceLoseNothing) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < 5; ++k) {
          std::string digest = kDigest;
          digest[0] = static_cast<char>('0' + i);
          digest[1] = static_cast<char>('0' + k);
          EXPECT_TRUE(add("k" + std::to_string(i * 5 + k), digest));
        }
      });
    }
  }
  EXPECT_EQ(read_key_file(path)->size(), 20U);
}

}  // namespace
}  // namespace parley::server
