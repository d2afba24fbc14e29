// SPDX-License-Identifier: Apache-2.0
//
// What every backend does in the same way.
#include "tests/store/backends.h"

#include <functional>

#include <gmock/gmock.h>

#include "store/memory/memory_backend.h"
#include "store/redis/redis_backend.h"
#include "store/sqlite/sqlite_backend.h"
#include "tests/store/redis_server.h"

namespace parley::test {
namespace {

using store::Audio;
using store::StoreBackend;
using ::testing::ElementsAre;

struct Maker {
  const char* name;
  std::function<std::unique_ptr<StoreBackend>(const ScratchFolder&)> make;
};

/// One server for all tests, each with keys of its own. Null where there is no redis-server.
std::unique_ptr<StoreBackend> redis_backend(const ScratchFolder& folder) {
  static RedisServer server;
  static const bool is_there = server.start();
  static const SteadyClock clock;
  if (!is_there) return nullptr;
  auto opened =
      store::RedisBackend::open({.url = server.url(), .prefix = folder.file("keys:")}, clock);
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
  return opened ? std::move(*opened) : nullptr;
}

class Backends : public ::testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    backend = GetParam().make(folder);
    if (backend == nullptr) GTEST_SKIP() << GetParam().name << " is not here";
  }
  Status write(const store::Batch& batch) { return write_one(*backend, batch); }
  std::vector<std::string> ids(const store::ListQuery& query) {
    std::vector<std::string> found;
    const Result<store::Page> page = backend->list(query);
    EXPECT_TRUE(page);
    if (page) {
      for (const store::Summary& one : page->conversations) found.push_back(one.id);
    }
    return found;
  }

  ScratchFolder folder;
  std::unique_ptr<StoreBackend> backend;
};

TEST_P(Backends, KeepsItemsInTheOrderOfTheirPositions) {
  ASSERT_TRUE(write(birth_of("conv_1", {put("b", 20, "2"), put("a", 10, "1")})));
  ASSERT_TRUE(write(batch_of("conv_1", {put("c", 15, "3"), put("b", 20, "two")})));
  const auto kept = backend->load({"conv_1", ""});
  ASSERT_TRUE(kept);
  EXPECT_EQ(items_of(*kept), "a=1 c=3 b=two");
  EXPECT_EQ(kept->summary.items, 3);
  EXPECT_EQ(kept->summary.model, "m");
  EXPECT_EQ(kept->summary.created, 1000);
}

TEST_P(Backends, ChangesWhatABatchSays) {
  ASSERT_TRUE(write(birth_of("conv_1", {put("a", 1, "1"), put("b", 2, "2"), put("c", 3, "3")})));
  store::Batch more = batch_of(
      "conv_1", {store::DropItem{"b"}, store::MoveItem{"a", 9}, store::DropItem{"nobody"},
                 store::PutResponse{{"resp_1", "{}"}}, store::PutResponse{{"resp_0", "[]"}},
                 store::PutResponse{{"resp_1", "{1}"}}});
  more.at = 2000;
  ASSERT_TRUE(write(more));
  const auto kept = backend->load({"conv_1", ""});
  ASSERT_TRUE(kept);
  EXPECT_EQ(items_of(*kept), "c=3 a=1");
  ASSERT_EQ(kept->responses.size(), 2U);
  EXPECT_EQ(kept->responses[0].json, "{1}");
  EXPECT_EQ(kept->summary.updated, 2000);
  ASSERT_TRUE(write(batch_of("conv_1", {store::ClearItems{}, put("z", 1, "26")})));
  EXPECT_EQ(items_of(*backend->load({"conv_1", ""})), "z=26");
}

