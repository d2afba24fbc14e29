// SPDX-License-Identifier: Apache-2.0
//
// The exact text of each event: which keys there are, which are null, which are left out.
#include "protocol/realtime/server_event.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

const OutputPlace kPlace{"resp_1", "item_1", 0, 0};

Item spoken(Item::Status status) {
  Item item;
  item.id = "item_1";
  item.role = Item::Role::assistant;
  item.status = status;
  if (status != Item::Status::in_progress) {
    ItemContent part;
    part.kind = ItemContent::Kind::output_audio;
    part.text = "Hello";
    part.has_transcript = true;
    item.content.push_back(std::move(part));
  }
  return item;
}

Item heard() {
  Item item;
  item.id = "item_0";
  item.content.emplace_back().kind = ItemContent::Kind::input_audio;
  return item;
}

std::string fields(ServerPayload payload) {
  const std::string type(type_of(payload));
  const std::string json = to_json(ServerEvent{"event_1", std::move(payload)});
  const std::string head = R"({"type":")" + type + R"(","event_id":"event_1")";
  EXPECT_EQ(json.substr(0, head.size()), head);
  std::string rest = type + " {" + json.substr(head.size());
  const std::size_t comma = rest.find(',');
  if (comma == type.size() + 2) rest.erase(comma, 1);
  return rest;
}

TEST(ServerEvent, Errors) {
  EXPECT_EQ(fields(ErrorOccurred{unknown_parameter("session.x")}),
            R"(error {"error":{"type":"invalid_request_error","code":"unknown_parameter",)"
            R"("message":"Unknown parameter: 'session.x'.","param":"session.x","event_id":null}})");
  ProtocolError error = invalid_json();
  error.type = ProtocolError::Type::server;
  error.event_id = "e1";
  error.message = "m";
  EXPECT_EQ(fields(ErrorOccurred{error}),
            R"(error {"error":{"type":"server_error","code":"invalid_json","message":"m",)"
            R"("param":null,"event_id":"e1"}})");
}

TEST(ServerEvent, SessionsNameTheirModel) {
  const auto config = std::make_shared<const SessionConfig>();
  const std::string session = to_json(*config);
  EXPECT_EQ(fields(SessionCreated{config, {"a tiny model", true}}),
            R"(session.created {"session":)" + session +
                R"(,"parley":{"llm":{"name":"a tiny model","demonstration":true}}})");
  EXPECT_EQ(fields(SessionUpdated{config}), R"(session.updated {"session":)" + session + "}");
}

TEST(ServerEvent, Items) {
  const std::string user =
      R"("item":{"id":"item_0","object":"realtime.item","type":"message","status":"completed",)"
      R"("role":"user","content":[{"type":"input_audio","transcript":null}]}})";
  EXPECT_EQ(fields(ItemAdded{heard(), std::nullopt}),
            R"(conversation.item.added {"previous_item_id":null,)" + user);
  EXPECT_EQ(fields(ItemDone{heard(), "item_9"}),
            R"(conversation.item.done {"previous_item_id":"item_9",)" + user);
  EXPECT_EQ(fields(ItemTruncated{"item_1", 0, 1500}),
            R"(conversation.item.truncated {"item_id":"item_1","content_index":0,)"
            R"("audio_end_ms":1500})");
  EXPECT_EQ(fields(ItemDeleted{"item_1"}), R"(conversation.item.deleted {"item_id":"item_1"})");
}

TEST(ServerEvent, OnlyRetrievedItemsCarryAudio) {
  media::BufferPool buffers;
  Item item = spoken(Item::Status::completed);
  item.content[0].audio = buffers.copy_of(std::as_bytes(std::span("foo", 3)));
  const std::string body =
      R"({"id":"item_1","object":"realtime.item","type":"message","status":"completed",)"
      R"("role":"assistant","content":[{"type":"output_audio","transcript":"Hello")";
  EXPECT_EQ(fields(ItemRetrieved{item}),
            R"(conversation.item.retrieved {"item":)" + body + R"(,"audio":"Zm9v"}]}})");
  EXPECT_EQ(fields(ItemDone{item, "a"}),
            R"(conversation.item.done {"previous_item_id":"a","item":)" + body + R"(}]}})");
}

