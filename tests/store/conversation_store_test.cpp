// SPDX-License-Identifier: Apache-2.0
#include "store/conversation_store.h"

#include <gmock/gmock.h>

#include "tests/store/backends.h"
#include "tests/support/watched_backend.h"

namespace parley::test {
namespace {

using store::ConversationStore;
using ::testing::ElementsAre;

struct Fixture : ManualStore {
  using ManualStore::ManualStore;
  void append(store::Batch batch, const std::string& name) {
    batch.at = runtime.clock.unix_seconds();
    store->append(std::move(batch), [this, name](const Status& kept) {
      answers.push_back(name + (kept ? "" : ": " + kept.error().message));
    });
  }
  std::vector<std::string> answers;
};

TEST(ConversationStore, WritesWhatCameMeanwhileTogetherAndInOrder) {
  Fixture f;
  f.append(birth_of("conv_1", {put("a", 1, "1")}), "first");
  f.append(batch_of("conv_1", {put("b", 2, "2")}), "second");
  f.append(birth_of("conv_2", {put("a", 1, "1")}), "third");
  EXPECT_TRUE(f.answers.empty());
  f.runtime.run_until_idle();
  EXPECT_THAT(f.backend->groups, ElementsAre(3));
  EXPECT_THAT(f.answers, ElementsAre("first", "second", "third"));
  EXPECT_GT(f.backend->rests, 0);
}

TEST(ConversationStore, AnswersQuestionsAboutWhatWasWrittenBefore) {
  Fixture f;
  std::vector<std::string> seen;
  f.append(birth_of("conv_1", {put("a", 1, "1")}), "first");
  f.store->load({"conv_1", ""}, [&](const Result<store::Conversation>& kept) {
    seen.push_back(kept ? items_of(*kept) : kept.error().message);
  });
  f.append(batch_of("conv_1", {put("b", 2, "2")}), "second");
  f.store->take({"conv_1", ""}, [&](const Result<store::Conversation>& kept) {
    seen.push_back(kept ? items_of(*kept) : kept.error().message);
  });
  f.store->erase({"conv_1", ""}, [&](const Status& gone) { seen.push_back(gone ? "gone" : "?"); });
  f.store->list({}, [&](const Result<store::Page>& page) {
    seen.push_back(std::to_string(page->conversations.size()));
  });
  f.runtime.run_until_idle();
  EXPECT_THAT(seen, ElementsAre("a=1", "a=1 b=2", "gone", "0"));
}

TEST(ConversationStore, CountsAndTellsWhatFails) {
  Fixture f;
  f.backend->failure = Error{ErrorCode::resource_exhausted, "the disk is full"};
  f.append(birth_of("conv_1", {}), "first");
  f.runtime.run_until_idle();
  EXPECT_THAT(f.answers, ElementsAre("first: the disk is full"));
  EXPECT_EQ(f.store->trouble(), "the disk is full");
  EXPECT_THAT(f.metrics.render(), ::testing::HasSubstr("parley_store_healthy 0"));
  f.backend->failure.reset();
  // Not the store's fault.
  f.append(batch_of("conv_9", {}), "second");
  f.runtime.run_until_idle();
  EXPECT_TRUE(f.store->trouble());
  f.append(birth_of("conv_1", {}), "third");
  f.runtime.run_until_idle();
  EXPECT_FALSE(f.store->trouble());
  EXPECT_THAT(f.metrics.render(), ::testing::HasSubstr("parley_store_failures_total 1"));
}

TEST(ConversationStore, RefusesMoreThanItsLimits) {
  Fixture f({.calls_waiting_max = 2, .bytes_waiting_max = 4000});
  f.append(birth_of("conv_1", {put("a", 1, std::string(5000, 'x'))}), "large");
  EXPECT_EQ(f.answers.size(), 1U);
  f.append(birth_of("conv_1", {}), "a");
  f.append(birth_of("conv_1", {}), "b");
  f.append(birth_of("conv_1", {}), "c");
  bool refused = false;
  f.store->load({"conv_1", ""}, [&](const Result<store::Conversation>& kept) {
    refused = !kept && kept.error().code == ErrorCode::resource_exhausted;
  });
  EXPECT_TRUE(refused);
  f.runtime.run_until_idle();
  EXPECT_EQ(f.answers.size(), 4U);
  EXPECT_THAT(f.metrics.render(), ::testing::HasSubstr("parley_store_refused_total 3"));
  // The bytes were given back.
  f.append(birth_of("conv_2", {put("a", 1, std::string(2000, 'x'))}), "again");
  f.runtime.run_until_idle();
  EXPECT_EQ(f.answers.back(), "again");
}

TEST(ConversationStore, DoesWhatWaitsBeforeItGoes) {
  Fixture f;
  f.append(birth_of("conv_1", {}), "first");
  f.store->load({"conv_1", ""},
                [&](const Result<store::Conversation>& kept) { EXPECT_TRUE(kept); });
  f.append(batch_of("conv_1", {}), "second");
  f.store.reset();
  EXPECT_THAT(f.answers, ElementsAre("first", "second"));
}

TEST(ConversationStore, ErasesWhatNobodyChangedForItsRetention) {
  Fixture f({.retention = std::chrono::hours(24)});
  for (int i = 0; i < 120; ++i) f.append(birth_of("conv_" + std::to_string(i), {}), "old");
  f.runtime.run_for(std::chrono::hours(20));
  f.append(birth_of("conv_new", {}), "new");
  f.runtime.run_for(std::chrono::hours(5));
  std::size_t left = 0;
  f.store->list({.owner = "", .limit = 1000},
                [&](const Result<store::Page>& page) { left = page->conversations.size(); });
  f.runtime.run_until_idle();
  EXPECT_EQ(left, 1U);
  EXPECT_THAT(f.metrics.render(), ::testing::HasSubstr("parley_store_swept_total 120"));
}

}  // namespace
}  // namespace parley::test
