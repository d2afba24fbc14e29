// SPDX-License-Identifier: Apache-2.0
#include "exec/resource_pool.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Four cores and two GPUs.
Machine machine() {
  return {.cores = [] { return std::vector<int>{0, 1, 2, 3}; },
          .has_gpu = [](int device) { return device >= 0 && device < 2; }};
}

std::unique_ptr<ResourcePool> pool_of(const ResourcePoolOptions& options) {
  auto pool = ResourcePool::make(options, machine());
  EXPECT_TRUE(pool) << pool.error().message;
  return *std::move(pool);
}

TEST(ResourcePool, LendsEachCoreToOneHolder) {
  const auto pool = pool_of({});
  EXPECT_EQ(pool->stats().cores, 4U);
  auto one = pool->try_lease({.cores = 3});
  ASSERT_TRUE(one);
  EXPECT_THAT(one->cores(), ElementsAre(0, 1, 2));
  EXPECT_EQ(one->provider(), "cpu");
  EXPECT_FALSE(one->gpu().has_value());
  const auto refused = pool->try_lease({.cores = 2});
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_THAT(refused.error().message,
              HasSubstr("2 cores and the provider 'cpu' are wanted; 1 cores"));
  {
    const auto two = pool->try_lease({.cores = 1});
    EXPECT_THAT(two->cores(), ElementsAre(3));
  }
  *one = std::move(*pool->try_lease({.cores = 1}));  // gives the three back
  EXPECT_EQ(pool->stats().cores_free, 3U);
  EXPECT_EQ(pool->stats().refused, 1U);
}

