// SPDX-License-Identifier: Apache-2.0
//
// Good events. Bad ones are in client_event_error_test.cpp.
#include "protocol/realtime/client_event.h"

#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"

namespace parley::protocol {
namespace {

class ClientEventParser : public ::testing::Test {
 protected:
  ClientEvent parse(const std::string& text, const ParseOptions& options = {}) {
    ParsedEvent parsed = parse_client_event(text, buffers_, options);
    if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
      ADD_FAILURE() << text << "\n  " << error->code << ": " << error->message;
      return {};
    }
    return std::move(std::get<ClientEvent>(parsed));
  }
  template <typename Event>
  Event parse_as(const std::string& text) {
    ClientEvent event = parse(text);
    if (auto* payload = std::get_if<Event>(&event.payload)) return std::move(*payload);
    ADD_FAILURE() << "another kind of event: " << text;
    return {};
  }

  media::BufferPool buffers_;
};

TEST_F(ClientEventParser, KeepsTheEventId) {
  EXPECT_EQ(parse(R"({"type":"input_audio_buffer.commit","event_id":"e1"})").event_id, "e1");
  EXPECT_EQ(parse(R"({"type":"input_audio_buffer.commit"})").event_id, std::nullopt);
  EXPECT_EQ(parse(R"({"type":"input_audio_buffer.commit","event_id":null})").event_id,
            std::nullopt);
}

TEST_F(ClientEventParser, ReadsEventsWithoutFields) {
  parse_as<InputAudioBufferCommit>(R"({"type":"input_audio_buffer.commit"})");
  parse_as<InputAudioBufferClear>(R"({"type":"input_audio_buffer.clear"})");
  ClientEvent event = parse(R"({"type":"output_audio_buffer.clear"})", {.server_plays_out = true});
  EXPECT_TRUE(std::holds_alternative<OutputAudioBufferClear>(event.payload));
}

TEST_F(ClientEventParser, DecodesAudioIntoAPooledBuffer) {
  const auto append = parse_as<InputAudioBufferAppend>(
      R"({"type":"input_audio_buffer.append","audio":"AAECAw=="})");
  ASSERT_EQ(append.audio.size(), 4U);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(append.audio.bytes()[static_cast<std::size_t>(i)], std::byte(i));
  }
}

TEST_F(ClientEventParser, AcceptsAnOddNumberOfBytesAndNone) {
  EXPECT_EQ(
      parse_as<InputAudioBufferAppend>(R"({"type":"input_audio_buffer.append","audio":"AAEC"})")
          .audio.size(),
      3U);
  EXPECT_TRUE(parse_as<InputAudioBufferAppend>(R"({"type":"input_audio_buffer.append","audio":""})")
                  .audio.empty());
}

TEST_F(ClientEventParser, AcceptsExactlyTheLongestAudio) {
  const std::string audio(base64_encoded_size(kAppendBytesMax), 'A');
  const auto append = parse_as<InputAudioBufferAppend>(
      R"({"type":"input_audio_buffer.append","audio":")" + audio + "\"}");
  EXPECT_EQ(append.audio.size(), kAppendBytesMax);
}

TEST_F(ClientEventParser, ReadsEscapedSlashesInBase64) {
  EXPECT_EQ(
      parse_as<InputAudioBufferAppend>(R"({"type":"input_audio_buffer.append","audio":"\/\/\/\/"})")
          .audio.bytes()[0],
      std::byte{0xFF});
}

TEST_F(ClientEventParser, ReadsWhereAnItemGoes) {
  const std::string item =
      R"("item":{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]})";
  const auto previous = [&](const std::string& field) {
    return parse_as<ConversationItemCreate>(R"({"type":"conversation.item.create",)" + field +
                                            item + "}")
        .previous_item_id;
  };
  EXPECT_EQ(previous(""), std::nullopt);
  EXPECT_EQ(previous(R"("previous_item_id":null,)"), std::nullopt);
  EXPECT_EQ(previous(R"("previous_item_id":"",)"), std::nullopt);
  EXPECT_EQ(previous(R"("previous_item_id":"root",)"), "root");
  EXPECT_EQ(previous(R"("previous_item_id":"item_1",)"), "item_1");
}