TEST(ServerEvent, ATruncatedPartHasNoTranscriptKey) {
  Item item = spoken(Item::Status::incomplete);
  item.content[0].has_transcript = false;
  EXPECT_EQ(fields(ItemRetrieved{item}),
            R"(conversation.item.retrieved {"item":{"id":"item_1","object":"realtime.item",)"
            R"("type":"message","status":"incomplete","role":"assistant","content":[)"
            R"({"type":"output_audio","audio":""}]}})");
}

TEST(ServerEvent, FunctionItems) {
  Item call;
  call.id = "item_2";
  call.type = Item::Type::function_call;
  call.status = Item::Status::in_progress;
  call.name = "f";
  call.call_id = "call_1";
  EXPECT_EQ(fields(OutputItemAdded{kPlace, call}),
            R"(response.output_item.added {"response_id":"resp_1","output_index":0,"item":{)"
            R"("id":"item_2","object":"realtime.item","type":"function_call",)"
            R"("status":"in_progress","name":"f","call_id":"call_1","arguments":""}})");
  Item output;
  output.id = "item_3";
  output.type = Item::Type::function_call_output;
  output.call_id = "call_1";
  output.output = "4";
  EXPECT_EQ(fields(ItemAdded{output, "item_2"}),
            R"(conversation.item.added {"previous_item_id":"item_2","item":{"id":"item_3",)"
            R"("object":"realtime.item","type":"function_call_output","status":"completed",)"
            R"("call_id":"call_1","output":"4"}})");
}

TEST(ServerEvent, Transcription) {
  EXPECT_EQ(fields(TranscriptionDelta{"item_0", "hi"}),
            R"(conversation.item.input_audio_transcription.delta {"item_id":"item_0",)"
            R"("content_index":0,"delta":"hi"})");
  EXPECT_EQ(fields(TranscriptionCompleted{"item_0", "", 1.25}),
            R"(conversation.item.input_audio_transcription.completed {"item_id":"item_0",)"
            R"("content_index":0,"transcript":"","usage":{"type":"duration","seconds":1.25}})");
  EXPECT_EQ(fields(TranscriptionFailed{"item_0", "unavailable", "no model"}),
            R"(conversation.item.input_audio_transcription.failed {"item_id":"item_0",)"
            R"("content_index":0,"error":{"type":"server_error","code":"unavailable",)"
            R"("message":"no model"}})");
}

TEST(ServerEvent, WordTimes) {
  const std::vector<WordInfo> words{{"Hi", 20, 180}, {"there.", 200, 640}};
  const std::string shown = R"("words":[{"text":"Hi","start_ms":20,"end_ms":180},)"
                            R"({"text":"there.","start_ms":200,"end_ms":640}])";
  TranscriptionCompleted heard{"item_0", "Hi there.", 1.25};
  heard.words = words;
  EXPECT_EQ(fields(heard), R"(conversation.item.input_audio_transcription.completed )"
                           R"({"item_id":"item_0","content_index":0,"transcript":"Hi there.",)" +
                               shown + R"(,"usage":{"type":"duration","seconds":1.25}})");
  const OutputPlace at{"resp_0", "item_1", 0, 0};
  const std::string place =
      R"({"response_id":"resp_0","item_id":"item_1","output_index":0,"content_index":0,)";
  EXPECT_EQ(fields(OutputTranscriptDone{at, "Hi there.", words}),
            "response.output_audio_transcript.done " + place + R"("transcript":"Hi there.",)" +
                shown + "}");
  EXPECT_EQ(fields(ContentPartDone{at, Modality::audio, "Hi there.", words}),
            "response.content_part.done " + place +
                R"("part":{"type":"audio","transcript":"Hi there.",)" + shown + "}}");
  Item item;
  item.id = "item_1";
  ItemContent& content = item.content.emplace_back();
  content.kind = ItemContent::Kind::input_audio;
  content.text = "Hi there.";
  content.has_transcript = true;
  content.words = words;
  EXPECT_NE(fields(ItemRetrieved{item}).find(shown), std::string::npos);
}

