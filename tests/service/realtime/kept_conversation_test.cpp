// SPDX-License-Identifier: Apache-2.0
//
// A session whose conversation is kept: what is acknowledged is written, what was written is there
// again, and a store that fails costs nobody the session.
#include <chrono>

#include <gmock/gmock.h>

#include "service/realtime/conversation_log.h"
#include "tests/service/realtime/realtime_fixture.h"
#include "tests/support/watched_backend.h"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTextOnly =
    R"({"type":"session.update","session":{"type":"realtime","output_modalities":["text"]}})";
const std::string kRespond = R"({"type":"response.create"})";

std::string create(const std::string& id, const std::string& text,
                   const std::string& previous = "") {
  return R"({"type":"conversation.item.create",)" +
         (previous.empty() ? "" : R"("previous_item_id":")" + previous + "\",") +
         R"("item":{"id":")" + id +
         R"(","type":"message","role":"user","content":[{"type":"input_text","text":")" + text +
         R"("}]}})";
}

std::string field(const std::string& frame, const std::string& name) {
  const std::string head = "\"" + name + "\":\"";
  const std::size_t at = frame.find(head);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + head.size();
  return frame.substr(begin, frame.find('"', begin) - begin);
}

/// The list under "words".
std::string words_in(const std::string& frame) {
  const std::size_t at = frame.find("\"words\":[");
  return at == std::string::npos ? "" : frame.substr(at, frame.find(']', at) - at);
}

/// A call whose store runs when the test says so.
class KeptCall : public RealtimeFixture {
 public:
  KeptCall(ManualStore& store, FixtureOptions options, service::Keeping keeping = {})
      : RealtimeFixture(with(store, std::move(options), keeping)), store_(store) {}

