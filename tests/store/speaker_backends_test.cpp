// SPDX-License-Identifier: Apache-2.0
//
// What every place for sealed speakers does in the same way, and what the vault makes of it.
#include <functional>

#include <gmock/gmock.h>

#include "store/memory/memory_speakers.h"
#include "store/redis/redis_speakers.h"
#include "store/speaker_vault.h"
#include "store/sqlite/sqlite_speakers.h"
#include "tests/store/backends.h"
#include "tests/store/redis_server.h"

namespace parley::test {
namespace {

using store::SpeakerBackend;
using store::SpeakerVault;
using ::testing::HasSubstr;

struct Maker {
  const char* name;
  std::function<std::unique_ptr<SpeakerBackend>(const ScratchFolder&)> make;
};

template <typename Backend>
std::unique_ptr<SpeakerBackend> made(Result<std::unique_ptr<Backend>> opened) {
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
  return opened ? *std::move(opened) : nullptr;
}

/// One server for all tests, each with keys of its own. Null where there is no redis-server.
std::unique_ptr<SpeakerBackend> redis_backend(const ScratchFolder& folder) {
  static RedisServer server;
  static const bool is_there = server.start();
  static const SteadyClock clock;
  if (!is_there) return nullptr;
  return made(
      store::RedisSpeakers::open({.url = server.url(), .prefix = folder.file("keys:")}, clock));
}

class SpeakerBackends : public ::testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    backend = GetParam().make(folder);
    if (backend == nullptr) GTEST_SKIP() << GetParam().name << " is not here";
  }
  const ScratchFolder folder;
  std::unique_ptr<SpeakerBackend> backend;
};

TEST_P(SpeakerBackends, KeepOnlyInThePlaceOfWhatIsExpected) {
  const std::string sealed("a\0b", 3);
  EXPECT_FALSE(backend->get("o", "t")->has_value());
  EXPECT_FALSE(*backend->put("o", "t", "something", sealed)) << "there is nothing";
  EXPECT_TRUE(*backend->put("o", "t", std::nullopt, sealed));
  EXPECT_EQ(*backend->get("o", "t"), sealed);
  EXPECT_FALSE(*backend->put("o", "t", std::nullopt, "c")) << "there is something";
  EXPECT_FALSE(*backend->put("o", "t", "b", "c"));
  EXPECT_TRUE(*backend->put("o", "t", sealed, "c"));
  EXPECT_EQ(*backend->get("o", "t"), "c");
}

TEST_P(SpeakerBackends, KeepOwnersApart) {
  EXPECT_TRUE(*backend->put("o", "t", std::nullopt, "1"));
  EXPECT_TRUE(*backend->put("o", "u", std::nullopt, "2"));
  EXPECT_TRUE(*backend->put("p", "t", std::nullopt, "3"));
  const auto all = backend->all("o");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  for (const store::SealedSpeaker& one : *all) EXPECT_EQ(one.sealed, one.tag == "t" ? "1" : "2");
  EXPECT_TRUE(*backend->remove("o", "t"));
  EXPECT_FALSE(*backend->remove("o", "t"));
  EXPECT_EQ(*backend->get("p", "t"), "3");
  EXPECT_TRUE(backend->all("nobody")->empty());
}

TEST_P(SpeakerBackends, KeepSpeakersForTheNextProcess) {
  const store::SecretKeySource key{.hex = std::string(64, '7'), .file = {}};
  if (GetParam().name == std::string("memory")) return;  // which keeps nothing, and shall not
  {
    auto vault = SpeakerVault::open(std::move(backend), key);
    ASSERT_TRUE(vault) << vault.error().message;
    ASSERT_TRUE((*vault)->enrol({"", "alice"}, {"m", {0.6F, 0.8F}}, 1));
  }
  auto again = SpeakerVault::open(GetParam().make(folder), key);
  ASSERT_TRUE(again) << again.error().message;
  const auto speakers = (*again)->list("");
  ASSERT_TRUE(speakers);
  ASSERT_EQ(speakers->size(), 1U);
  EXPECT_EQ(speakers->front().name, "alice");
  const auto stranger =
      SpeakerVault::open(GetParam().make(folder), {.hex = std::string(64, '8'), .file = {}});
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, ErrorCode::failed_precondition);
  EXPECT_THAT(stranger.error().message, HasSubstr("another key"));
}

INSTANTIATE_TEST_SUITE_P(
    , SpeakerBackends,
    ::testing::Values(Maker{"memory",
                            [](const ScratchFolder&) -> std::unique_ptr<SpeakerBackend> {
                              return std::make_unique<store::MemorySpeakers>();
                            }},
                      Maker{"sqlite",
                            [](const ScratchFolder& folder) {
                              return made(store::SqliteSpeakers::open(folder.file("s.db"), false));
                            }},
                      Maker{"redis", redis_backend}),
    [](const auto& about) { return about.param.name; });

TEST(RedisSpeakers, SaysWhenNobodyAnswers) {
  const SteadyClock clock;
  EXPECT_EQ(store::RedisSpeakers::open({.url = "redis://127.0.0.1:1"}, clock).error().code,
            ErrorCode::unavailable);
}

}  // namespace
}  // namespace parley::test
