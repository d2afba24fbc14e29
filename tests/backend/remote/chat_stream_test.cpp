// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/chat_stream.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using Kind = model::LlmDelta::Kind;
using Finish = model::LlmCall::Finish;

struct Heard {
  std::string all;  // "text", "<name>" and "(arguments)" in order
  ChatStream stream{[this](Kind kind, const std::string& text) {
    switch (kind) {
      case Kind::text:
        all += text;
        break;
      case Kind::tool_name:
        all += "<" + text + ">";
        break;
      case Kind::tool_arguments:
        all += "(" + text + ")";
        break;
    }
  }};

  void take(std::string_view data) {
    const Status status = stream.take(data);
    EXPECT_TRUE(status) << status.error().message;
  }
};

std::string delta(const std::string& members, const std::string& finish = "null") {
  return R"({"choices":[{"index":0,"delta":{)" + members + R"(},"finish_reason":)" + finish + "}]}";
}

TEST(ChatStream, PassesTextOn) {
  Heard heard;
  heard.take(delta(R"("role":"assistant","content":null)"));
  EXPECT_FALSE(heard.stream.has_begun());
  heard.take(delta(R"("content":"Hel")"));
  heard.take(delta(R"("content":"lo")"));
  heard.take(delta("", R"("stop")"));
  heard.take(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,)"
             R"("prompt_tokens_details":{"cached_tokens":4}}})");
  heard.take("[DONE]");
  EXPECT_TRUE(heard.stream.is_done());
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, "Hello");
  EXPECT_EQ(heard.stream.finish_reason(), Finish::stop);
  EXPECT_EQ(heard.stream.usage().input_tokens, 9);
  EXPECT_EQ(heard.stream.usage().cached_tokens, 4);
  EXPECT_EQ(heard.stream.usage().output_tokens, 2);
}

TEST(ChatStream, DoesNotSpeakReasoning) {
  Heard heard;
  heard.take(delta(R"("reasoning_content":"hmm")"));
  heard.take(delta(R"("reasoning":"hmm","content":"")"));
  EXPECT_FALSE(heard.stream.has_begun());
  heard.take(delta(R"("content":"Yes.")", R"("")"));
  EXPECT_EQ(heard.all, "Yes.");
  EXPECT_FALSE(heard.stream.is_complete()) << "an empty finish reason is none";
}

TEST(ChatStream, ToleratesNullUsageAndDetails) {
  Heard heard;
  heard.take(R"({"choices":[{"delta":{"content":"a"}}],"usage":null})");
  heard.take(R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,)"
             R"("prompt_tokens_details":null}})");
  EXPECT_EQ(heard.stream.usage().input_tokens, 3);
  EXPECT_EQ(heard.stream.usage().cached_tokens, 0);
}

TEST(ChatStream, CountsPiecesWhereThereIsNoUsage) {
  Heard heard;
  heard.take(delta(R"("content":"a")"));
  heard.take(delta(R"("content":"b")"));
  EXPECT_EQ(heard.stream.usage().output_tokens, 2);
}

TEST(ChatStream, JoinsCharactersCutBetweenDeltas) {
  Heard heard;
  heard.take(delta("\"content\":\"caf\xC3\""));
  heard.take(delta("\"content\":\"\xA9\""));
  EXPECT_EQ(heard.all, "caf\xC3\xA9");
}

TEST(ChatStream, StreamsACallByIndex) {
  Heard heard;
  heard.take(delta(R"("tool_calls":[{"index":0,"id":"c1","type":"function",)"
                   R"("function":{"name":"get_weather","arguments":""}}])"));
  heard.take(delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}])"));
  heard.take(delta(R"("tool_calls":[{"index":0,"function":{"arguments":"\"Oslo\"}"}}])"));
  heard.take(delta("", R"("tool_calls")"));
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, R"(<get_weather>({"city":)("Oslo"}))");
  EXPECT_EQ(heard.stream.finish_reason(), Finish::tool_call);
}

TEST(ChatStream, TakesAWholeCallWithoutIndex) {
  Heard heard;
  heard.take(delta(R"("tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{}"}}])"));
  heard.take(delta("", R"("stop")"));
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, "<f>({})");
  EXPECT_EQ(heard.stream.finish_reason(), Finish::tool_call);
}

