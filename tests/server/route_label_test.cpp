// SPDX-License-Identifier: Apache-2.0
#include "server/route_label.h"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(RouteLabelTest, OurRoutesAreCalledByTheirNamesOrTheirFolders) {
  EXPECT_EQ(route_label("/v1/audio/speech"), "/v1/audio/speech");
  EXPECT_EQ(route_label("/readyz"), "/readyz");
  EXPECT_EQ(route_label("/v1/speakers/spk_1"), "/v1/speakers");
  EXPECT_EQ(route_label("/twilio/media/AB"), "/twilio/");
}

TEST(RouteLabelTest, WhatAnybodyCanAskForHasTwoNames) {
  EXPECT_EQ(route_label("/v1/audio/speech2"), "/v1/other");
  EXPECT_EQ(route_label("/v1/a"), route_label("/v1/b"));
  EXPECT_EQ(route_label("/index.html"), "other");
  EXPECT_EQ(route_label(""), "other");
}

}  // namespace
}  // namespace parley::server
