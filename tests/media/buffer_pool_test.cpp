// SPDX-License-Identifier: Apache-2.0
#include "media/buffer_pool.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "media/copy_count.h"

namespace parley::media {
namespace {

TEST(BufferPool, SlabsAreAlignedToACacheLine) {
  BufferPool pool;
  for (const std::size_t bytes : {1U, 255U, 256U, 257U, 5000U, 1U << 20U, 3U << 20U}) {
    const BufferRef buffer = pool.take(bytes);
    EXPECT_EQ(buffer.size(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.bytes().data()) % 64, 0U);
  }
}

TEST(BufferPool, ReusesWhatCameBack) {
  BufferPool pool;
  const std::byte* const first = pool.take(1000).bytes().data();
  const BufferRef again = pool.take(700);  // the same size class
  EXPECT_EQ(again.bytes().data(), first);
  EXPECT_EQ(pool.stats().taken, 2U);
  EXPECT_EQ(pool.stats().grown, 1U);
  EXPECT_EQ(pool.stats().in_use_bytes, 1024U);
  EXPECT_EQ(pool.stats().retained_bytes, 0U);
}

TEST(BufferPool, KeepsNoMoreFreeSlabsThanItsLimit) {
  BufferPool pool({.retained_bytes_max = 2048});
  {
    std::vector<BufferRef> held;
    for (int i = 0; i < 5; ++i) held.push_back(pool.take(1024));
  }
  EXPECT_EQ(pool.stats().retained_bytes, 2048U);
  EXPECT_EQ(pool.stats().in_use_bytes, 0U);
}

TEST(BufferPool, LargeBuffersAreNotKept) {
  BufferPool pool;
  (void)pool.take((1U << 20U) + 1);
  EXPECT_EQ(pool.stats().retained_bytes, 0U);
  EXPECT_EQ(pool.stats().in_use_bytes, 0U);
}

TEST(BufferPool, MayGoBeforeItsBuffers) {
  std::optional<BufferPool> pool(std::in_place);
  BufferRef first = pool->copy_of(std::vector<float>{1.0F, 2.0F});
  BufferRef second = first;
  BufferRef third = pool->take(100);
  pool.reset();
  EXPECT_EQ(second.floats()[1], 2.0F);
  second.writable_floats()[1] = 3.0F;  // shared: takes a slab from the store without a pool
  EXPECT_EQ(first.floats()[1], 2.0F);
  first = {};
  third = {};
  EXPECT_EQ(second.floats()[1], 3.0F);
}

TEST(BufferRef, CopiesShareAndWritingSeparates) {
  BufferPool pool;
  BufferRef one = pool.copy_of(std::vector<float>{1.0F, 2.0F, 3.0F});
  BufferRef two = one;
  EXPECT_EQ(one.bytes().data(), two.bytes().data());
  two.writable_floats()[0] = 9.0F;
  EXPECT_NE(one.bytes().data(), two.bytes().data());
  EXPECT_EQ(one.floats()[0], 1.0F);
  EXPECT_EQ(two.floats()[0], 9.0F);
  const std::byte* const place = two.bytes().data();
  two.writable_floats()[1] = 8.0F;
  EXPECT_EQ(two.bytes().data(), place);  // the only owner writes in place
}

TEST(BufferRef, SlicesLookIntoTheSameSlab) {
  BufferPool pool;
  BufferRef whole = pool.copy_of(std::vector<float>{1.0F, 2.0F, 3.0F, 4.0F});
  BufferRef part = whole.slice(4, 8);
  EXPECT_EQ(part.floats().size(), 2U);
  EXPECT_EQ(part.floats()[0], 2.0F);
  part.writable_floats()[0] = 7.0F;
  EXPECT_EQ(whole.floats()[1], 2.0F);
  EXPECT_TRUE(whole.slice(16, 0).empty());
  EXPECT_DEATH((void)whole.slice(8, 9), "check failed");
}

TEST(BufferRef, EmptyIsHarmless) {
  BufferRef empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_TRUE(empty.bytes().empty());
  EXPECT_TRUE(empty.floats().empty());
  EXPECT_TRUE(empty.writable().empty());
  EXPECT_TRUE(empty.slice(0, 0).empty());
  const BufferRef copy = empty;
  EXPECT_TRUE(copy.empty());
  BufferPool pool;
  EXPECT_TRUE(pool.copy_of(std::span<const float>()).empty());
}

TEST(BufferRef, AssignmentGivesTheOldBufferBack) {
  BufferPool pool;
  BufferRef held = pool.take(300);
  BufferRef other = pool.take(300);
  held = std::move(other);
  EXPECT_EQ(pool.stats().in_use_bytes, 512U);
  EXPECT_TRUE(other.empty());  // NOLINT: a moved-from reference is empty by contract
  BufferRef& self = held;
  held = self;
  EXPECT_EQ(held.size(), 300U);
}

/// Random takes, copies, writes and releases against a plain model of the contents.
TEST(BufferPool, ContentsAreAsIfEveryReferenceHadItsOwnCopy) {
  BufferPool pool;
  Random random(7);
  std::vector<std::pair<BufferRef, std::vector<float>>> live;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t action = random.next() % 5;
    const std::size_t pick = live.empty() ? 0 : random.next() % live.size();
    if (action == 0 || live.empty()) {
      std::vector<float> samples(1 + random.next() % 600);
      for (float& sample : samples) sample = static_cast<float>(random.next() % 1000);
      live.emplace_back(pool.copy_of(samples), samples);
    } else if (action == 1) {
      live.push_back(live[pick]);
    } else if (action == 2) {
      auto& [buffer, samples] = live[pick];
      const std::size_t at = random.next() % samples.size();
      buffer.writable_floats()[at] = samples[at] = static_cast<float>(step);
    } else if (action == 3) {
      auto [buffer, samples] = live[pick];
      const std::size_t from = random.next() % samples.size();
      const std::size_t count = 1 + random.next() % (samples.size() - from);
      const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(from);
      live.emplace_back(buffer.slice(from * 4, count * 4),
                        std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count)));
    } else {
      live[pick] = std::move(live.back());
      live.pop_back();
    }
    if (live.size() > 50) live.erase(live.begin(), live.begin() + 25);
    if (live.empty()) continue;
    const auto& [buffer, samples] = live[random.next() % live.size()];
    ASSERT_TRUE(std::ranges::equal(buffer.floats(), samples));
  }
  live.clear();
  EXPECT_EQ(pool.stats().in_use_bytes, 0U);
}

