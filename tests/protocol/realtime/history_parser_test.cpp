// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/history_parser.h"

#include <gmock/gmock.h>

#include "protocol/realtime/kept_item.h"

namespace parley::protocol {
namespace {

using ::testing::HasSubstr;

class HistoryParser : public ::testing::Test {
 protected:
  std::variant<History, ProtocolError> parse(std::string_view body) {
    return parse_history(body, buffers_, [this](std::string_view prefix) {
      return std::string(prefix) + std::to_string(++last_id_);
    });
  }
  /// One line of transcript for each item.
  std::string lines(std::string_view body) {
    const auto parsed = parse(body);
    if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
      return error->code + " " + error->param.value_or("") + ": " + error->message;
    }
    std::string text;
    for (const Item& item : std::get<History>(parsed).items) {
      KeptItem kept;
      kept.item = item;
      text += transcript_line(kept);
    }
    return text;
  }

 private:
  media::BufferPool buffers_;
  int last_id_ = 0;
};

TEST_F(HistoryParser, TakesMessagesOfEveryRole) {
  EXPECT_EQ(lines(R"({"messages":[
      {"role":"system","content":"Be brief."},
      {"role":"developer","content":[{"type":"text","text":"Be kind."}]},
      {"role":"user","content":[{"type":"text","text":"Look:"},
        {"type":"image_url","image_url":{"url":"data:image/png;base64,AA==","detail":"low"}},
        {"type":"text","text":"what is it?"}],"name":"jo"},
      {"role":"assistant","content":"A sea.","refusal":null,"annotations":[]},
      {"role":"assistant","content":[{"type":"refusal","refusal":"No."}]}]})"),
            "system: Be brief.\nsystem: Be kind.\nuser: Look: what is it?\n"
            "assistant: A sea.\nassistant: No.\n");
}

TEST_F(HistoryParser, TakesCallsAndTheirResults) {
  const std::string_view body = R"({"messages":[
      {"role":"user","content":"Weather in Rome and Oslo?"},
      {"role":"assistant","content":"Let me see.","tool_calls":[
        {"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\":\"Rome\"}"}},
        {"id":"chatcmpl-tool-0123456789abcdef0123456789abcdef","type":"function",
         "function":{"name":"look","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"chatcmpl-tool-0123456789abcdef0123456789abcdef",
       "content":[{"type":"text","text":"cold"}]},
      {"role":"tool","tool_call_id":"call_1","content":"warm"},
      {"role":"assistant","content":null,"tool_calls":[
        {"id":"x y","type":"function","function":{"name":"end","arguments":"{}"}}]}]})";
  EXPECT_EQ(lines(body),
            "user: Weather in Rome and Oslo?\nassistant: Let me see.\n"
            "assistant calls look({\"at\":\"Rome\"})\nassistant calls look({})\n"
            "result: cold\nresult: warm\nassistant calls end({})\n");
  const auto parsed = parse(body);
  const auto& items = std::get<History>(parsed).items;
  EXPECT_EQ(items[2].call_id, "call_1");
  // Too long for a session: both ends get the same new one.
  EXPECT_THAT(items[3].call_id, ::testing::StartsWith("call_"));
  EXPECT_EQ(items[4].call_id, items[3].call_id);
  EXPECT_EQ(items[5].call_id, "call_1");
  EXPECT_LE(items[6].call_id.size(), kIdBytesMax);
}

TEST_F(HistoryParser, TakesItemsOfTheRealtimeApi) {
  const auto parsed = parse(R"({"model":"m","metadata":{"user":"7"},"items":[
      {"id":"mine","type":"message","role":"user","content":[
        {"type":"input_audio","transcript":"hello","audio":"AAAA"}]},
      {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi."}]}]})");
  const auto& history = std::get<History>(parsed);
  ASSERT_EQ(history.items.size(), 2U);
  EXPECT_EQ(history.items[0].id, "mine");
  EXPECT_TRUE(history.items[0].content[0].audio.empty());
  EXPECT_FALSE(history.items[1].id.empty());
  EXPECT_EQ(history.metadata, R"({"user":"7"})");
  EXPECT_EQ(history.model, "m");
}

TEST_F(HistoryParser, SaysWhatIsWrong) {
  EXPECT_THAT(lines("nonsense"), HasSubstr("invalid_json"));
  EXPECT_THAT(lines("[]"), HasSubstr("an object"));
  EXPECT_THAT(lines("{}"), HasSubstr("messages"));
  EXPECT_THAT(lines(R"({"messages":[]})"), HasSubstr("expected 1 to 10000"));
  EXPECT_THAT(lines(R"({"messages":[],"items":[]})"), HasSubstr("either"));
  EXPECT_THAT(lines(R"({"messages":[{"role":"user"}]})"), HasSubstr("messages[0].content"));
  EXPECT_THAT(lines(R"({"messages":[{"role":"king","content":"x"}]})"),
              HasSubstr("messages[0].role"));
  EXPECT_THAT(lines(R"({"messages":[{"role":"tool","tool_call_id":"c","content":"x"}]})"),
              HasSubstr("'c' not found"));
  EXPECT_THAT(lines(R"({"messages":[{"role":"user","content":[{"type":"input_audio"}]}]})"),
              HasSubstr("messages[0].content[0].type"));
  EXPECT_THAT(lines(R"({"messages":[{"role":"user","content":[)"
                    R"({"type":"image_url","image_url":"https://example.com/a.png"}]}]})"),
              HasSubstr("data URL"));
  EXPECT_THAT(lines(R"({"items":[{"type":"message","role":"user","content":[)"
                    R"({"type":"input_audio","audio":"AAAA"}]}]})"),
              HasSubstr("transcript"));
  EXPECT_THAT(lines(R"({"messages":[{"role":"user","content":"x"}],"metadata":{"a":1}})"),
              HasSubstr("metadata.a"));
  EXPECT_THAT(lines(R"({"messages":[{"role":"user","content":"x"}],"surprise":1})"),
              HasSubstr("surprise"));
}

}  // namespace
}  // namespace parley::protocol