TEST(ResourcePool, SaysWhatItCanNeverGive) {
  const auto pool = pool_of({.gpu_devices = {1}, .providers = {{"cuda", 1}}});
  const auto error_of = [&](const ResourceRequest& request) {
    const auto lease = pool->try_lease(request);
    EXPECT_EQ(lease.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(pool->lease(request, Waker()).error().message, lease.error().message);
    return lease.error().message;
  };
  EXPECT_THAT(error_of({.cores = 5}), HasSubstr("5 cores are wanted, it has 4"));
  EXPECT_THAT(error_of({.provider = "tensorrt"}),
              HasSubstr("no provider 'tensorrt'; it has: cpu, cuda"));
}

TEST(ResourcePool, IsMadeOnlyOfWhatTheMachineHas) {
  const auto error_of = [](const ResourcePoolOptions& options) {
    return ResourcePool::make(options, machine()).error().message;
  };
  EXPECT_THAT(error_of({.cores = {1, 7}}),
              HasSubstr("core 7 is not one that this process may run on: 0, 1, 2, 3"));
  EXPECT_THAT(error_of({.cores = {1, 1}}), HasSubstr("core 1 is named twice"));
  EXPECT_THAT(error_of({.gpu_devices = {2}}),
              HasSubstr("GPU 2 is not on this machine (there is no /dev/nvidia2)"));
  EXPECT_THAT(error_of({.gpu_devices = {0, 0}}), HasSubstr("GPU 0 is named twice"));
  EXPECT_THAT(error_of({.providers = {{"cuda", 1}}}),
              HasSubstr("'cuda' needs a GPU, and gpu_devices names none"));
  EXPECT_THAT(error_of({.gpu_devices = {0}, .providers = {{"cuda", 0}}}), HasSubstr("limit of 0"));
  EXPECT_THAT(error_of({.providers = {{"cpu", 3}}}), HasSubstr("no limit but the cores"));
}

TEST(ResourcePool, KnowsTheCoresOfThisProcess) {
  const auto pool = ResourcePool::make({});
  ASSERT_TRUE(pool);
  EXPECT_GE((*pool)->stats().cores, 1U);
}

TEST(ResourcePool, SpreadsModelsOverGpusUpToBothLimits) {
  const auto pool = pool_of({.gpu_devices = {0, 1},
                             .providers = {{"cuda", 3}, {"tensorrt", 9}},
                             .models_per_gpu_max = 2});
  std::vector<ResourceLease> leases;
  std::multiset<int> gpus;
  for (int i = 0; i < 3; ++i) {
    leases.push_back(*pool->try_lease({.provider = "cuda"}));
    gpus.insert(*leases.back().gpu());
  }
  EXPECT_THAT(gpus, ElementsAre(0, 0, 1));
  EXPECT_FALSE(pool->try_lease({.provider = "cuda"}));  // the provider's limit
  leases.push_back(*pool->try_lease({.provider = "tensorrt"}));
  EXPECT_EQ(leases.back().gpu(), 1);
  EXPECT_FALSE(pool->try_lease({.provider = "tensorrt"}));  // both GPUs are full
  leases.erase(leases.begin());
  EXPECT_TRUE(pool->try_lease({.provider = "tensorrt"}));
}

TEST(ResourcePool, ServesWhoWaitsInOrderAndWakesThem) {
  const auto pool = pool_of({});
  ManualExecutor executor;
  int wakes = 0;
  FunctionBody body([&] {
    ++wakes;
    return false;
  });
  const auto strand = Strand::make(executor, body);
  std::optional<ResourceLease> most(*pool->try_lease({.cores = 3}));
  auto large = pool->lease({.cores = 2}, strand->waker());
  auto small = pool->lease({.cores = 1}, strand->waker());
  ASSERT_TRUE(large && small);
  // One core is free, but the large one was first; and nobody overtakes by not waiting.
  EXPECT_FALSE(small->take());
  EXPECT_FALSE(pool->try_lease({.cores = 1}));
  EXPECT_EQ(pool->stats().waiting, 2U);
  executor.run_until_idle();
  EXPECT_EQ(wakes, 0);
  most.reset();
  executor.run_until_idle();
  EXPECT_EQ(wakes, 1);  // both, at once
  EXPECT_EQ(large->take()->cores().size(), 2U);
  EXPECT_EQ(small->take()->cores().size(), 1U);
  EXPECT_FALSE(small->take());
  strand->close();
}

TEST(ResourcePool, ATicketThatGoesLeavesTheQueue) {
  const auto pool = pool_of({});
  std::optional<ResourceLease> all(*pool->try_lease({.cores = 4}));
  {
    const auto impatient = pool->lease({.cores = 4}, Waker());
    EXPECT_EQ(pool->stats().waiting, 1U);
  }
  EXPECT_EQ(pool->stats().waiting, 0U);
  auto patient = pool->lease({.cores = 2}, Waker());
  all.reset();
  EXPECT_EQ(pool->stats().cores_free, 2U);
  {
    const auto granted = std::move(patient);
  }  // what it was granted comes back too
  EXPECT_EQ(pool->stats().cores_free, 4U);
}

TEST(ResourcePool, WhoWaitsBehindOneThatLeavesIsServed) {
  const auto pool = pool_of({});
  const auto one = pool->try_lease({.cores = 1});
  auto large = std::make_unique<ResourceTicket>(*pool->lease({.cores = 4}, Waker()));
  auto small = pool->lease({.cores = 3}, Waker());
  EXPECT_FALSE(small->take());
  large.reset();
  EXPECT_TRUE(small->take());
}

TEST(ResourcePool, RefusesMoreThanMayWait) {
  const auto pool = pool_of({.waiting_max = 1});
  const auto all = pool->try_lease({.cores = 4});
  const auto waits = pool->lease({.cores = 1}, Waker());
  ASSERT_TRUE(waits);
  const auto refused = pool->lease({.cores = 1}, Waker());
  EXPECT_THAT(refused.error().message, HasSubstr("1 requests wait already"));
  EXPECT_EQ(pool->stats().refused, 1U);
}

TEST(ResourcePool, LeasesMayOutliveThePool) {
  auto pool = pool_of({});
  auto lease = pool->try_lease({.cores = 4});
  auto ticket = pool->lease({.cores = 1}, Waker());
  pool.reset();
  EXPECT_EQ(lease->cores().size(), 4U);
}

TEST(ResourcePool, ManyThreadsNeverShareACore) {
  const auto pool = pool_of({});
  std::array<std::atomic<int>, 4> holders{};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2'000; ++round) {
        const auto lease = pool->try_lease({.cores = 2});
        if (!lease) continue;
        for (const int core : lease->cores()) {
          EXPECT_EQ(holders[static_cast<std::size_t>(core)].fetch_add(1), 0);
        }
        for (const int core : lease->cores()) holders[static_cast<std::size_t>(core)].fetch_sub(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool->stats().cores_free, 4U);
}

}  // namespace
}  // namespace parley::exec
