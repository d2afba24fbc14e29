// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_cache.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "tests/backend/phrase_cache/phrases.h"
#include "tests/backend/phrase_cache/scratch_folder.h"

namespace parley::backend {
namespace {

using test::files_in;
using test::key_of;
using ::testing::HasSubstr;
using Origin = PhraseCache::Origin;

class PhraseCacheTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kSamples = 1000;

  void open(std::size_t memory_bytes_max) {
    cache.reset();
    PhraseCacheOptions options{.memory_bytes_max = memory_bytes_max, .disk = DiskOptions()};
    options.disk->path = root;
    cache.emplace(std::move(options),
                  DiskTier::Surroundings{runtime.executor, runtime.timers, runtime.clock, metrics});
    runtime.run_until_idle();
  }
  void keep(const std::string& text, Origin origin = Origin::made) {
    cache->keep(key_of(text), test::make_shared_phrase(buffers, kSamples), origin);
    runtime.run_until_idle();
  }
  bool is_in_memory(const std::string& text) {
    const bool is_found = cache->find(key_of(text)) != nullptr;
    runtime.run_until_idle();
    return is_found;
  }
  PhraseRef read(const std::string& text) {
    const auto read = cache->read(key_of(text), {}, Instant::never());
    runtime.run_until_idle();
    return read == nullptr ? nullptr : read->phrase;
  }

  test::ScratchFolder scratch;
  const std::string root = scratch.file("phrases");
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  std::optional<PhraseCache> cache;
};

TEST_F(PhraseCacheTest, WhatIsUsedOnceStaysOffTheDisk) {
  open(1U << 20U);
  keep("a");
  EXPECT_TRUE(files_in(root).empty());
  EXPECT_TRUE(is_in_memory("a"));
  EXPECT_EQ(files_in(root).size(), 1U);
  EXPECT_TRUE(is_in_memory("a"));
  EXPECT_EQ(files_in(root).size(), 1U);
}

TEST_F(PhraseCacheTest, WhatSeveralAskedForAtOnceIsWrittenAtOnce) {
  open(1U << 20U);
  keep("a", Origin::made_for_several);
  EXPECT_EQ(files_in(root).size(), 1U);
}

TEST_F(PhraseCacheTest, WhatComesBackAfterItWasEvictedIsTakenForCommon) {
  open(100'000);  // some twenty phrases
  keep("a");
  for (int i = 0; i < 40; ++i) keep(std::to_string(i));
  EXPECT_FALSE(is_in_memory("a"));
  EXPECT_TRUE(files_in(root).empty());
  keep("a");  // made again
  EXPECT_EQ(files_in(root).size(), 1U);
  for (int i = 40; i < 80; ++i) keep(std::to_string(i));
  EXPECT_TRUE(is_in_memory("a"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_tts_cache_evicted_total{tier=\"memory\"}"));
}

TEST_F(PhraseCacheTest, ARestartReadsItFromTheDisk) {
  open(1U << 20U);
  keep("a", Origin::made_for_several);
  open(1U << 20U);
  EXPECT_FALSE(is_in_memory("a"));
  EXPECT_EQ(read("b"), nullptr);
  const PhraseRef phrase = read("a");
  ASSERT_NE(phrase, nullptr);
  cache->keep(key_of("a"), phrase, Origin::read);
  EXPECT_TRUE(is_in_memory("a"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_tts_cache_hits_total{tier=\"disk\"} 1"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_tts_cache_hits_total{tier=\"memory\"} 1"));
}

TEST_F(PhraseCacheTest, PinnedBeforeOrAfterItIsMadeItStays) {
  open(200'000);
  EXPECT_TRUE(cache->pin(key_of("before")));
  keep("before");
  keep("after");
  EXPECT_TRUE(cache->pin(key_of("after")));
  for (int i = 0; i < 200; ++i) {
    keep(std::to_string(i));
    is_in_memory(std::to_string(i));
  }
  EXPECT_TRUE(is_in_memory("before"));
  EXPECT_TRUE(is_in_memory("after"));
}

TEST_F(PhraseCacheTest, WithoutMemoryTheDiskServes) {
  open(0);
  keep("a", Origin::made_for_several);
  EXPECT_FALSE(is_in_memory("a"));
  EXPECT_NE(read("a"), nullptr);
}

TEST_F(PhraseCacheTest, WithoutADiskThereIsNoneToTrouble) {
  cache.emplace(PhraseCacheOptions{.memory_bytes_max = 1U << 20U, .disk = {}},
                DiskTier::Surroundings{runtime.executor, runtime.timers, runtime.clock, metrics});
  keep("a", Origin::made_for_several);
  EXPECT_TRUE(is_in_memory("a"));
  EXPECT_EQ(read("b"), nullptr);
  EXPECT_FALSE(cache->trouble());
}

TEST_F(PhraseCacheTest, SaysWhyTheDiskDoesNotTakeAnything) {
  test::overwrite(root, "a file");
  open(1U << 20U);
  keep("a", Origin::made_for_several);
  ASSERT_TRUE(cache->trouble());
  EXPECT_THAT(*cache->trouble(), HasSubstr("Not a directory"));
  EXPECT_TRUE(is_in_memory("a"));
}

}  // namespace
}  // namespace parley::backend
