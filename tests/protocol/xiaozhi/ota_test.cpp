// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/ota.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(Ota, AnAnswerNamesTheSocketAndNothingThatMustBeActivated) {
  EXPECT_EQ(to_json(OtaAnswer{.url = "ws://10.0.0.2:8080/xiaozhi/v1/",
                              .token = "t",
                              .framing = 3,
                              .time_ms = 1'790'000'000'000,
                              .timezone_offset_min = -90,
                              .firmware = "2.0.1"}),
            R"({"server_time":{"timestamp":1790000000000,"timezone_offset":-90},)"
            R"("firmware":{"version":"2.0.1","url":""},)"
            R"("websocket":{"url":"ws://10.0.0.2:8080/xiaozhi/v1/","token":"t","version":3}})");
  EXPECT_EQ(to_json(OtaAnswer{}).find("firmware"), std::string::npos);
}

TEST(Ota, TheFirmwaresVersionIsReadWhereItCanBe) {
  EXPECT_EQ(firmware_version(R"({"version":2,"minimum_free_heap_size":"8","application":)"
                             R"({"name":"xiaozhi","version":"2.0.1"}})"),
            "2.0.1");
  EXPECT_EQ(firmware_version(R"({"application":{"version":7}})"), "");
  EXPECT_EQ(firmware_version(R"({"application":{"version":"2.0.1"},"display":})"), "");
  EXPECT_EQ(firmware_version(""), "");
}

}  // namespace
}  // namespace parley::protocol
