// SPDX-License-Identifier: Apache-2.0
//
// What `asr.url` and its like mean, and what is said of settings that do not go together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config.h"
#include "server/models.h"

namespace parley::server {
namespace {

using testing::HasSubstr;

Config elsewhere(const std::string& url) {
  Config config;
  config.asr.url = url;
  return config;
}

TEST(RemoteAsrConfig, TheEndpointsModelIsTheOneThatClientsAreTold) {
  EXPECT_EQ(recognizer_name(Config()), "moonshine-tiny-en");
  Config config = elsewhere("http://127.0.0.1:1/v1");
  config.asr.remote_model = "large";
  EXPECT_EQ(recognizer_name(config), "large");
  EXPECT_THAT(model_names(config), testing::Contains("large"));
}

TEST(RemoteAsrConfig, AnEndpointMayKnowAllLanguagesAndASocketTranslatesNone) {
  EXPECT_FALSE(is_multilingual_asr(Config()));
  EXPECT_TRUE(is_multilingual_asr(elsewhere("ws://127.0.0.1:1")));
  EXPECT_TRUE(is_translating_asr(elsewhere("http://127.0.0.1:1/v1")));
  EXPECT_FALSE(is_translating_asr(elsewhere("ws://127.0.0.1:1")));
  EXPECT_FALSE(is_translating_asr(elsewhere("wss://127.0.0.1:1")));
}

TEST(RemoteAsrConfig, ItsSettingsReachTheHost) {
  const SteadyClock clock{};
  Metrics metrics;
  Config config = elsewhere("ws://127.0.0.1:1/v1/asr/stream");
  config.asr.partial_ms = 700;
  config.asr.early = false;
  const auto host = open_remote_asr(config, clock, metrics);
  ASSERT_TRUE(host) << host.error().message;
  EXPECT_EQ((*host)->optional_interval(Millis(240)), Millis(700));
  EXPECT_FALSE((*host)->takes_early_calls());
  const auto place = remote_asr_place(config);
  ASSERT_TRUE(place);
  EXPECT_TRUE(place->is_socket);
  EXPECT_EQ(place->url, "http://127.0.0.1:1/v1/asr/stream");
}

TEST(RemoteAsrConfig, WhatIsWrongNamesItsSetting) {
  const SteadyClock clock{};
  Metrics metrics;
  const auto error_of = [&](const Config& config) {
    const auto host = open_remote_asr(config, clock, metrics);
    return host ? std::string() : host.error().message;
  };
  Config config = elsewhere("ftp://127.0.0.1/v1");
  EXPECT_THAT(error_of(config), HasSubstr("asr.url"));
  config.asr.protocol = "vosk";
  EXPECT_THAT(error_of(config), HasSubstr("asr.protocol is vosk"));
  config = elsewhere("http://127.0.0.1:1/v1");
  config.asr.remote_model.clear();
  EXPECT_THAT(error_of(config), HasSubstr("asr.remote_model"));
  config = elsewhere("http://127.0.0.1:1/v1");
  config.asr.hot_words.assign(model::kHotWordsMax + 1, "w");
  EXPECT_THAT(error_of(config), HasSubstr("asr.hot_words: 501 words"));
  config.asr.hot_words = {std::string(model::kHotWordBytesMax + 1, 'w')};
  EXPECT_THAT(error_of(config), HasSubstr("257 bytes"));
}

}  // namespace
}  // namespace parley::server
