// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/entry_json.h"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

std::string line(const service::AgentEvent& event) { return entry_event_json("AJ_1", event); }

TEST(EntryJson, AJobHasAllThatItsProgramMayWantToKnow) {
  EXPECT_EQ(entry_hello_json(), R"({"type":"hello","protocol":1})");
  EXPECT_EQ(entry_job_json({.kind = protocol::Job::Kind::participant,
                            .id = "AJ_1",
                            .dispatch_id = "AD_1",
                            .room = "kitchen",
                            .room_sid = "RM_1",
                            .participant = "ann",
                            .metadata = "\"quoted\"\n",
                            .agent_name = "parley",
                            .attributes = {{"a b", "c"}}}),
            R"({"type":"job","job":"AJ_1","kind":"participant","dispatch":"AD_1",)"
            R"("room":"kitchen","room_sid":"RM_1","participant":"ann",)"
            R"("metadata":"\"quoted\"\n","agent_name":"parley","attributes":{"a b":"c"}})");
  EXPECT_NE(entry_job_json({}).find(R"("kind":"room")"), std::string::npos);
}

TEST(EntryJson, EachEventIsALineOfItsJob) {
  EXPECT_EQ(line(service::AgentEntered{"kitchen", "agent-1"}),
            R"({"job":"AJ_1","type":"entered","room":"kitchen","identity":"agent-1"})");
  EXPECT_EQ(line(service::WordsSaid{"ann", "Ann", "SG_1", "Hi.", "en", 20, 400, true, false}),
            R"({"job":"AJ_1","type":"said","identity":"ann","name":"Ann","segment":"SG_1",)"
            R"("text":"Hi.","language":"en","begin_ms":20,"end_ms":400,"final":true,"own":false})");
  EXPECT_EQ(line(service::WordsTranslated{"ann", "Ann", "SG_1", "Hallo.", "de"}),
            R"({"job":"AJ_1","type":"translated","identity":"ann","name":"Ann",)"
            R"("segment":"SG_1","text":"Hallo.","to":"de"})");
  EXPECT_EQ(line(service::ParticipantCame{{.identity = "ann",
                                           .name = "Ann",
                                           .metadata = "m",
                                           .kind = room::Participant::Kind::sip,
                                           .attributes = {{"sip.phoneNumber", "1"}}}}),
            R"({"job":"AJ_1","type":"came","identity":"ann","name":"Ann","kind":"sip",)"
            R"("metadata":"m","attributes":{"sip.phoneNumber":"1"}})");
  EXPECT_EQ(line(service::ParticipantWent{"ann"}),
            R"({"job":"AJ_1","type":"went","identity":"ann"})");
  EXPECT_EQ(line(service::AgentStateChanged{"speaking"}),
            R"({"job":"AJ_1","type":"state","state":"speaking"})");
  EXPECT_EQ(line(service::CommandRefused{"say", "it only listens"}),
            R"({"job":"AJ_1","type":"refused","command":"say","why":"it only listens"})");
  EXPECT_EQ(line(service::EndComes{}), R"({"job":"AJ_1","type":"ends","why":"drains"})");
  EXPECT_EQ(line(service::EndComes{service::EndComes::Why::terminated}),
            R"({"job":"AJ_1","type":"ends","why":"terminated"})");
  EXPECT_EQ(line(service::AgentLeft{}), R"({"job":"AJ_1","type":"left","error":null})");
  EXPECT_EQ(line(service::AgentLeft{Error{ErrorCode::unavailable, "gone"}}),
            R"({"job":"AJ_1","type":"left","error":"gone"})");
}

TEST(EntryJson, EveryKindOfParticipantHasAName) {
  using Kind = room::Participant::Kind;
  for (const auto& [kind, name] :
       {std::pair{Kind::standard, "standard"}, std::pair{Kind::ingress, "ingress"},
        std::pair{Kind::egress, "egress"}, std::pair{Kind::agent, "agent"},
        std::pair{Kind::other, "other"}}) {
    EXPECT_NE(line(service::ParticipantCame{{.kind = kind}})
                  .find(std::string(R"("kind":")") + name + '"'),
              std::string::npos);
  }
}

}  // namespace
}  // namespace parley::server
