// SPDX-License-Identifier: Apache-2.0
//
// Devices that do anything at any time, from seeds: sound comes only between `tts start` and `tts
// stop`, and in the end everything is quiet.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/service/xiaozhi/xiaozhi_fixture.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""s;
using test::kHello;
using test::kStart;
using test::kStop;
using test::XiaozhiFixture;

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed) {}

  void run() {
    toy_.open(kHello);
    constexpr int kSteps = 60;
    for (int i = 0; i < kSteps && !toy_.link->close_code; ++i) step();
    look();
    if (toy_.link->close_code) return;
    toy_.say(R"({"type":"listen","state":"stop"})");
    toy_.rest(45s);  // a tool that was called may take half a minute
    look();
    EXPECT_FALSE(is_speaking_);
    toy_.service.drain();
    toy_.rest(1s);
    EXPECT_TRUE(toy_.link->close_code);
  }

 private:
  int below(int end) { return static_cast<int>(random_.uniform() * end); }

  void step() {
    static constexpr std::array<const char*, 9> kMessages{
        R"({"type":"listen","state":"start","mode":"auto"})",
        R"({"type":"listen","state":"start","mode":"manual"})",
        R"({"type":"listen","state":"start","mode":"realtime"})",
        R"({"type":"listen","state":"stop"})",
        R"({"type":"listen","state":"detect","text":"hi, esp"})",
        R"({"type":"listen","state":"detect","text":"What is that?"})",
        R"({"type":"abort"})",
        R"({"type":"ping"})",
        kHello,
    };
    switch (below(6)) {
      case 0:
        toy_.speak(Millis(60 * (1 + below(20))));
        break;
      case 1:
        toy_.be_silent(Millis(60 * (1 + below(20))));
        break;
      case 2:
        toy_.rest(Millis(below(3000)));
        break;
      case 3:
        toy_.answer(1 + below(6), answers_[static_cast<std::size_t>(below(3))]);
        break;
      default:
        toy_.say(kMessages[static_cast<std::size_t>(below(kMessages.size()))]);
        break;
    }
    look();
  }

  void look() {
    for (const std::string& line : toy_.lines()) {
      if (line == kStart) {
        EXPECT_FALSE(is_speaking_);
        is_speaking_ = true;
      } else if (line == kStop) {
        is_speaking_ = false;
      } else if (line == "sound" || line.find("sentence_start") != std::string::npos) {
        EXPECT_TRUE(is_speaking_) << line;
      }
    }
  }

  const std::array<std::string, 3> answers_{"{}", R"({"tools":[{"name":"self.lamp"}]})",
                                            R"({"content":[{"type":"text","text":"on"}]})"};
  Random random_;
  XiaozhiFixture toy_{{.llm = {.replies = {{.text = "Hello there. How are you?"},
                                           {.tool = "self_lamp"},
                                           {.text = "😀"},
                                           {.text = "One two three four five six seven."},
                                           {.text = ""}},
                               .first_token_delay = Millis(150),
                               .token_delay = Millis(20)},
                       .heard = {"Hello.", "", "What now?"}}};
  bool is_speaking_ = false;
};

TEST(XiaozhiChaos, WhateverADeviceDoesSoundComesOnlyWhenItWasTold) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    Chaos(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace parley::service
