// SPDX-License-Identifier: Apache-2.0
//
// Observers hear of what sessions do and cannot change or delay it, however badly they fare.
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "server/observers/file_observer.h"
#include "server/observers/record_json.h"
#include "server/observers/webhook_observer.h"
#include "tests/service/realtime/realtime_fixture.h"
#include "transport/client/webhook.h"

namespace parley::test {
namespace {

using server::FileObserver;
using server::WebhookObserver;
using ::testing::HasSubstr;
using ::testing::Not;

server::RecordPtr record(const std::string& words) {
  static const auto label = std::make_shared<const service::SessionLabel>(
      service::SessionLabel{.id = "sess_1", .key = "web", .model = "m"});
  service::SessionRecord one{.session = label, .what = service::UserSaid{"item_1", words}};
  one.unix_seconds = 5;
  one.session_ms = 7;
  return std::make_shared<const service::SessionRecord>(std::move(one));
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string fresh_path(const char* name) {
  const std::string path = ::testing::TempDir() + "parley_observer_" + name;
  for (const char* suffix : {"", ".1", ".2", ".3"}) std::remove((path + suffix).c_str());
  return path;
}

/// Everything that it hears.
class Collector final : public service::SessionObserver {
 public:
  void observe(server::RecordPtr heard) noexcept override {
    records.push_back(server::to_json(*heard));
  }
  std::vector<std::string> records;
};

/// One spoken and one typed turn; what the client got.
std::vector<std::string> talk(service::SessionObserver* observer) {
  FixtureOptions options;
  options.llm.replies = {{.text = "It is a fine day. So it is."}};
  options.service.prices.output_text = 1'000'000;
  options.service.observer = observer;
  RealtimeFixture call(std::move(options));
  call.open();
  call.speak(Millis(600));
  call.be_silent(Millis(900));
  call.rest(Millis(3000));
  call.client(R"({"type":"response.create","response":{"output_modalities":["text"]}})");
  call.client("not JSON");
  call.rest(Millis(3000));
  call.session->close();
  return {call.link->frames.begin(), call.link->frames.end()};
}

TEST(Observers, HearOfWhatHappens) {
  Collector collector;
  talk(&collector);
  const std::vector<std::string> types = {
      "session.opened", "conversation.item.done", "transcript",    "conversation.item.done",
      "response.done",  "conversation.item.done", "response.done", "error",
      "session.closed"};
  ASSERT_EQ(collector.records.size(), types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    EXPECT_THAT(collector.records[i], HasSubstr(R"("event":{"type":")" + types[i] + "\"")) << i;
    EXPECT_THAT(collector.records[i], HasSubstr(R"("session":"sess_)"));
  }
  EXPECT_THAT(collector.records[2], HasSubstr(R"("transcript":"heard 0.8 seconds")"))
      << "the client did not ask for it";
  EXPECT_THAT(collector.records[4], HasSubstr(R"("session_cost":8,)"));
  EXPECT_THAT(collector.records[8], HasSubstr(R"("output_text":16,"output_audio":)"));
  EXPECT_THAT(collector.records[8], HasSubstr(R"("cost":16,"currency":"USD")"));
}

TEST(Observers, DelayNothingWhenTheyHangForEver) {
  const std::vector<std::string> alone = talk(nullptr);
  ASSERT_GT(alone.size(), 20U);
  // Nobody ever runs this executor: as if a write or a name look-up never returned.
  exec::ManualRuntime hung;
  Metrics metrics;
  {
    FileObserver file({.path = "/dev/full"}, hung.executor, metrics);
    EXPECT_EQ(talk(&file), alone);
    for (std::size_t i = 0; i < server::kRecordsWaitingMax; ++i) file.observe(record("more"));
    EXPECT_THAT(metrics.render(),
                HasSubstr("parley_observer_lost_total{observer=\"file\",why=\"queue\"} 9\n"));
  }
  // A server that takes the request and never answers.
  exec::ManualRuntime runtime;
  std::vector<transport::HttpPostDone> asked;
  WebhookObserver webhook(
      {},
      [&](transport::HttpPost, transport::HttpPostDone done) { asked.push_back(std::move(done)); },
      {runtime.executor, runtime.timers, runtime.clock, metrics});
  EXPECT_EQ(talk(&webhook), alone);
  runtime.run_for(std::chrono::hours(1));
  EXPECT_EQ(asked.size(), 1U);
  EXPECT_FALSE(webhook.is_idle());
}

TEST(FileObserver, WritesLinesAndBeginsAnewFileWhenOneIsFull) {
  const std::string path = fresh_path("rotation");
  exec::ManualRuntime runtime;
  Metrics metrics;
  const std::size_t line = server::to_json(*record("word 0")).size() + 1;
  FileObserver file({.path = path, .file_bytes_max = 2 * line, .files_max = 2}, runtime.executor,
                    metrics);
  for (int i = 0; i < 8; ++i) file.observe(record("word " + std::to_string(i)));
  runtime.run_until_idle();
  EXPECT_EQ(read(path),
            server::to_json(*record("word 6")) + "\n" + server::to_json(*record("word 7")) + "\n");
  EXPECT_THAT(read(path + ".1"), HasSubstr("word 4"));
  EXPECT_THAT(read(path + ".2"), HasSubstr("word 3"));
  EXPECT_EQ(read(path + ".3"), "");
  EXPECT_THAT(metrics.render(), HasSubstr("parley_observer_records_total{observer=\"file\"} 8\n"));
}

TEST(FileObserver, AFullDiskLosesWholeLinesAndCountsThem) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  FileObserver file({.path = "/dev/full"}, runtime.executor, metrics);
  for (int i = 0; i < 3; ++i) file.observe(record("gone"));
  runtime.run_until_idle();
  EXPECT_THAT(metrics.render(),
              HasSubstr("parley_observer_lost_total{observer=\"file\",why=\"disk\"} 3\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_observer_records_total{observer=\"file\"} 0\n"));
}

TEST(FileObserver, HalfALineIsTakenBack) {
  const std::string path = fresh_path("partial");
  exec::ManualRuntime runtime;
  Metrics metrics;
  FileObserver file({.path = path}, runtime.executor, metrics);
  const std::string line = server::to_json(*record("first")) + "\n";
  file.observe(record("first"));
  runtime.run_until_idle();
  // As a disk that has room for half of the next line.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tight{line.size() * 3 / 2, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &tight);
  file.observe(record("secnd"));
  runtime.run_until_idle();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(read(path), line);
  file.observe(record("third"));
  runtime.run_until_idle();
  EXPECT_EQ(read(path), line + server::to_json(*record("third")) + "\n");
}

class Webhook : public ::testing::Test {
 protected:
  server::WebhookObserverOptions options() {
    return {.key = "s", .batch_max = 3, .tries_max = 3, .back_off = Millis(500)};
  }
  transport::Poster poster() {
    return [this](transport::HttpPost post, transport::HttpPostDone done) {
      posts.push_back(std::move(post));
      answers.push_back(std::move(done));
    };
  }
  void answer(Result<transport::HttpAnswer> with) {
    answers.back()(std::move(with));
    runtime.run_until_idle();
  }
  [[nodiscard]] std::string key(std::size_t i) const {
    for (const auto& [name, value] : posts.at(i).headers) {
      if (name == "Idempotency-Key") return value;
    }
    return "";
  }
  exec::ManualRuntime runtime;
  Metrics metrics;
  std::vector<transport::HttpPost> posts;
  std::vector<transport::HttpPostDone> answers;
  WebhookObserver webhook{
      options(), poster(), {runtime.executor, runtime.timers, runtime.clock, metrics}};
};

TEST_F(Webhook, SendsBatchesInOrderAndSigned) {
  for (int i = 0; i < 4; ++i) webhook.observe(record("w" + std::to_string(i)));
  runtime.run_until_idle();
  ASSERT_EQ(posts.size(), 1U) << "a full batch does not wait";
  EXPECT_EQ(posts[0].body, "{\"records\":[" + server::to_json(*record("w0")) + "," +
                               server::to_json(*record("w1")) + "," +
                               server::to_json(*record("w2")) + "]}");
  std::vector<std::pair<std::string, std::string>> expected;
  transport::add_webhook_headers(expected, "s", key(0), runtime.clock.unix_seconds(),
                                 posts[0].body);
  EXPECT_THAT(posts[0].headers, ::testing::IsSupersetOf(expected));
  answer(transport::HttpAnswer{204, ""});
  EXPECT_EQ(posts.size(), 1U) << "the rest waits for others";
  runtime.run_for(Millis(200));
  ASSERT_EQ(posts.size(), 2U);
  EXPECT_THAT(posts[1].body, HasSubstr("w3"));
  EXPECT_NE(key(0), key(1));
  EXPECT_FALSE(webhook.is_idle());
  answer(transport::HttpAnswer{200, ""});
  EXPECT_TRUE(webhook.is_idle());
  EXPECT_THAT(metrics.render(),
              HasSubstr("parley_observer_records_total{observer=\"webhook\"} 4\n"));
}

TEST_F(Webhook, TriesAgainLaterAndLaterThenGivesUp) {
  webhook.observe(record("w0"));
  runtime.run_for(Millis(200));
  ASSERT_EQ(posts.size(), 1U);
  answer(Error{ErrorCode::deadline_exceeded, "no answer"});
  webhook.observe(record("w1"));
  runtime.run_for(Millis(499));
  EXPECT_EQ(posts.size(), 1U);
  runtime.run_for(Millis(1));
  ASSERT_EQ(posts.size(), 2U);
  EXPECT_EQ(key(1), key(0));
  EXPECT_EQ(posts[1].body, posts[0].body);
  answer(transport::HttpAnswer{503, ""});
  runtime.run_for(Millis(999));
  EXPECT_EQ(posts.size(), 2U);
  runtime.run_for(Millis(1));
  ASSERT_EQ(posts.size(), 3U);
  answer(transport::HttpAnswer{429, ""});
  EXPECT_THAT(metrics.render(),
              HasSubstr("parley_observer_lost_total{observer=\"webhook\",why=\"webhook\"} 1\n"));
  // What waited goes on.
  runtime.run_for(Millis(200));
  ASSERT_EQ(posts.size(), 4U);
  EXPECT_THAT(posts[3].body, HasSubstr("w1"));
}

TEST_F(Webhook, ARefusalIsFinal) {
  webhook.observe(record("w0"));
  runtime.run_for(Millis(200));
  answer(transport::HttpAnswer{400, ""});
  runtime.run_for(std::chrono::seconds(60));
  EXPECT_EQ(posts.size(), 1U);
  EXPECT_TRUE(webhook.is_idle());
  EXPECT_THAT(metrics.render(), HasSubstr("why=\"webhook\"} 1\n"));
}

}  // namespace
}  // namespace parley::test