TEST(ChatStream, FindsACallByIdOrPosition) {
  Heard heard;
  heard.take(delta(R"("tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{"}}])"));
  heard.take(delta(R"("tool_calls":[{"id":"c1","function":{"arguments":"}"}}])"));
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, "<f>({)(})");

  Heard other;
  other.take(delta(R"("tool_calls":[{"function":{"name":"f","arguments":"{"}}])"));
  other.take(delta(R"("tool_calls":[{"function":{"arguments":"}"}}])"));
  EXPECT_TRUE(other.stream.finish());
  EXPECT_EQ(other.all, "<f>({)(})");
}

TEST(ChatStream, KeepsFurtherCallsForTheEnd) {
  Heard heard;
  heard.take(delta(R"("tool_calls":[{"index":0,"function":{"name":"f","arguments":"{"}},)"
                   R"({"index":1,"function":{"name":"g","arguments":"{"}}])"));
  heard.take(delta(R"("tool_calls":[{"index":1,"function":{"arguments":"}"}},)"
                   R"({"index":0,"function":{"arguments":"}"}}])"));
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, "<f>({)(})<g>({})");
}

TEST(ChatStream, GivesEmptyArgumentsAnObject) {
  Heard heard;
  heard.take(delta(R"("tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}])"));
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, "<f>({})");
}

TEST(ChatStream, TakesArgumentsAsAnObject) {
  Heard heard;
  heard.take(delta(R"("tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}])"));
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, R"(<f>({"a":1}))");
}

TEST(ChatStream, RefusesArgumentsThatAreNoJson) {
  Heard heard;
  heard.take(delta(R"("tool_calls":[{"index":0,"function":{"name":"f","arguments":"{oops"}}])"));
  heard.take(delta("", R"("tool_calls")"));
  const Status finished = heard.stream.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::data_corrupt);

  Heard cut;
  cut.take(delta(R"("tool_calls":[{"index":0,"function":{"name":"f","arguments":"{\"a"}}])"));
  cut.take(delta("", R"("length")"));
  EXPECT_TRUE(cut.stream.finish());
  EXPECT_EQ(cut.stream.finish_reason(), Finish::length);
}

TEST(ChatStream, ReportsAnErrorInTheMiddle) {
  Heard heard;
  heard.take(delta(R"("content":"Hel")"));
  const Status status = heard.stream.take(R"({"error":{"message":"out of memory","code":500}})");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("out of memory"), std::string::npos);
}

TEST(ChatStream, RefusesWhatIsNoChunk) {
  for (const char* data : {"", "x", "[]", "{", "{\"a\":", "3"}) {
    Heard heard;
    EXPECT_FALSE(heard.stream.take(data)) << data;
  }
  for (const char* data :
       {"{}", R"({"choices":null})", R"({"choices":[null]})", R"({"choices":[{"delta":null}]})",
        R"({"choices":[{"delta":{"content":3,"tool_calls":[null,{"function":null}]}}]})"}) {
    Heard heard;
    heard.take(data);
    EXPECT_EQ(heard.all, "") << data;
  }
}

TEST(ChatStream, SaysThatNothingCame) {
  Heard heard;
  EXPECT_FALSE(heard.stream.finish());
  Heard empty;
  empty.take(delta("", R"("stop")"));
  EXPECT_TRUE(empty.stream.finish()) << "an empty reply is a reply";
}

TEST(ChatStream, ReadsAMessageThatWasNotStreamed) {
  Heard heard;
  heard.take(R"({"choices":[{"message":{"role":"assistant","content":"Hi."},)"
             R"("finish_reason":"stop"}]})");
  EXPECT_TRUE(heard.stream.finish());
  EXPECT_EQ(heard.all, "Hi.");
}

TEST(ErrorText, FindsTheMessage) {
  EXPECT_EQ(error_text(R"({"error":{"message":"no such model"}})"), "no such model");
  EXPECT_EQ(error_text(R"({"error":"busy"})"), "busy");
  EXPECT_EQ(error_text(R"({"detail":"Not Found"})"), "Not Found");
  EXPECT_EQ(error_text("upstream down\nmore"), "upstream down");
  EXPECT_EQ(error_text(""), "");
  EXPECT_EQ(error_text("<html>"), "");
}

}  // namespace
}  // namespace parley::backend