TEST(BufferPool, ThreadsMayTakeAndReleaseAtOnce) {
  constexpr int kRounds = 20'000;
  auto pool = std::make_unique<BufferPool>(BufferPool::Options{.retained_bytes_max = 8192});
  std::array<BufferRef, 64> shared;
  for (BufferRef& buffer : shared) {
    buffer = pool->take(512);
    std::ranges::fill(buffer.writable(), std::byte{1});
  }
  const auto work = [&](std::uint64_t seed) {
    Random random(seed);
    std::vector<BufferRef> own;
    for (int i = 0; i < kRounds; ++i) {
      own.push_back(random.next() % 2 == 0 ? shared[random.next() % shared.size()]
                                           : pool->take(1 + random.next() % 3000));
      if (random.next() % 3 == 0) own.back().writable()[0] = std::byte{2};
      if (own.size() > 20) own.erase(own.begin(), own.begin() + 15);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  }
  EXPECT_EQ(pool->stats().in_use_bytes, shared.size() * 512);
  for (const BufferRef& buffer : shared) EXPECT_EQ(buffer.bytes()[0], std::byte{1});
  EXPECT_LE(pool->stats().retained_bytes, 8192U);
}

TEST(BufferPool, MayGoWhileOtherThreadsRelease) {
  for (int round = 0; round < 200; ++round) {
    auto pool = std::make_unique<BufferPool>();
    std::vector<BufferRef> left;
    std::vector<BufferRef> right;
    for (int i = 0; i < 20; ++i) {
      left.push_back(pool->take(static_cast<std::size_t>(1) << (i % 14)));
      right.push_back(left.back());
    }
    std::jthread one([&] { left.clear(); });
    std::jthread two([&] { right.clear(); });
    pool.reset();
  }
}

/// Counts what comes back.
class Lender final : public ExternalMemory {
 public:
  void release(std::uint64_t token) noexcept override { returned.push_back(token); }
  std::vector<std::uint64_t> returned;
};

TEST(BufferRef, WrappedMemoryIsUsedInPlaceAndComesBackOnce) {
  BufferPool pool;
  Lender lender;
  const std::vector<float> samples{1.0F, 2.0F, 3.0F};
  BufferRef first = pool.wrap(std::as_bytes(std::span(samples)), lender, 42);
  EXPECT_EQ(first.floats().data(), samples.data());
  BufferRef second = first.slice(4, 8);
  EXPECT_EQ(second.floats().data(), samples.data() + 1);
  first = {};
  EXPECT_TRUE(lender.returned.empty());
  second = {};
  EXPECT_EQ(lender.returned, std::vector<std::uint64_t>{42});
  EXPECT_EQ(pool.stats().in_use_bytes, 0U);
}

TEST(BufferRef, WrappedMemoryIsNeverWrittenTo) {
  BufferPool pool;
  Lender lender;
  const std::vector<float> samples{1.0F, 2.0F, 3.0F};
  BufferRef only = pool.wrap(std::as_bytes(std::span(samples)), lender, 7);
  const std::uint64_t before = copied_bytes();
  only.writable_floats()[0] = 9.0F;
  EXPECT_EQ(copied_bytes() - before, 3 * sizeof(float));
  EXPECT_EQ(samples[0], 1.0F);
  EXPECT_EQ(only.floats()[0], 9.0F);
  EXPECT_EQ(only.floats()[2], 3.0F);
  EXPECT_EQ(lender.returned, std::vector<std::uint64_t>{7});
}

TEST(BufferPool, ASlabThatWrappedIsAnOrdinaryOneAgain) {
  BufferPool pool;
  Lender lender;
  const std::vector<float> samples(8);
  for (std::uint64_t i = 0; i < 100; ++i) {
    (void)pool.wrap(std::as_bytes(std::span(samples)), lender, i);
    BufferRef own = pool.take(100);
    EXPECT_NE(own.bytes().data(), std::as_bytes(std::span(samples)).data());
    own.writable_floats()[0] = 1.0F;
  }
  EXPECT_EQ(pool.stats().grown, 1U);
  EXPECT_EQ(lender.returned.size(), 100U);
}

TEST(BufferPool, MayGoBeforeWhatItWrapped) {
  std::optional<BufferPool> pool(std::in_place);
  Lender lender;
  const std::vector<float> samples{1.0F};
  BufferRef wrapped = pool->wrap(std::as_bytes(std::span(samples)), lender, 1);
  pool.reset();
  EXPECT_EQ(wrapped.floats()[0], 1.0F);
  wrapped = {};
  EXPECT_EQ(lender.returned.size(), 1U);
}

TEST(CopyCount, CountsCopiesAndNotSharing) {
  BufferPool pool;
  const std::uint64_t before = copied_bytes();
  BufferRef one = pool.copy_of(std::vector<float>(100));
  EXPECT_EQ(copied_bytes() - before, 400U);
  BufferRef two = one;
  const BufferRef part = two.slice(0, 8);
  EXPECT_EQ(copied_bytes() - before, 400U);
  two.writable_floats()[0] = 1.0F;
  EXPECT_EQ(copied_bytes() - before, 800U);
}

}  // namespace
}  // namespace parley::media
