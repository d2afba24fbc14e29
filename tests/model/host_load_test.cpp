// SPDX-License-Identifier: Apache-2.0
#include "model/host_load.h"

#include <gtest/gtest.h>

namespace parley::model {
namespace {

Instant at(int ms) { return {Millis(ms)}; }

TEST(BusyShare, AWorkerThatNeverRestsIsBusyAllTheTime) {
  BusyShare share(1);
  for (int ms = 100; ms <= 60'000; ms += 100) share.add(Millis(100), at(ms));
  EXPECT_NEAR(share.at(at(60'000)), 1.0, 0.01);
}

TEST(BusyShare, IsThePartOfTheTimeOfAllWorkers) {
  BusyShare one(1);
  BusyShare four(4);
  for (int ms = 100; ms <= 60'000; ms += 100) {
    one.add(Millis(30), at(ms));
    four.add(Millis(30), at(ms));
  }
  EXPECT_NEAR(one.at(at(60'000)), 0.3, 0.02);
  EXPECT_NEAR(four.at(at(60'000)), 0.3 / 4, 0.01);
}

TEST(BusyShare, WhatWasIsForgotten) {
  BusyShare share(1);
  for (int ms = 100; ms <= 30'000; ms += 100) share.add(Millis(100), at(ms));
  EXPECT_LT(share.at(at(30'000) + kBusyMemory), 0.4);
  EXPECT_LT(share.at(at(30'000) + 5 * kBusyMemory), 0.01);
}

TEST(BusyShare, OneLongRunIsNoCrowd) {
  BusyShare share(1);
  share.add(Millis(300), at(300));
  EXPECT_LT(share.at(at(300)), 0.1);
}

}  // namespace
}  // namespace parley::model
