// SPDX-License-Identifier: Apache-2.0
#include "graph/port_format.h"

#include <gtest/gtest.h>

namespace parley::graph {
namespace {

using media::TensorShape;

TEST(PortFormat, TakesWhatIsOpenFromTheOther) {
  const PortFormat rate{.rate_hz = 16'000, .shape = {1, TensorShape::kAny}};
  const PortFormat other{.rate_hz = 8'000, .channels = 2, .shape = {TensorShape::kAny, 40}};
  EXPECT_EQ(merged(rate, other), (PortFormat{.rate_hz = 16'000, .channels = 2, .shape = {1, 40}}));
  EXPECT_EQ(merged({}, other), other);
}

TEST(PortFormat, HasWords) {
  EXPECT_EQ(format_text({}), "");
  EXPECT_EQ(format_text({.rate_hz = 8'000}), " at 8000 Hz");
  EXPECT_EQ(format_text({.channels = 2}), " with 2 channels");
  EXPECT_EQ(format_text({.shape = {TensorShape::kAny, 40}}), " of shape [any, 40]");
}

}  // namespace
}  // namespace parley::graph