TEST(ServerEvent, InputBuffer) {
  EXPECT_EQ(fields(SpeechStarted{"item_0", 120}),
            R"(input_audio_buffer.speech_started {"item_id":"item_0","audio_start_ms":120})");
  EXPECT_EQ(fields(SpeechStopped{"item_0", 1980}),
            R"(input_audio_buffer.speech_stopped {"item_id":"item_0","audio_end_ms":1980})");
  EXPECT_EQ(fields(BufferCommitted{"item_0", std::nullopt}),
            R"(input_audio_buffer.committed {"item_id":"item_0","previous_item_id":null})");
  EXPECT_EQ(fields(BufferCleared{}), "input_audio_buffer.cleared {}");
  EXPECT_EQ(fields(TimeoutTriggered{"item_0", 1, 2}),
            R"(input_audio_buffer.timeout_triggered {"item_id":"item_0","audio_start_ms":1,)"
            R"("audio_end_ms":2})");
}

TEST(ServerEvent, AResponseThatBegins) {
  ResponseObject response;
  response.id = "resp_1";
  response.conversation_id = "conv_1";
  response.voice = "alloy";
  EXPECT_EQ(fields(ResponseCreated{response}),
            R"(response.created {"response":{"object":"realtime.response","id":"resp_1",)"
            R"("status":"in_progress","status_details":null,"output":[],)"
            R"("conversation_id":"conv_1","output_modalities":["audio"],)"
            R"("max_output_tokens":"inf","audio":{"output":{"format":{"type":"audio/pcm",)"
            R"("rate":24000},"voice":"alloy"}},"usage":null,"metadata":null}})");
}

TEST(ServerEvent, AResponseThatIsDone) {
  ResponseObject response;
  response.id = "resp_1";
  response.status = ResponseObject::Status::cancelled;
  response.reason = "turn_detected";
  response.modality = Modality::text;
  response.max_output_tokens = 7;
  response.voice = "alloy";
  response.output.push_back(spoken(Item::Status::incomplete));
  response.usage = TokenUsage{10, 20, 4, 5, 6};
  response.metadata = Metadata{{"a\"", "b"}};
  TimelineInfo timeline;
  timeline.speech_end_ms = -500;
  timeline.first_audio_ms = 240;
  EXPECT_EQ(
      fields(ResponseDone{response, timeline, {"fake", false}}),
      R"(response.done {"response":{"object":"realtime.response","id":"resp_1",)"
      R"("status":"cancelled","status_details":{"type":"cancelled","reason":"turn_detected"},)"
      R"("output":[{"id":"item_1","object":"realtime.item","type":"message",)"
      R"("status":"incomplete","role":"assistant","content":[{"type":"output_audio",)"
      R"("transcript":"Hello"}]}],"conversation_id":null,"output_modalities":["text"],)"
      R"("max_output_tokens":7,"audio":{"output":{"format":{"type":"audio/pcm","rate":24000},)"
      R"("voice":"alloy"}},"usage":{"total_tokens":41,"input_tokens":30,"output_tokens":11,)"
      R"("input_token_details":{"text_tokens":10,"audio_tokens":20,"image_tokens":0,)"
      R"("cached_tokens":4,"cached_tokens_details":{"text_tokens":4,"audio_tokens":0,)"
      R"("image_tokens":0}},"output_token_details":{"text_tokens":5,"audio_tokens":6}},)"
      R"("metadata":{"a\"":"b"}},"parley":{"llm":{"name":"fake","demonstration":false},)"
      R"("timeline":{"speech_end_ms":-500,"first_audio_ms":240}}})");
}

