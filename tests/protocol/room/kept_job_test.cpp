// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/kept_job.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(KeptJob, IsReadAsItWasWritten) {
  KeptJob kept{.job = {.kind = Job::Kind::participant,
                       .id = "AJ_1",
                       .room = "kitchen",
                       .room_sid = "RM_1",
                       .participant = "ann",
                       .metadata = R"({"agent":"assistant"})",
                       .agent_name = "parley",
                       .attributes = {{"language", "es"}, {"a\"b", ""}}},
               .identity = "agent-AJ_1",
               .name = "Ada",
               .turn = 2};
  const Result<KeptJob> read = parse_kept_job(to_json(kept));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->job.id, "AJ_1");
  EXPECT_EQ(read->job.kind, Job::Kind::participant);
  EXPECT_EQ(read->job.room_sid, "RM_1");
  EXPECT_EQ(read->job.participant, "ann");
  EXPECT_EQ(read->job.metadata, kept.job.metadata);
  EXPECT_EQ(read->job.agent_name, "parley");
  EXPECT_EQ(read->job.attributes, kept.job.attributes);
  EXPECT_EQ(read->identity, "agent-AJ_1");
  EXPECT_EQ(read->name, "Ada");
  EXPECT_EQ(next_identity(*read), "agent-AJ_1-3");
}

TEST(KeptJob, FaultsNameTheirField) {
  for (const auto& [text, field] : std::map<std::string, std::string>{
           {"[]", "JSON"},
           {R"({"id":"AJ_1","room":"r","identity":"a"})", "room_sid"},
           {R"({"id":"AJ_1","room":"r","room_sid":"s","identity":"a","turn":0})", "turn"},
           {R"({"id":"AJ_1","room":"r","room_sid":"s","identity":"a","kind":"x"})", "'x'"}}) {
    const Result<KeptJob> read = parse_kept_job(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::data_corrupt);
    EXPECT_NE(read.error().message.find(field), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace parley::protocol
