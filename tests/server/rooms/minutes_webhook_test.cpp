// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/minutes_webhook.h"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scripted_endpoint.h"

namespace parley::server {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;

service::Minutes meeting() {
  service::Minutes minutes;
  minutes.job = "AJ_1";
  minutes.room = "kitchen";
  minutes.lines = {{"Ann", "Say \"cheese\".", 1'200}, {"Bob", "Grüße", 3'400}};
  minutes.text = "They met.";
  return minutes;
}

class MinutesWebhookTest : public ::testing::Test {
 protected:
  /// What the receiver answers, one after another; then the last for ever.
  std::vector<std::string> answers = {"200 OK"};

  /// Its end waits until all is settled.
  void finish() { webhook.reset(); }
  [[nodiscard]] bool counts(const std::string& line) const {
    return metrics.render().find("\n" + line + "\n") != std::string::npos;
  }
  static std::string header(const std::string& request, const std::string& name) {
    const std::size_t at = request.find("\r\n" + name + ": ");
    EXPECT_NE(at, std::string::npos) << name << " of " << request;
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 4;
    return request.substr(from, request.find("\r\n", from) - from);
  }

  std::mutex mutex;
  std::vector<std::string> requests;  // GUARDED_BY(mutex)
  ScriptedEndpoint endpoint{[this](Peer& peer) {
    for (std::string request = peer.read_request(); !request.empty();
         request = peer.read_request()) {
      const std::lock_guard lock(mutex);
      const std::size_t at = std::min(requests.size(), answers.size() - 1);
      requests.push_back(std::move(request));
      peer.send("HTTP/1.1 " + answers[at] + "\r\nContent-Length: 0\r\n\r\n");
    }
  }};
  Metrics metrics;
  std::unique_ptr<MinutesWebhook> webhook = std::make_unique<MinutesWebhook>(metrics);
};

TEST(MinutesJson, SaysWhoSaidWhatAndWhen) {
  EXPECT_EQ(minutes_json(meeting()),
            R"({"type":"minutes","job":"AJ_1","room":"kitchen","minutes":"They met.","lines":)"
            R"([{"speaker":"Ann","text":"Say \"cheese\".","at_ms":1200},)"
            R"({"speaker":"Bob","text":"Grüße","at_ms":3400}]})");
  EXPECT_EQ(minutes_json({}), R"({"type":"minutes","job":"","room":"","minutes":"","lines":[]})");
}

TEST_F(MinutesWebhookTest, IsPostedEvenIfTheProcessEndsAtOnce) {
  webhook->post(endpoint.url() + "/minutes?of=me", meeting());
  finish();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0], StartsWith("POST /minutes?of=me HTTP/1.1\r\n"));
  EXPECT_EQ(header(requests[0], "Content-Type"), "application/json");
  EXPECT_THAT(header(requests[0], "webhook-id"), StartsWith("minutes_"));
  EXPECT_THAT(requests[0], HasSubstr("\r\n\r\n" + minutes_json(meeting())));
  EXPECT_TRUE(counts("parley_room_minutes_total 1"));
  EXPECT_TRUE(counts("parley_room_minutes_lost_total 0"));
}

TEST_F(MinutesWebhookTest, IsTriedAgainUnderTheSameId) {
  answers = {"500 Oh", "503 No", "204 Now"};
  webhook->post(endpoint.url(), meeting());
  finish();
  ASSERT_THAT(requests, SizeIs(3));
  const std::set<std::string> ids = {header(requests[0], "webhook-id"),
                                     header(requests[1], "webhook-id"),
                                     header(requests[2], "webhook-id")};
  EXPECT_THAT(ids, SizeIs(1)) << "who takes it twice can tell";
  EXPECT_TRUE(counts("parley_room_minutes_total 1"));
}

TEST_F(MinutesWebhookTest, AfterThreeTriesItIsLostAndCounted) {
  answers = {"500 Oh"};
  webhook->post(endpoint.url(), meeting());
  finish();
  EXPECT_THAT(requests, SizeIs(MinutesWebhook::kTries));
  EXPECT_TRUE(counts("parley_room_minutes_total 0"));
  EXPECT_TRUE(counts("parley_room_minutes_lost_total 1"));
}

TEST_F(MinutesWebhookTest, AnAddressThatIsNoneOrNobodyThereIsALoss) {
  webhook->post("nowhere", meeting());
  webhook->post("http://127.0.0.1:1/", meeting());
  finish();
  EXPECT_TRUE(counts("parley_room_minutes_lost_total 2"));
}

}  // namespace
}  // namespace parley::server
