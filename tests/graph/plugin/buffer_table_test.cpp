// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/buffer_table.h"

#include <set>

#include <gtest/gtest.h>

namespace parley::graph {
namespace {

using Handle = BufferTable::Handle;

class BufferTableTest : public testing::Test {
 protected:
  Handle add() { return table_.add({.buffer = pool_.take(16), .object = nullptr}); }
  std::uint64_t in_use() { return pool_.stats().in_use_bytes / 256; }

  media::BufferPool pool_;
  BufferTable table_;
};

TEST_F(BufferTableTest, ABufferIsValidUntilTheCallReturns) {
  const Handle handle = add();
  ASSERT_NE(handle, BufferTable::kNone);
  ASSERT_NE(table_.find(handle), nullptr);
  EXPECT_EQ(table_.find(handle)->buffer.size(), 16U);
  table_.end_call();
  EXPECT_EQ(table_.find(handle), nullptr);
  EXPECT_EQ(in_use(), 0U);
}

TEST_F(BufferTableTest, OrAsLongAsItIsRetained) {
  const Handle handle = add();
  EXPECT_TRUE(table_.retain(handle));
  EXPECT_TRUE(table_.retain(handle));
  table_.end_call();
  EXPECT_TRUE(table_.release(handle));
  ASSERT_NE(table_.find(handle), nullptr);
  EXPECT_TRUE(table_.release(handle));
  EXPECT_EQ(table_.find(handle), nullptr);
  EXPECT_FALSE(table_.release(handle));
  EXPECT_FALSE(table_.retain(handle));
}

TEST_F(BufferTableTest, AReleaseWithinTheCallLeavesItValid) {
  const Handle handle = add();
  EXPECT_FALSE(table_.release(handle));  // never retained
  EXPECT_TRUE(table_.retain(handle));
  EXPECT_TRUE(table_.release(handle));
  EXPECT_NE(table_.find(handle), nullptr);
}

TEST_F(BufferTableTest, OldHandlesAreNotMistakenForNewOnes) {
  std::set<Handle> seen;
  for (int i = 0; i < 1000; ++i) {
    const Handle handle = add();
    EXPECT_TRUE(seen.insert(handle).second);
    table_.end_call();
  }
  for (const Handle old : seen) EXPECT_EQ(table_.find(old), nullptr);
  EXPECT_EQ(table_.find(0), nullptr);
  EXPECT_EQ(table_.find(~Handle{0}), nullptr);
}

TEST_F(BufferTableTest, DroppingFreesTheMemoryAtOnce) {
  const Handle dropped = add();
  const Handle retained = add();
  EXPECT_TRUE(table_.retain(retained));
  table_.drop(dropped);
  table_.drop(retained);
  table_.drop(12345);
  EXPECT_EQ(in_use(), 1U);
  table_.end_call();
  EXPECT_NE(table_.find(retained), nullptr);
}

TEST_F(BufferTableTest, HasALimit) {
  for (std::size_t i = 0; i < BufferTable::kBuffersMax; ++i) ASSERT_NE(add(), BufferTable::kNone);
  EXPECT_EQ(add(), BufferTable::kNone);
  table_.end_call();
  EXPECT_NE(add(), BufferTable::kNone);
}

TEST_F(BufferTableTest, ClearSaysWhatWasForgotten) {
  (void)add();
  EXPECT_TRUE(table_.retain(add()));
  EXPECT_TRUE(table_.retain(add()));
  EXPECT_EQ(table_.clear(), 2U);
  EXPECT_EQ(table_.clear(), 0U);
  EXPECT_EQ(in_use(), 0U);
}

}  // namespace
}  // namespace parley::graph