  void open(const std::string& conversation = "", const std::string& owner = "") {
    auto opened = service.open({.model = "m", .owner = owner, .conversation = conversation}, link);
    ASSERT_TRUE(opened);
    session = std::move(*opened);
    settle();
  }
  /// Lets store and session talk until neither has anything to say.
  void settle() {
    for (int i = 0; i < 8; ++i) {
      runtime.run_until_idle();
      store_.run();
    }
    runtime.run_until_idle();
  }
  void say(const std::string& frame) {
    client(frame);
    settle();
  }
  void pass(Nanos time) {
    for (Nanos past{0}; past < time; past += 20ms) {
      rest(20ms);
      settle();
    }
  }
  void hear(Millis speech) {
    for (int i = 0; i < speech.count() / 20; ++i) {
      append(sine(480, 220.0, 24'000, 0.3));
      settle();
    }
    for (int i = 0; i < 40; ++i) {
      append(silence(480));
      settle();
    }
  }
  std::vector<std::string> all(const std::string& type) const {
    std::vector<std::string> found;
    for (const std::string& frame : link->frames) {
      if (frame.find("{\"type\":\"" + type + "\"") == 0) found.push_back(frame);
    }
    return found;
  }
  std::string conversation_id() const { return field(link->frames.front(), "conversation_id"); }
  Result<store::Conversation> kept() const {
    return store_.backend->memory.load({conversation_id(), ""});
  }
  /// "id text" of each.
  std::string items() const {
    const Result<store::Conversation> conversation = kept();
    if (!conversation) return conversation.error().message;
    std::string line;
    for (const store::Item& item : conversation->items) {
      line += (line.empty() ? "" : ", ") + item.id + " " + field(item.json, "text");
    }
    return line;
  }

 private:
  static FixtureOptions with(ManualStore& store, FixtureOptions options, service::Keeping keeping) {
    static std::uint64_t seed = 0;
    options.service.seed = ++seed;
    options.service.keeping = keeping;
    options.service.keeping.store = &*store.store;
    return options;
  }
  ManualStore& store_;
};

TEST(KeptConversation, IsAcknowledgedOnlyWhenItIsWritten) {
  ManualStore store;
  KeptCall call(store, {});
  call.open();
  call.client(create("a", "one"));
  call.rest(1s);
  EXPECT_TRUE(call.all("conversation.item.added").empty());
  EXPECT_FALSE(call.kept());
  call.settle();
  EXPECT_EQ(call.all("conversation.item.added").size(), 1U);
  EXPECT_EQ(call.all("conversation.item.done").size(), 1U);
  EXPECT_EQ(call.items(), "a one");
}

TEST(KeptConversation, KeepsTheOrderOfEventsAndDelaysNoneBeforeIt) {
  ManualStore store;
  KeptCall call(store, {.llm = {.replies = {{.text = "Hello there."}}}});
  call.open();
  call.client(kRespond);
  call.rest(3s);
  // Until the item is written, only what leads up to it is told.
  EXPECT_THAT(call.link->frames.back(), HasSubstr("response.output_item.added"));
  call.settle();
  call.pass(3s);
  std::vector<std::string> types;
  for (const std::string& frame : call.link->frames) {
    const std::string type = field(frame, "type");
    if (types.empty() || types.back() != type) types.push_back(type);
  }
  const auto added = std::ranges::find(types, "conversation.item.added");
  const auto part = std::ranges::find(types, "response.content_part.added");
  const auto done = std::ranges::find(types, "conversation.item.done");
  EXPECT_TRUE(added < part && part < done && done != types.end());
  EXPECT_EQ(types.back(), "response.done");
}

TEST(KeptConversation, HasWhatTheClientWasTold) {
  ManualStore store;
  KeptCall call(store, {.llm = {.replies = {{.text = "Fine, thanks."}}}});
  call.open();
  call.say(kTextOnly);
  call.say(create("a", "one"));
  call.say(create("b", "two"));
  call.say(create("c", "three", "a"));
  call.say(create("r", "root", "root"));
  call.say(R"({"type":"conversation.item.delete","item_id":"b"})");
  call.say(kRespond);
  call.pass(1s);
  const std::string reply = field(call.all("response.output_item.done").at(0), "id");
  EXPECT_EQ(call.items(), "r root, a one, c three, " + reply + " Fine, thanks.");
  // The item as it is kept begins like the one that the client was told of.
  const std::string told = call.all("conversation.item.done").back();
  const std::string json = call.kept()->items.back().json;
  EXPECT_THAT(told, HasSubstr(json));
  const auto kept = call.kept();
  ASSERT_EQ(kept->responses.size(), 1U);
  EXPECT_THAT(kept->responses[0].json, HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(kept->responses[0].json, HasSubstr("\"output\":[\"" + reply + "\"]"));
  EXPECT_THAT(kept->responses[0].json, HasSubstr(R"("usage":{"total_tokens":)"));
}

TEST(KeptConversation, KeepsWhatWasHeardOfACutReply) {
  ManualStore store;
  KeptCall call(store, {.llm = {.replies = {{.text = "One two three four five six seven."}}}},
                {.audio = true});
  call.open();
  call.say(kRespond);
  call.pass(10s);
  const std::string id = field(call.all("response.output_item.done").at(0), "id");
  EXPECT_THAT(call.kept()->items[0].json,
              HasSubstr(R"("heard":"One two three four five six seven.")"));
  auto taken = store.backend->memory.take({call.conversation_id(), ""});
  ASSERT_EQ(taken->audio.size(), 1U);
  EXPECT_GT(taken->audio[0].samples.size(), 24'000U);
}

TEST(KeptConversation, CutsTheSoundWhereTheClientDid) {
  ManualStore store;
  KeptCall call(store, {.llm = {.replies = {{.text = "One two three four five six seven."}}}},
                {.audio = true});
  call.open();
  call.say(kRespond);
  call.pass(10s);
  const std::string id = field(call.all("response.output_item.done").at(0), "id");
  call.say(R"({"type":"conversation.item.truncate","item_id":")" + id +
           R"(","content_index":0,"audio_end_ms":700})");
  ASSERT_EQ(call.all("conversation.item.truncated").size(), 1U);
  const std::string json = call.kept()->items[0].json;
  EXPECT_THAT(json, HasSubstr(R"("samples":16800)"));
  EXPECT_THAT(json, Not(HasSubstr("transcript")));
  EXPECT_THAT(field(json, "heard"), ::testing::StartsWith("One"));
  EXPECT_THAT(field(json, "heard"), Not(HasSubstr("seven")));
  EXPECT_EQ(store.backend->memory.take({call.conversation_id(), ""})->audio[0].samples.size(),
            16'800U);
}

TEST(KeptConversation, KeepsSpokenTurnsWithTheirTranscripts) {
  ManualStore store;
  KeptCall call(store, {.llm = {.replies = {{.text = "Yes."}}}, .heard = {"are you there"}});
  call.open();
  call.hear(800ms);
  call.pass(3s);
  const auto kept = call.kept();
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->items.size(), 2U);
  // Nobody asked for the transcript, and it is kept all the same; the sound is not.
  EXPECT_THAT(kept->items[0].json, HasSubstr(R"("transcript":"are you there")"));
  EXPECT_THAT(kept->items[1].json, HasSubstr(R"("transcript":"Yes.")"));
  EXPECT_TRUE(store.backend->memory.take({call.conversation_id(), ""})->audio.empty());
  // The client was told of the commit after it was written, too.
  EXPECT_EQ(call.all("input_audio_buffer.committed").size(), 1U);
}

TEST(KeptConversation, NothingIsKeptOfASessionWithoutItems) {
  ManualStore store;
  KeptCall call(store, {});
  call.open();
  call.session->close();
  call.settle();
  EXPECT_TRUE(store.backend->memory.list({})->conversations.empty());
}

TEST(KeptConversation, HidesWhatShallNotBeKept) {
  const auto redaction = service::Redaction::make(std::vector<std::string>{"phone"});
  ManualStore store;
  KeptCall call(store, {.llm = {.replies = {{.text = "You said 555 123 4567."}}}},
                {.audio = true, .redaction = &*redaction});
  call.open();
  call.say(create("a", "call 555 123 4567"));
  call.say(kRespond);
  call.pass(5s);
  const auto taken = store.backend->memory.take({call.conversation_id(), ""});
  ASSERT_EQ(taken->items.size(), 2U);
  EXPECT_THAT(taken->items[0].json, HasSubstr("call [redacted]"));
  EXPECT_THAT(taken->items[1].json, HasSubstr(R"("transcript":"You said [redacted].")"));
  EXPECT_THAT(taken->items[1].json, Not(HasSubstr("555")));
  EXPECT_TRUE(taken->audio.empty());
  EXPECT_THAT(call.all("conversation.item.done").back(), HasSubstr("555 123 4567"));
}

TEST(KeptConversation, IsThereAgainInAnotherSession) {
  ManualStore store;
  std::string id;
  std::string reply;
  std::string words;
  {
    KeptCall call(store, {.llm = {.replies = {{.text = "Fine, thanks."}}}}, {.audio = true});
    call.open();
    call.say(create("a", "how are you"));
    call.say(kRespond);
    call.pass(5s);
    id = call.conversation_id();
    reply = field(call.all("response.output_item.done").at(0), "id");
    words = words_in(call.all("response.output_audio_transcript.done").at(0));
    EXPECT_THAT(words, HasSubstr(R"("text":"thanks.","start_ms":)"));
  }
  KeptCall call(store, {.llm = {.replies = {{.text = "Again."}}}}, {.audio = true});
  call.open(id);
  ASSERT_EQ(call.link->frames.size(), 1U);  // quietly
  EXPECT_EQ(call.conversation_id(), id);
  call.say(R"({"type":"conversation.item.retrieve","item_id":")" + reply + "\"}");
  const std::string retrieved = call.all("conversation.item.retrieved").at(0);
  EXPECT_THAT(retrieved, HasSubstr(R"("transcript":"Fine, thanks.")"));
  EXPECT_GT(field(retrieved, "audio").size(), 10'000U);
  EXPECT_EQ(words_in(retrieved), words);
  // The voice is fixed by what this session said, not by an earlier one.
  call.say(
      R"({"type":"session.update","session":{"type":"realtime","audio":{"output":{"voice":"ash"}}}})");
  EXPECT_EQ(call.all("session.updated").size(), 1U);
  call.say(create("b", "and now"));
  EXPECT_EQ(field(call.all("conversation.item.added").at(0), "previous_item_id"), reply);
  call.say(kRespond);
  call.pass(5s);
  EXPECT_EQ(call.kept()->items.size(), 4U);
  EXPECT_EQ(call.kept()->responses.size(), 2U);
}

TEST(KeptConversation, CutsAReplyWhoseSoundIsNotKept) {
  ManualStore store;
  std::string id;
  std::string reply;
  {
    KeptCall call(store, {.llm = {.replies = {{.text = "One two three four five six seven."}}}});
    call.open();
    call.say(kRespond);
    call.pass(10s);
    id = call.conversation_id();
    reply = field(call.all("response.output_item.done").at(0), "id");
  }
  KeptCall call(store, {});
  call.open(id);
  call.say(R"({"type":"conversation.item.truncate","item_id":")" + reply +
           R"(","content_index":0,"audio_end_ms":700})");
  EXPECT_EQ(call.all("conversation.item.truncated").size(), 1U);
  EXPECT_THAT(call.kept()->items[0].json, HasSubstr(R"("samples":16800,"heard":"One)"));
}

TEST(KeptConversation, LeavesAnUnfinishedReplyIncomplete) {
  ManualStore store;
  std::string id;
  {
    KeptCall call(store, {.llm = {.replies = {{.text = "One two three four five. Six seven eight "
                                                       "nine ten. Eleven twelve thirteen."}}}});
    call.open();
    call.say(kRespond);
    call.pass(600ms);
    id = call.conversation_id();
    EXPECT_THAT(call.kept()->items[0].json, HasSubstr(R"("status":"in_progress")"));
    call.session->close();
    store.run();
    const std::string json = call.kept()->items[0].json;
    EXPECT_THAT(json, HasSubstr(R"("status":"incomplete")"));
    EXPECT_THAT(field(json, "heard"), ::testing::StartsWith("One two"));
    EXPECT_EQ(field(json, "transcript"), field(json, "heard"));
  }
  KeptCall call(store, {});
  call.open(id);
  EXPECT_EQ(call.conversation_id(), id);
}

// As after kill -9: nobody had the time to say that it is incomplete.
TEST(KeptConversation, FindsAnInterruptedReplyIncomplete) {
  ManualStore store;
  store::Batch batch;
  batch.conversation = "conv_1";
  batch.birth.emplace();
  batch.changes = {store::PutItem{
      {"item_1", 1,
       R"({"id":"item_1","object":"realtime.item","type":"message","status":"in_progress",)"
       R"("role":"assistant","content":[{"type":"output_audio","transcript":"","rate":24000,)"
       R"("samples":24000,"heard":"One two","future":[1]}],"later":true})"}}};
  Status written;
  store.backend->write({&batch, 1}, {&written, 1});
  ASSERT_TRUE(written);
  KeptCall call(store, {});
  call.open("conv_1");
  EXPECT_THAT(call.kept()->items[0].json, HasSubstr(R"("status":"incomplete")"));
  EXPECT_THAT(call.kept()->items[0].json, HasSubstr(R"("transcript":"One two")"));
  EXPECT_THAT(call.kept()->items[0].json, HasSubstr(R"("samples":24000,"heard":"One two")"));
}

TEST(KeptConversation, RefusesOneThatIsNotThere) {
  ManualStore store;
  KeptCall call(store, {});
  call.open("conv_nobody");
  ASSERT_EQ(call.link->frames.size(), 1U);
  EXPECT_THAT(call.link->frames[0], HasSubstr(R"("code":"conversation_not_found")"));
  EXPECT_EQ(call.link->close_code, 4000);
  EXPECT_EQ(call.link->close_reason, "invalid_request_error.conversation_not_found");
}

TEST(KeptConversation, BelongsToItsOwner) {
  ManualStore store;
  std::string id;
  {
    KeptCall call(store, {});
    call.open("", "alice");
    call.say(create("a", "one"));
    id = call.conversation_id();
  }
  KeptCall thief(store, {});
  thief.open(id, "bob");
  EXPECT_THAT(thief.link->frames[0], HasSubstr("conversation_not_found"));
  KeptCall alice(store, {});
  alice.open(id, "alice");
  EXPECT_THAT(alice.link->frames[0], HasSubstr("session.created"));
}

TEST(KeptConversation, GoesToWhoeverResumesItLast) {
  ManualStore store;
  KeptCall first(store, {});
  first.open();
  first.say(create("a", "one"));
  KeptCall second(store, {});
  second.open(first.conversation_id());
  second.say(create("b", "two"));
  first.say(create("c", "three"));
  EXPECT_EQ(first.all("conversation.item.added").size(), 1U);  // never acknowledged
  EXPECT_THAT(first.link->frames.back(), HasSubstr("conversation_resumed_elsewhere"));
  EXPECT_EQ(first.link->close_code, 4000);
  EXPECT_EQ(second.items(), "a one, b two");
}

TEST(KeptConversation, EndsItsSessionWhenItIsDeleted) {
  ManualStore store;
  KeptCall call(store, {});
  call.open();
  call.say(create("a", "one"));
  ASSERT_TRUE(store.backend->memory.erase({call.conversation_id(), ""}));
  call.say(create("b", "two"));
  EXPECT_THAT(call.link->frames.back(), HasSubstr("conversation_deleted"));
  EXPECT_EQ(call.link->close_code, 4000);
  EXPECT_TRUE(store.backend->memory.list({})->conversations.empty());
}

TEST(KeptConversation, OutlivesAStoreThatFails) {
  ManualStore store;
  KeptCall call(store, {.llm = {.replies = {{.text = "Still here."}}}});
  call.open();
  call.say(kTextOnly);
  call.say(create("a", "one"));
  store.backend->failure = Error{ErrorCode::resource_exhausted, "the disk is full"};
  call.say(create("b", "two"));
  ASSERT_EQ(call.all("error").size(), 1U);
  EXPECT_THAT(call.all("error")[0], HasSubstr("conversation_not_saved"));
  EXPECT_THAT(call.all("error")[0], HasSubstr("the disk is full"));
  EXPECT_EQ(call.all("conversation.item.done").size(), 2U);
  call.say(kRespond);
  call.pass(30s);
  EXPECT_EQ(call.all("response.done").size(), 1U);
  call.say(R"({"type":"conversation.item.delete","item_id":"a"})");
  EXPECT_EQ(call.all("error").size(), 1U);  // said once
  EXPECT_EQ(call.items(), "a one");

  store.backend->failure.reset();
  call.pass(62s);
  const std::string reply = field(call.all("response.output_item.done").at(0), "id");
  EXPECT_EQ(call.items(), "b two, " + reply + " Still here.");
  EXPECT_EQ(call.kept()->responses.size(), 1U);
  call.client(create("c", "three"));
  call.rest(10ms);
  EXPECT_EQ(call.all("conversation.item.done").size(), 3U);  // waits for the store again
  call.settle();
  EXPECT_EQ(call.all("conversation.item.done").size(), 4U);
  EXPECT_EQ(call.items(), "b two, " + reply + " Still here., c three");
}

TEST(KeptConversation, WaitsNotForEverForAStoreThatIsSilent) {
  ManualStore store;
  KeptCall call(store, {});
  call.open();
  call.client(create("a", "one"));
  call.rest(service::kStoreTimeout - 10ms);
  EXPECT_TRUE(call.all("conversation.item.done").empty());
  call.rest(20ms);
  EXPECT_EQ(call.all("conversation.item.done").size(), 1U);
  EXPECT_THAT(call.all("error").at(0), HasSubstr("does not answer"));
  call.pass(3s);
  EXPECT_EQ(call.items(), "a one");
}

TEST(KeptConversation, SaysAllBeforeItsSessionExpires) {
  ManualStore store;
  FixtureOptions options;
  options.service.session_max = 10s;
  KeptCall call(store, options);
  call.open();
  call.rest(9990ms);
  call.client(create("a", "one"));
  call.rest(100ms);
  EXPECT_FALSE(call.link->close_code);
  call.settle();
  ASSERT_EQ(call.link->frames.size(), 4U);
  EXPECT_THAT(call.link->frames[2], HasSubstr("conversation.item.done"));
  EXPECT_THAT(call.link->frames[3], HasSubstr("session_expired"));
  EXPECT_EQ(call.link->close_code, 4000);
}

}  // namespace
}  // namespace parley::test