TEST(ServerEvent, AResponseThatFailed) {
  ResponseObject response;
  response.status = ResponseObject::Status::failed;
  response.error_code = "unavailable";
  response.error_message = "the model is away";
  const std::string json = fields(ResponseDone{response, {}, {}});
  EXPECT_NE(json.find(R"("status":"failed","status_details":{"type":"failed","error":{)"
                      R"("type":"server_error","code":"unavailable",)"
                      R"("message":"the model is away"}})"),
            std::string::npos)
      << json;
}

TEST(ServerEvent, ContentPartsUseTheShortTypes) {
  const std::string at =
      R"({"response_id":"resp_1","item_id":"item_1","output_index":0,"content_index":0)";
  EXPECT_EQ(fields(ContentPartAdded{kPlace, Modality::audio}),
            "response.content_part.added " + at + R"(,"part":{"type":"audio","transcript":""}})");
  EXPECT_EQ(fields(ContentPartAdded{kPlace, Modality::text}),
            "response.content_part.added " + at + R"(,"part":{"type":"text","text":""}})");
  EXPECT_EQ(fields(ContentPartDone{kPlace, Modality::audio, "Hi"}),
            "response.content_part.done " + at + R"(,"part":{"type":"audio","transcript":"Hi"}})");
}

TEST(ServerEvent, Deltas) {
  media::BufferPool buffers;
  const std::string at =
      R"({"response_id":"resp_1","item_id":"item_1","output_index":0,"content_index":0)";
  EXPECT_EQ(fields(OutputAudioDelta{kPlace, buffers.copy_of(std::as_bytes(std::span("foo", 3)))}),
            "response.output_audio.delta " + at + R"(,"delta":"Zm9v"})");
  EXPECT_EQ(fields(OutputAudioDone{kPlace}), "response.output_audio.done " + at + "}");
  EXPECT_EQ(fields(OutputTranscriptDelta{kPlace, "a"}),
            "response.output_audio_transcript.delta " + at + R"(,"delta":"a"})");
  EXPECT_EQ(fields(OutputTranscriptDone{kPlace, "ab"}),
            "response.output_audio_transcript.done " + at + R"(,"transcript":"ab"})");
  EXPECT_EQ(fields(OutputTextDelta{kPlace, "a"}),
            "response.output_text.delta " + at + R"(,"delta":"a"})");
  EXPECT_EQ(fields(OutputTextDone{kPlace, "ab"}),
            "response.output_text.done " + at + R"(,"text":"ab"})");
}

