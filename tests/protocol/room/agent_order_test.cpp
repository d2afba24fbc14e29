// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/agent_order.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

const std::vector<std::string> kAgents{"assistant", "transcriber", "translator"};

AgentOrder order_of(std::string_view metadata) {
  const auto parsed = parse_agent_order(metadata, kAgents, "assistant");
  const auto* error = std::get_if<ProtocolError>(&parsed);
  EXPECT_EQ(error, nullptr) << error->message;
  return error == nullptr ? std::get<AgentOrder>(parsed) : AgentOrder{};
}

std::string fault_of(std::string_view metadata) {
  const auto parsed = parse_agent_order(metadata, kAgents, "assistant");
  const auto* error = std::get_if<ProtocolError>(&parsed);
  return error == nullptr ? "none" : error->param.value_or("") + ": " + error->message;
}

TEST(AgentOrder, NothingIsTheDefaultAndAWordIsAnAgent) {
  EXPECT_EQ(order_of("").agent, "assistant");
  EXPECT_EQ(order_of(" \n").agent, "assistant");
  EXPECT_EQ(order_of("{}").agent, "assistant");
  EXPECT_EQ(order_of(" translator\n").agent, "translator");
}

TEST(AgentOrder, AnObjectAdjustsTheAgent) {
  const AgentOrder order = order_of(
      R"({"agent":"translator","language":"es","to":"en","speak":true,"instructions":"Be brief.",)"
      R"("name":"Lia","voice":"joe","webhook":"https://example.org/minutes","greeting":"Hola"})");
  EXPECT_EQ(order.agent, "translator");
  EXPECT_EQ(order.language, "es");
  EXPECT_EQ(order.to, "en");
  EXPECT_EQ(order.speak, true);
  EXPECT_EQ(order.instructions, "Be brief.");
  EXPECT_EQ(order.name, "Lia");
  EXPECT_EQ(order.voice, "joe");
  EXPECT_EQ(order.webhook, "https://example.org/minutes");
  EXPECT_EQ(order.greeting, "Hola");
  EXPECT_EQ(order_of(R"({"agent":"transcriber","speak":null})").speak, std::nullopt);
}

TEST(AgentOrder, AnAgentThatIsNotThereIsToldWithThoseThatAre) {
  EXPECT_EQ(fault_of("juggler"),
            "agent: Invalid value: 'juggler'. Supported values are: 'assistant', 'transcriber' "
            "and 'translator'.");
  EXPECT_EQ(fault_of(R"({"agent":"juggler"})"), fault_of("juggler"));
}

TEST(AgentOrder, FaultsNameFieldValueAndWhatWasExpected) {
  EXPECT_EQ(fault_of(R"({"to":"E"})"),
            "to: Invalid value for 'to': 'E', expected a language such as 'es' or 'zh-CN'.");
  EXPECT_EQ(fault_of(R"({"webhook":"ftp://x"})"),
            "webhook: Invalid value for 'webhook': 'ftp://x', expected an address with http:// or "
            "https://.");
  EXPECT_NE(fault_of(R"({"speak":"yes"})").find("speak"), std::string::npos);
  EXPECT_NE(fault_of(R"({"tempo":3})").find("tempo"), std::string::npos);
  EXPECT_NE(fault_of(R"({"agent":)").find("JSON"), std::string::npos);
  EXPECT_NE(fault_of("\xFF").find("UTF-8"), std::string::npos);
  EXPECT_NE(fault_of(std::string(kAgentOrderBytesMax + 1, 'x')).find("metadata"),
            std::string::npos);
  EXPECT_NE(fault_of(R"({"name":")" + std::string(129, 'x') + R"("})").find("name"),
            std::string::npos);
  EXPECT_NE(
      fault_of(R"({"voice":")" + std::string(kAgentFieldBytesMax + 1, 'x') + R"("})").find("voice"),
      std::string::npos);
}

}  // namespace
}  // namespace parley::protocol
