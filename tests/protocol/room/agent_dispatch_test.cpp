// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/agent_dispatch.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

std::string field_at_fault(std::string_view body) {
  const auto parsed = parse_dispatch_order(body);
  const auto* error = std::get_if<ProtocolError>(&parsed);
  return error == nullptr ? "none" : error->param.value_or("");
}

TEST(AgentDispatch, AnOrderBecomesLiveKitsRequest) {
  const auto parsed = parse_dispatch_order(
      R"({"room":"kitchen","agent_name":"parley","metadata":{"agent":"translator","to":"en"}})");
  ASSERT_TRUE(std::holds_alternative<DispatchOrder>(parsed));
  EXPECT_EQ(create_dispatch_json(std::get<DispatchOrder>(parsed)),
            R"({"agent_name":"parley","room":"kitchen",)"
            R"("metadata":"{\"agent\":\"translator\",\"to\":\"en\"}"})");
}

TEST(AgentDispatch, FaultsNameTheirField) {
  EXPECT_EQ(field_at_fault("{}"), "room");
  EXPECT_EQ(field_at_fault(R"({"room":""})"), "room");
  EXPECT_EQ(field_at_fault(R"({"room":"r","agent":"x"})"), "agent");
  EXPECT_EQ(field_at_fault(R"({"room":"r","metadata":[]})"), "metadata");
  EXPECT_EQ(field_at_fault(R"({"room":"r","metadata":"translator"})"), "none");
}

TEST(AgentDispatch, AnswersAreRead) {
  EXPECT_EQ(dispatch_id_of(R"({"id":"AD_1","agentName":"parley","state":{"jobs":[]}})"), "AD_1");
  EXPECT_EQ(dispatch_id_of("Not found"), "");
  const TwirpError error =
      twirp_error_of(R"({"code":"unauthenticated","msg":"permissions denied"})");
  EXPECT_EQ(error.code, "unauthenticated");
  EXPECT_EQ(error.message, "permissions denied");
  EXPECT_EQ(twirp_error_of("<html>").code, "");
  EXPECT_EQ(dispatch_answer_json("AD_1", {"r", "parley", ""}),
            R"({"id":"AD_1","object":"room.dispatch","room":"r","agent_name":"parley",)"
            R"("metadata":""})");
}

}  // namespace
}  // namespace parley::protocol
