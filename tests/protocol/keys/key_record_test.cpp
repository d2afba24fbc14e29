// SPDX-License-Identifier: Apache-2.0
#include "protocol/keys/key_record.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(KeyRecord, IsReadAsItWasWritten) {
  const KeyRecord record{.name = "web-1.x_y",
                         .sha256 = std::string(64, 'a'),
                         .created_at = 100,
                         .expires_at = 200,
                         .revoked_at = 150,
                         .limits = {{"streams", "4"}, {"budget", "2.5"}}};
  const auto read = parse_key_record(key_record_json(record) + "\r");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, record.name);
  EXPECT_EQ(read->sha256, record.sha256);
  EXPECT_EQ(read->created_at, 100);
  EXPECT_EQ(read->ends_at(), 150);
  EXPECT_EQ(read->limits, record.limits);
  EXPECT_EQ(key_record_json(*read), key_record_json(record));
}

TEST(KeyRecord, EndsWithWhateverComesFirst) {
  KeyRecord record;
  EXPECT_EQ(record.ends_at(), 0) << "never";
  record.expires_at = 200;
  EXPECT_EQ(record.ends_at(), 200);
  record.revoked_at = 300;
  EXPECT_EQ(record.ends_at(), 200);
  record.expires_at = 0;
  EXPECT_EQ(record.ends_at(), 300);
}

}  // namespace
}  // namespace parley::protocol
