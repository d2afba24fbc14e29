// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/client_secret.h"

#include <string>

#include <gtest/gtest.h>

#include "protocol/realtime/server_event.h"

namespace parley::protocol {
namespace {

using Parsed = std::variant<ClientSecretRequest, ProtocolError>;

Parsed parse(const std::string& body, Dialect dialect = Dialect::ga,
             SessionType type = SessionType::realtime) {
  return parse_client_secret_request(body, dialect, type);
}

ProtocolError refused(const std::string& body, Dialect dialect = Dialect::ga) {
  Parsed parsed = parse(body, dialect);
  auto* error = std::get_if<ProtocolError>(&parsed);
  if (error == nullptr) {
    ADD_FAILURE() << "accepted: " << body;
    return {};
  }
  return std::move(*error);
}

TEST(ClientSecretRequests, HaveDefaults) {
  for (const std::string body : {"", "{}", R"({"session":null,"expires_after":null})"}) {
    const Parsed parsed = parse(body);
    ASSERT_TRUE(std::holds_alternative<ClientSecretRequest>(parsed)) << body;
    const auto& request = std::get<ClientSecretRequest>(parsed);
    EXPECT_EQ(request.life, kSecretLifeDefault);
    EXPECT_EQ(request.session.type, SessionType::realtime);
  }
}

TEST(ClientSecretRequests, SayHowLongAndForWhat) {
  const Parsed parsed = parse(R"({"expires_after":{"anchor":"created_at","seconds":7200},
      "session":{"type":"transcription","audio":{"input":{"transcription":{"model":"w"}}}}})");
  ASSERT_TRUE(std::holds_alternative<ClientSecretRequest>(parsed));
  const auto& request = std::get<ClientSecretRequest>(parsed);
  EXPECT_EQ(request.life, std::chrono::seconds(7200));
  EXPECT_EQ(request.session.type, SessionType::transcription);
  EXPECT_EQ(request.session.transcription.value.model, "w");
}

TEST(ClientSecretRequests, AreJudged) {
  EXPECT_EQ(refused("x").code, "invalid_json");
  EXPECT_EQ(refused("[]").code, "invalid_json");
  EXPECT_EQ(refused(R"({"expires_after":{"seconds":9}})").param, "expires_after.seconds");
  EXPECT_EQ(refused(R"({"expires_after":{"seconds":7201}})").param, "expires_after.seconds");
  EXPECT_EQ(refused(R"({"expires_after":{"anchor":"now"}})").param, "expires_after.anchor");
  EXPECT_EQ(refused(R"({"session":{}})").param, "session.type");
  EXPECT_EQ(refused(R"({"session":{"type":"realtime","x":1}})").param, "session.x");
  EXPECT_EQ(refused(R"({"x":1})").code, "unknown_parameter");
}

TEST(ClientSecretRequests, OfTheBetaAreFlat) {
  const Parsed parsed = parse(
      R"({"model":"m","modalities":["text"],"instructions":"i","temperature":0.9})", Dialect::beta);
  ASSERT_TRUE(std::holds_alternative<ClientSecretRequest>(parsed));
  const auto& request = std::get<ClientSecretRequest>(parsed);
  EXPECT_EQ(request.life, kBetaSecretLife);
  EXPECT_EQ(request.session.model, "m");
  EXPECT_EQ(request.session.modality, Modality::text);
  EXPECT_EQ(request.session.temperature, 0.9);
  const Parsed longer = parse(
      R"({"client_secret":{"expires_after":{"anchor":"created_at","seconds":90}}})", Dialect::beta);
  EXPECT_EQ(std::get<ClientSecretRequest>(longer).life, std::chrono::seconds(90));
  EXPECT_EQ(refused(R"({"voice":1})", Dialect::beta).param, "voice");
  EXPECT_EQ(refused(R"({"audio":{}})", Dialect::beta).param, "audio");
}

TEST(ClientSecrets, AreShownWithTheirSession) {
  SessionConfig session;
  session.id = "sess_1";
  const ClientSecretShown secret{"ek_1", 12};
  EXPECT_EQ(client_secret_json(secret, session, Dialect::ga),
            R"({"value":"ek_1","expires_at":12,"session":)" + to_json(session) + "}");
  const std::string beta = client_secret_json(secret, session, Dialect::beta);
  EXPECT_TRUE(beta.starts_with(R"({"id":"sess_1","object":"realtime.session")"));
  EXPECT_TRUE(beta.ends_with(R"(,"client_secret":{"value":"ek_1","expires_at":12}})"));
}

}  // namespace
}  // namespace parley::protocol
