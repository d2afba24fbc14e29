// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/token_request.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TokenRequest request_of(std::string_view body) {
  const auto parsed = parse_token_request(body);
  const auto* error = std::get_if<ProtocolError>(&parsed);
  EXPECT_EQ(error, nullptr) << error->message;
  return error == nullptr ? std::get<TokenRequest>(parsed) : TokenRequest{};
}

std::string field_at_fault(std::string_view body) {
  const auto parsed = parse_token_request(body);
  const auto* error = std::get_if<ProtocolError>(&parsed);
  return error == nullptr ? "none" : error->param.value_or("");
}

TEST(TokenRequest, AllOfItMayBeAbsent) {
  EXPECT_EQ(request_of("").room, "");
  EXPECT_EQ(request_of("{}").identity, "");
  EXPECT_EQ(request_of(R"({"room_name":null,"sandbox_id":"x"})").room, "");
}

TEST(TokenRequest, IsReadInBothSpellings) {
  const TokenRequest snake = request_of(
      R"({"room_name":"kitchen","participant_name":"Ann","participant_identity":"ann",)"
      R"("participant_metadata":"m","participant_attributes":{"lang":"de"},)"
      R"("room_config":{"agents":[{"agent_name":"parley","metadata":"translator"},{}]}})");
  EXPECT_EQ(snake.room, "kitchen");
  EXPECT_EQ(snake.name, "Ann");
  EXPECT_EQ(snake.identity, "ann");
  EXPECT_EQ(snake.metadata, "m");
  EXPECT_EQ(snake.attributes.at("lang"), "de");
  ASSERT_EQ(snake.agents.size(), 2U);
  EXPECT_EQ(snake.agents[0].agent_name, "parley");
  EXPECT_EQ(snake.agents[0].metadata, "translator");
  const TokenRequest camel = request_of(R"({"roomName":"kitchen","participantIdentity":"ann",)"
                                        R"("roomConfig":{"agents":[{"agentName":"parley"}]}})");
  EXPECT_EQ(camel.room, "kitchen");
  EXPECT_EQ(camel.identity, "ann");
  EXPECT_EQ(camel.agents.at(0).agent_name, "parley");
}

TEST(TokenRequest, FaultsNameTheirField) {
  EXPECT_EQ(field_at_fault(R"({"room_name":3})"), "room_name");
  EXPECT_EQ(field_at_fault(R"({"participant_attributes":{"a":1}})"), "participant_attributes.a");
  EXPECT_EQ(field_at_fault(R"({"room_config":{"agents":[{"agent_name":1}]}})"),
            "room_config.agents[0].agent_name");
  EXPECT_EQ(field_at_fault(R"({"room_name":")" + std::string(kTokenNameBytesMax + 1, 'r') + "\"}"),
            "room_name");
  std::string many = R"({"room_config":{"agents":[{})";
  for (std::size_t i = 0; i < kTokenAgentsMax; ++i) many += ",{}";
  EXPECT_EQ(field_at_fault(many + "]}}"), "room_config.agents");
  EXPECT_EQ(field_at_fault("[]"), "");
}

TEST(TokenRequest, IsAnsweredInBothSpellings) {
  EXPECT_EQ(token_answer_json({"wss://x", "jwt", "kitchen", "Ann", "ann"}),
            R"({"server_url":"wss://x","participant_token":"jwt","room_name":"kitchen",)"
            R"("participant_name":"Ann","participant_identity":"ann","serverUrl":"wss://x",)"
            R"("participantToken":"jwt","roomName":"kitchen","participantName":"Ann",)"
            R"("participantIdentity":"ann"})");
}

}  // namespace
}  // namespace parley::protocol
