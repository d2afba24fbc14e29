// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/transcription_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/transcription/transcription_order.h"

namespace parley::backend {
namespace {

/// As our own server reads it.
protocol::TranscriptionOrder parsed(const std::string& body) {
  const auto form = protocol::parse_multipart_form("multipart/form-data; boundary=b", body);
  EXPECT_TRUE(std::holds_alternative<protocol::MultipartForm>(form));
  auto order = protocol::parse_transcription_order(std::get<protocol::MultipartForm>(form));
  EXPECT_TRUE(std::holds_alternative<protocol::TranscriptionOrder>(order));
  return std::get<protocol::TranscriptionOrder>(order);
}

TEST(TranscriptionRequest, IsAFormThatOurServerReads) {
  model::AsrCall asked;
  asked.audio = {0.0F, 0.5F, -2.0F};
  asked.language = "fr";
  asked.hints = std::make_shared<model::AsrHints>(
      model::AsrHints{.hot_words = {"Svea", "Ostrom"}, .prompt = "Hello.", .temperature = 0.25});
  const std::string body = make_transcription_form(asked, {.model = "m", .boundary = "b"});
  const auto order = parsed(body);
  EXPECT_EQ(order.model, "m");
  EXPECT_EQ(order.format, protocol::TranscriptFormat::verbose_json);
  EXPECT_TRUE(order.words);
  EXPECT_EQ(order.language, "fr");
  EXPECT_EQ(order.prompt, "Hello. Svea, Ostrom");
  EXPECT_THAT(order.keywords, testing::ElementsAre("Svea", "Ostrom"));
  EXPECT_DOUBLE_EQ(order.temperature, 0.25);
  EXPECT_EQ(order.file.size(), 44U + 6U);
  EXPECT_TRUE(order.file.starts_with("RIFF"));
  EXPECT_EQ(order.file.substr(44), std::string_view("\0\0\0\x40\0\x80", 6));
}

TEST(TranscriptionRequest, APlainOneHasNothingThatOnlySomeKnow) {
  model::AsrCall asked;
  asked.audio = {0.0F};
  asked.hints = std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = {"Svea"}});
  const auto order =
      parsed(make_transcription_form(asked, {.model = "m", .boundary = "b", .is_plain = true}));
  EXPECT_EQ(order.format, protocol::TranscriptFormat::json);
  EXPECT_TRUE(order.keywords.empty());
  EXPECT_EQ(order.prompt, "Svea") << "every endpoint knows a prompt";
}

TEST(TranscriptionRequest, HasNoMoreKeywordsThanAreTaken) {
  model::AsrCall asked;
  asked.audio = {0.0F};
  asked.hints = std::make_shared<model::AsrHints>(
      model::AsrHints{.hot_words = std::vector<std::string>(model::kHotWordsMax, "w")});
  const auto order = parsed(make_transcription_form(asked, {.model = "m", .boundary = "b"}));
  EXPECT_EQ(order.keywords.size(), protocol::kKeywordsMax);
}

}  // namespace
}  // namespace parley::backend
