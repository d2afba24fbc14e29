// SPDX-License-Identifier: Apache-2.0
#include "protocol/speakers/speaker_answer.h"

#include <array>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(SpeakerAnswer, SpeakersAreToldWithoutTheirVoices) {
  const std::array speakers{SpeakerShown{.id = "spk_1",
                                         .name = "Anna",
                                         .model = "ge2e",
                                         .recordings = 2,
                                         .created = 10,
                                         .updated = 20}};
  EXPECT_EQ(speakers_json(speakers),
            R"({"object":"list","data":[{"id":"spk_1","object":"speaker","name":"Anna",)"
            R"("model":"ge2e","recordings":2,"created_at":10,"updated_at":20}]})");
  EXPECT_EQ(speakers_json({}), R"({"object":"list","data":[]})");
  EXPECT_EQ(speaker_deleted_json("spk_1"),
            R"({"id":"spk_1","object":"speaker.deleted","deleted":true})");
}

TEST(SpeakerAnswer, TheNearestIsTheSpeakerWhereHeIsAMatch) {
  EXPECT_EQ(identification_json(std::nullopt, 0.75, 1.5),
            R"({"object":"speaker.identification","speaker":null,"nearest":null,"score":null,)"
            R"("threshold":0.75,"speech_seconds":1.5})");
  VoiceComparison compared{.id = "spk_1", .name = "Anna", .score = 0.5, .is_match = false};
  EXPECT_EQ(identification_json(compared, 0.75, 1.5),
            R"({"object":"speaker.identification","speaker":null,)"
            R"("nearest":{"id":"spk_1","name":"Anna"},"score":0.5,)"
            R"("threshold":0.75,"speech_seconds":1.5})");
  compared.is_match = true;
  EXPECT_EQ(verification_json(compared, 0.25, 1.5),
            R"({"object":"speaker.verification","speaker":{"id":"spk_1","name":"Anna"},)"
            R"("is_same":true,"score":0.5,"threshold":0.25,"speech_seconds":1.5})");
}

}  // namespace
}  // namespace parley::protocol