TEST(ServerEvent, FunctionArgumentsHaveNoContentIndex) {
  const std::string at =
      R"({"response_id":"resp_1","item_id":"item_1","output_index":0,"call_id":"call_1",)";
  EXPECT_EQ(fields(ArgumentsDelta{kPlace, "call_1", "{"}),
            "response.function_call_arguments.delta " + at + R"("delta":"{"})");
  EXPECT_EQ(fields(ArgumentsDone{kPlace, "call_1", "f", "{}"}),
            "response.function_call_arguments.done " + at + R"("name":"f","arguments":"{}"})");
}

TEST(ServerEvent, ItemDoneOfAReply) {
  EXPECT_EQ(fields(OutputItemDone{kPlace, spoken(Item::Status::in_progress)}),
            R"(response.output_item.done {"response_id":"resp_1","output_index":0,"item":{)"
            R"("id":"item_1","object":"realtime.item","type":"message","status":"in_progress",)"
            R"("role":"assistant","content":[]}})");
}

TEST(ServerEvent, TranscriptsMayComeWithHowSureTheyAre) {
  const Logprobs logprobs{{{"h\xC3\xA9", -0.5}}};
  EXPECT_EQ(fields(TranscriptionDelta{"item_0", "hé", logprobs}),
            R"(conversation.item.input_audio_transcription.delta {"item_id":"item_0",)"
            R"("content_index":0,"delta":"hé",)"
            R"("logprobs":[{"token":"hé","logprob":-0.5,"bytes":[104,195,169]}]})");
  EXPECT_EQ(fields(TranscriptionCompleted{"item_0", "hé", 1.5, logprobs, {"fr"}}),
            R"(conversation.item.input_audio_transcription.completed {"item_id":"item_0",)"
            R"("content_index":0,"transcript":"hé",)"
            R"("logprobs":[{"token":"hé","logprob":-0.5,"bytes":[104,195,169]}],)"
            R"("languages":[{"code":"fr"}],"usage":{"type":"duration","seconds":1.5}})");
  EXPECT_EQ(fields(TranscriptionSegment{"item_0", "seg_1", "hello", "A", 0.5, 1.25}),
            R"(conversation.item.input_audio_transcription.segment {"item_id":"item_0",)"
            R"("content_index":0,"id":"seg_1","text":"hello","speaker":"A","start":0.5,)"
            R"("end":1.25})");
}

TEST(ServerEvent, WhatOnlyCallsHave) {
  EXPECT_EQ(fields(OutputBufferStarted{"resp_1"}),
            R"(output_audio_buffer.started {"response_id":"resp_1"})");
  EXPECT_EQ(fields(OutputBufferStopped{"resp_1"}),
            R"(output_audio_buffer.stopped {"response_id":"resp_1"})");
  EXPECT_EQ(fields(OutputBufferCleared{"resp_1"}),
            R"(output_audio_buffer.cleared {"response_id":"resp_1"})");
  EXPECT_EQ(to_json(ServerEvent{"event_1", DtmfReceived{"5", 1'750'000'000}}),
            R"({"type":"input_audio_buffer.dtmf_event_received","event":"5",)"
            R"("received_at":1750000000})")
      << "the one event without an id";
}

TEST(ServerEvent, RateLimits) {
  EXPECT_EQ(fields(RateLimitsUpdated{{{"tokens", 1000, 900, 1.5}}}),
            R"(rate_limits.updated {"rate_limits":[{"name":"tokens","limit":1000,)"
            R"("remaining":900,"reset_seconds":1.5}]})");
}

TEST(ServerEvent, McpServers) {
  EXPECT_EQ(fields(McpListTools{McpProgress::in_progress, "item_1"}),
            R"(mcp_list_tools.in_progress {"item_id":"item_1"})");
  EXPECT_EQ(fields(McpListTools{McpProgress::completed, "item_1"}),
            R"(mcp_list_tools.completed {"item_id":"item_1"})");
  EXPECT_EQ(fields(McpListTools{McpProgress::failed, "item_1"}),
            R"(mcp_list_tools.failed {"item_id":"item_1"})");
  EXPECT_EQ(fields(McpArgumentsDelta{kPlace, "{"}),
            R"(response.mcp_call_arguments.delta {"response_id":"resp_1","item_id":"item_1",)"
            R"("output_index":0,"delta":"{"})");
  EXPECT_EQ(fields(McpArgumentsDone{kPlace, "{}"}),
            R"(response.mcp_call_arguments.done {"response_id":"resp_1","item_id":"item_1",)"
            R"("output_index":0,"arguments":"{}"})");
  EXPECT_EQ(fields(McpCall{McpProgress::in_progress, "item_1", 2}),
            R"(response.mcp_call.in_progress {"item_id":"item_1","output_index":2})");
  EXPECT_EQ(fields(McpCall{McpProgress::completed, "item_1", 2}),
            R"(response.mcp_call.completed {"item_id":"item_1","output_index":2})");
  EXPECT_EQ(fields(McpCall{McpProgress::failed, "item_1", 2}),
            R"(response.mcp_call.failed {"item_id":"item_1","output_index":2})");
}

}  // namespace
}  // namespace parley::protocol