TEST_P(Backends, KeepsAudioWithItsItem) {
  const std::vector<std::int16_t> sound{1, -2, 32767, -32768, 0};
  ASSERT_TRUE(write(birth_of(
      "conv_1", {put("a", 1, "1"), put("b", 2, "2"), store::PutAudio{{"a", 0, 16'000, sound}},
                 store::PutAudio{{"b", 1, 24'000, {5}}}})));
  ASSERT_TRUE(write(batch_of("conv_1", {store::PutAudio{{"b", 1, 24'000, {7, 8}}}})));
  auto kept = backend->take({"conv_1", ""});
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->audio.size(), 2U);
  std::ranges::sort(kept->audio, {}, &Audio::item_id);
  EXPECT_EQ(kept->audio[0].samples, sound);
  EXPECT_EQ(kept->audio[0].rate, 16'000);
  EXPECT_EQ(kept->audio[1].part, 1);
  EXPECT_THAT(kept->audio[1].samples, ElementsAre(7, 8));
  EXPECT_TRUE(backend->load({"conv_1", ""})->audio.empty());

  ASSERT_TRUE(write(batch_of(
      "conv_1", {store::DropItem{"a"}, store::PutAudio{{"b", 1, 24'000, {}}}}, kept->epoch)));
  EXPECT_TRUE(backend->take({"conv_1", ""})->audio.empty());
}

TEST_P(Backends, KeepsEachBatchWholeOrNotAtAll) {
  ASSERT_TRUE(write(birth_of("conv_1", {put("a", 1, "1")})));
  const std::vector<store::Batch> group{
      batch_of("conv_1", {put("b", 2, "2")}), batch_of("conv_2", {put("x", 1, "1")}),
      batch_of("conv_1", {put("c", 3, "3")}, 7), birth_of("conv_3", {put("y", 1, "1")})};
  std::vector<Status> outcomes(group.size());
  backend->write(group, outcomes);
  EXPECT_TRUE(outcomes[0]);
  EXPECT_EQ(outcomes[1].error().code, ErrorCode::not_found);
  EXPECT_EQ(outcomes[2].error().code, ErrorCode::failed_precondition);
  EXPECT_TRUE(outcomes[3]);
  EXPECT_EQ(items_of(*backend->load({"conv_1", ""})), "a=1 b=2");
  EXPECT_FALSE(backend->load({"conv_2", ""}));
  EXPECT_EQ(items_of(*backend->load({"conv_3", ""})), "y=1");
}

TEST_P(Backends, LetsOnlyTheLastTakerWrite) {
  ASSERT_TRUE(write(birth_of("conv_1", {put("a", 1, "1")})));
  const auto second = backend->take({"conv_1", ""});
  ASSERT_TRUE(second);
  const auto third = backend->take({"conv_1", ""});
  ASSERT_TRUE(third);
  EXPECT_GT(third->epoch, second->epoch);
  EXPECT_EQ(write(batch_of("conv_1", {put("b", 2, "2")}, second->epoch)).error().code,
            ErrorCode::failed_precondition);
  EXPECT_TRUE(write(batch_of("conv_1", {put("c", 2, "2")}, third->epoch)));
  EXPECT_EQ(items_of(*backend->load({"conv_1", ""})), "a=1 c=2");
}

// A writer that does not know whether its first batch was kept sends it again.
TEST_P(Backends, MakesAConversationOnce) {
  ASSERT_TRUE(write(birth_of("conv_1", {put("a", 1, "1")})));
  ASSERT_TRUE(write(birth_of("conv_1", {store::ClearItems{}, put("a", 1, "1"), put("b", 2, "2")})));
  EXPECT_EQ(items_of(*backend->load({"conv_1", ""})), "a=1 b=2");
  EXPECT_EQ(ids({}).size(), 1U);
}

TEST_P(Backends, ListsTheNewestFirstPageByPage) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(write(birth_of("conv_" + std::to_string(i), {put("a", 1, "1")})));
  }
  ASSERT_TRUE(write(batch_of("conv_1", {put("b", 2, "1")})));
  EXPECT_THAT(ids({.owner = "", .limit = 2}), ElementsAre("conv_4", "conv_3"));
  EXPECT_TRUE(backend->list({.owner = "", .limit = 2})->has_more);
  EXPECT_THAT(ids({.owner = "", .after = "conv_3", .limit = 2}), ElementsAre("conv_2", "conv_1"));
  EXPECT_THAT(ids({.owner = "", .after = "conv_1", .limit = 2}), ElementsAre("conv_0"));
  EXPECT_FALSE(backend->list({.owner = "", .after = "conv_1", .limit = 1})->has_more);
  EXPECT_TRUE(ids({.owner = "", .after = "conv_0", .limit = 2}).empty());
  const auto unknown = backend->list({.owner = "", .after = "conv_9", .limit = 2});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::invalid_argument);
}

TEST_P(Backends, ShowsNobodyTheConversationsOfOthers) {
  ASSERT_TRUE(write(birth_of("conv_a", {put("a", 1, "1")}, "alice")));
  ASSERT_TRUE(write(birth_of("conv_b", {put("a", 1, "1")}, "bob")));
  EXPECT_THAT(ids({.owner = "alice"}), ElementsAre("conv_a"));
  EXPECT_TRUE(ids({.owner = ""}).empty());
  EXPECT_EQ(backend->load({"conv_b", "alice"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(backend->take({"conv_b", "alice"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(backend->erase({"conv_b", "alice"}).error().code, ErrorCode::not_found);
  EXPECT_FALSE(backend->list({.owner = "alice", .after = "conv_b"}));
  EXPECT_TRUE(backend->load({"conv_b", "bob"}));
}

TEST_P(Backends, ErasesAllOfAConversation) {
  ASSERT_TRUE(write(birth_of("conv_1", {put("a", 1, "1"), store::PutAudio{{"a", 0, 8000, {1}}},
                                        store::PutResponse{{"resp_1", "{}"}}})));
  ASSERT_TRUE(write(birth_of("conv_2", {put("a", 1, "1")})));
  ASSERT_TRUE(backend->erase({"conv_1", ""}));
  EXPECT_FALSE(backend->load({"conv_1", ""}));
  EXPECT_EQ(backend->erase({"conv_1", ""}).error().code, ErrorCode::not_found);
  EXPECT_THAT(ids({}), ElementsAre("conv_2"));
  // Who has it open learns of it.
  EXPECT_EQ(write(batch_of("conv_1", {put("b", 2, "2")})).error().code, ErrorCode::not_found);
  ASSERT_TRUE(write(birth_of("conv_1", {put("n", 1, "new")})));
  const auto again = backend->take({"conv_1", ""});
  EXPECT_EQ(items_of(*again), "n=new");
  EXPECT_TRUE(again->responses.empty());
  EXPECT_TRUE(again->audio.empty());
}

TEST_P(Backends, SweepsWhatNobodyChangedForLong) {
  for (int i = 0; i < 4; ++i) {
    store::Batch batch = birth_of("conv_" + std::to_string(i), {put("a", 1, "1")});
    batch.at = 100 * i;
    ASSERT_TRUE(write(batch));
  }
  EXPECT_EQ(backend->sweep(250, 2).value_or(9), 2U);
  EXPECT_EQ(backend->sweep(250, 2).value_or(9), 1U);
  EXPECT_EQ(backend->sweep(250, 2).value_or(9), 0U);
  EXPECT_THAT(ids({}), ElementsAre("conv_3"));
}

TEST_P(Backends, KeepsAnyText) {
  std::string text = "{\"text\":\"quotes ' \\\" and ünïcödé \xF0\x9F\x8E\xA4\"}";
  ASSERT_TRUE(write(birth_of("conv_1", {put("it's; DROP TABLE items", 1, text)})));
  const auto kept = backend->load({"conv_1", ""});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->items[0].json, text);
  EXPECT_EQ(kept->items[0].id, "it's; DROP TABLE items");
}

INSTANTIATE_TEST_SUITE_P(
    All, Backends,
    ::testing::Values(Maker{"memory",
                            [](const ScratchFolder&) {
                              return std::make_unique<store::MemoryBackend>();
                            }},
                      Maker{"sqlite",
                            [](const ScratchFolder& folder) -> std::unique_ptr<StoreBackend> {
                              auto opened =
                                  store::SqliteBackend::open({.path = folder.file("c.db")});
                              EXPECT_TRUE(opened);
                              return std::move(*opened);
                            }},
                      Maker{"redis", redis_backend}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace parley::test
