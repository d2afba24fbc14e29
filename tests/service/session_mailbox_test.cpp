// SPDX-License-Identifier: Apache-2.0
#include "service/session_mailbox.h"

#include <string>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"

namespace parley::service {
namespace {

class Nobody final : public exec::StrandBody {
  bool run_slice() noexcept override { return false; }
};

TEST(SessionMailbox, AMessageThatFindsNoRoomIsLeftAsItWasAndRoomIsOfferedOnce) {
  exec::ManualRuntime runtime;
  Nobody body;
  const auto strand = exec::Strand::make(runtime.executor, body);
  Counter refused;
  SessionMailbox<std::string> mailbox(2, &refused, strand->waker());
  EXPECT_EQ(mailbox.push("one"), PushResult::accepted);
  EXPECT_EQ(mailbox.push("two"), PushResult::accepted);
  EXPECT_FALSE(mailbox.offers_room()) << "nobody was refused";
  std::string three = "three";
  EXPECT_EQ(mailbox.push(std::move(three)), PushResult::full);
  EXPECT_EQ(three, "three");  // NOLINT(bugprone-use-after-move): `full` leaves it
  EXPECT_FALSE(mailbox.offers_room());
  EXPECT_EQ(mailbox.pop(), "one");
  EXPECT_TRUE(mailbox.offers_room());
  EXPECT_FALSE(mailbox.offers_room());
  EXPECT_EQ(refused.value(), 0U) << "it did not come so far";
  mailbox.close();
  EXPECT_TRUE(mailbox.empty());
  EXPECT_EQ(mailbox.push("four"), PushResult::closed);
  strand->close();
}

}  // namespace
}  // namespace parley::service
