// SPDX-License-Identifier: Apache-2.0
#include "server/twilio/overheard_socket.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "server/observers/record_json.h"
#include "tests/support/audio.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::text_of;
using test::WebSocketClient;
namespace json = boost::json;

constexpr const char* kPath = "/twilio/listen";
constexpr const char* kStart =
    R"({"event":"start","streamSid":"MZ1","start":{"streamSid":"MZ1","callSid":"CA1",)"
    R"("tracks":["inbound","outbound"],"mediaFormat":{"encoding":"audio/x-mulaw",)"
    R"("sampleRate":8000,"channels":1},"customParameters":{}}})";

/// The records of one session, once it is closed.
class Collector final : public service::SessionObserver {
 public:
  void observe(std::shared_ptr<const service::SessionRecord> record) noexcept override {
    const std::lock_guard lock(mutex_);
    records_.push_back(json::parse(to_json(*record)).as_object());
    changed_.notify_all();
  }
  std::vector<json::object> wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] {
      return !records_.empty() && text_of(event(records_.back()), "type") == "session.closed";
    });
    return records_;
  }
  static const json::object& event(const json::object& record) {
    return record.at("event").as_object();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<json::object> records_;
};

void send(WebSocketClient& client, const std::string& track, const std::vector<float>& samples) {
  for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
    std::string bytes(160, '\0');
    codec::encode(media::Codec::pcmu, std::span(samples).subspan(at, 160),
                  std::as_writable_bytes(std::span(bytes)));
    json::object message =
        json::parse(protocol::to_json(protocol::CallSend{bytes}, "MZ1")).as_object();
    message["media"].as_object()["track"] = track;
    client.send_text(json::serialize(message));
  }
}

TEST(OverheardSocket, ACallIsHeardAndNothingIsSentIntoIt) {
  Collector collector;
  test::SpeechServer place;
  place.observer = &collector;
  place.start();
  WebSocketClient client(place.port(), kPath);
  client.send_text(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
  client.send_text("nonsense");  // is passed over
  client.send_binary("more of it");
  client.send_text(kStart);
  for (const char* track : {"inbound", "outbound"}) {
    send(client, track, test::noise(8'000, 1));
    send(client, track, test::silence(8'000));
  }
  client.send_text(R"({"event":"stop","streamSid":"MZ1","stop":{}})");
  const WebSocketClient::Received first = client.receive();
  EXPECT_EQ(first.kind, test::SocketKind::close) << first.data;
  EXPECT_EQ(first.code, 1000);
  const std::vector<json::object> records = collector.wait_for_all();
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(text_of(Collector::event(records[0]), "type"), "session.opened");
  std::vector<std::string> tracks;
  for (const json::object& record : records) {
    EXPECT_EQ(text_of(record, "call"), "CA1");
    const json::object& event = Collector::event(record);
    if (text_of(event, "type") != "transcript") continue;
    EXPECT_FALSE(text_of(event, "transcript").empty());
    EXPECT_TRUE(event.at("speaker").is_null());
    EXPECT_LT(event.at("start_ms").as_int64(), event.at("end_ms").as_int64());
    tracks.push_back(text_of(event, "track"));
  }
  std::ranges::sort(tracks);
  EXPECT_EQ(tracks, (std::vector<std::string>{"inbound", "outbound"}));
}

TEST(OverheardSocket, ASocketThatBreaksLosesNoWords) {
  Collector collector;
  test::SpeechServer place;
  place.observer = &collector;
  place.start();
  {
    WebSocketClient client(place.port(), kPath);
    client.send_text(kStart);
    send(client, "inbound", test::noise(8'000, 1));
    client.send_close(1001);
  }
  EXPECT_EQ(collector.wait_for_all().size(), 3U);
}

TEST(OverheardSocket, WhereNobodyWouldGetTheWordsNothingIsHeard) {
  test::SpeechServer place;
  place.start();
  EXPECT_EQ(WebSocketClient(place.port(), kPath).answer().status, 404);
  EXPECT_EQ(test::http(place.port(), "GET", kPath).status, 426);
}

TEST(OverheardSocket, ANodeWithoutTimeForItSaysSoBeforeItListens) {
  Collector collector;
  test::SpeechServer place;
  place.observer = &collector;
  place.config.limits.recognition_streams = 1;
  place.start();
  WebSocketClient first(place.port(), "/v1/asr/stream");
  first.send_binary(std::string(320, '\0'));
  first.send_text(R"({"type":"end"})");
  first.receive();
  const WebSocketClient refused(place.port(), kPath);
  EXPECT_EQ(refused.answer().status, 503);
  EXPECT_FALSE(refused.answer().header("Retry-After").empty());
}

TEST(OverheardSocket, ACallThatIsTalkedToHasNoOtherSide) {
  test::SpeechServer place;
  place.start();
  WebSocketClient client(place.port(), "/twilio/media");
  client.send_text(kStart);
  const WebSocketClient::Received last = client.receive();
  EXPECT_EQ(last.kind, test::SocketKind::close);
  EXPECT_EQ(last.code, 1008);
}

}  // namespace
}  // namespace parley::server