TEST_F(ClientEventParser, ReadsItemCommands) {
  EXPECT_EQ(
      parse_as<ConversationItemRetrieve>(R"({"type":"conversation.item.retrieve","item_id":"a"})")
          .item_id,
      "a");
  EXPECT_EQ(parse_as<ConversationItemDelete>(R"({"type":"conversation.item.delete","item_id":"b"})")
                .item_id,
            "b");
  const auto truncate = parse_as<ConversationItemTruncate>(
      R"({"type":"conversation.item.truncate","item_id":"c","content_index":0,)"
      R"("audio_end_ms":1500.0})");
  EXPECT_EQ(truncate.item_id, "c");
  EXPECT_EQ(truncate.audio_end_ms, 1500);
}

TEST_F(ClientEventParser, ReadsCancel) {
  EXPECT_EQ(parse_as<ResponseCancel>(R"({"type":"response.cancel"})").response_id, std::nullopt);
  EXPECT_EQ(
      parse_as<ResponseCancel>(R"({"type":"response.cancel","response_id":"resp_1"})").response_id,
      "resp_1");
}

TEST_F(ClientEventParser, ReadsAResponseWithoutWishes) {
  for (const char* text :
       {R"({"type":"response.create"})", R"({"type":"response.create","response":null})",
        R"({"type":"response.create","response":{}})",
        R"({"type":"response.create","response":{"input":null,"instructions":null}})"}) {
    const auto create = parse_as<ResponseCreate>(text);
    ASSERT_NE(create.response, nullptr);
    EXPECT_FALSE(create.response->out_of_band);
    EXPECT_FALSE(create.response->input);
    EXPECT_FALSE(create.response->instructions);
  }
}

TEST_F(ClientEventParser, ReadsEveryWishForAResponse) {
  const auto create = parse_as<ResponseCreate>(R"({"type":"response.create","response":{
      "instructions":"Be brief","output_modalities":["text"],"conversation":"none",
      "audio":{"output":{"format":{"type":"audio/pcmu"},"voice":{"id":"v1"}}},
      "input":[{"type":"item_reference","id":"item_9"},
               {"type":"message","role":"system","content":[{"type":"input_text","text":"x"}]}],
      "metadata":{"b":"2","a":"1"},
      "tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],
      "tool_choice":{"type":"function","name":"f"},"max_output_tokens":5,
      "parallel_tool_calls":true,"prompt":{"id":"p"},"reasoning":{"effort":"low"}}})");
  const ResponseRequest& request = *create.response;
  EXPECT_EQ(request.instructions, "Be brief");
  EXPECT_EQ(request.modality, Modality::text);
  EXPECT_TRUE(request.out_of_band);
  EXPECT_EQ(request.output_format, WireFormat{media::Codec::pcmu});
  EXPECT_EQ(request.voice->name, "v1");
  ASSERT_EQ(request.input->size(), 2U);
  EXPECT_EQ(std::get<ItemReference>((*request.input)[0]).id, "item_9");
  EXPECT_EQ(std::get<Item>((*request.input)[1]).content[0].text, "x");
  EXPECT_EQ(*request.metadata, (Metadata{{"b", "2"}, {"a", "1"}}));
  EXPECT_EQ(request.tools->at(0).parameters, R"({"type":"object"})");
  EXPECT_EQ(request.tool_choice->function, "f");
  EXPECT_EQ(request.max_output_tokens, 5);
}

TEST_F(ClientEventParser, TellsAnEmptyContextFromNone) {
  const auto create = parse_as<ResponseCreate>(
      R"({"type":"response.create","response":{"input":[],"tools":[],"max_output_tokens":"inf"}})");
  EXPECT_TRUE(create.response->input->empty());
  EXPECT_TRUE(create.response->tools->empty());
  EXPECT_EQ(create.response->max_output_tokens, 0);
}

}  // namespace
}  // namespace parley::protocol
