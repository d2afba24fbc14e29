// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "protocol/realtime/client_event.h"

namespace parley::protocol {
namespace {

class SessionParser : public ::testing::Test {
 protected:
  SessionPatch parse(const std::string& fields) {
    ParsedEvent parsed = parse_client_event(
        R"({"type":"session.update","session":{"type":"realtime",)" + fields + "}}", buffers_);
    if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
      ADD_FAILURE() << fields << "\n  " << error->code << ": " << error->message;
      return {};
    }
    return std::move(*std::get<SessionUpdate>(std::get<ClientEvent>(parsed).payload).session);
  }
  media::BufferPool buffers_;
};

TEST_F(SessionParser, TellsAbsentFromNullFromAValue) {
  const SessionPatch absent = parse(R"("audio":{"input":{}})");
  EXPECT_FALSE(absent.turn_detection.present());
  EXPECT_FALSE(absent.transcription.present());
  const SessionPatch null = parse(
      R"("audio":{"input":{"turn_detection":null,"transcription":null,"noise_reduction":null}},
         "tracing":null,"prompt":null,"include":null)");
  EXPECT_TRUE(null.turn_detection.is_null());
  EXPECT_TRUE(null.transcription.is_null());
  EXPECT_TRUE(null.noise_reduction.is_null());
  EXPECT_TRUE(null.tracing.is_null());
  EXPECT_TRUE(null.prompt.is_null());
  EXPECT_TRUE(null.include.is_null());
  const SessionPatch value = parse(R"("audio":{"input":{"turn_detection":{"threshold":0.25}}})");
  ASSERT_TRUE(value.turn_detection.has_value());
  EXPECT_EQ(value.turn_detection.value.threshold, 0.25);
  EXPECT_FALSE(value.turn_detection.value.type);
}

TEST_F(SessionParser, ReadsEveryField) {
  const SessionPatch patch = parse(R"("model":"m","output_modalities":["text"],
      "instructions":"","max_output_tokens":"inf","tool_choice":"required",
      "tools":[{"type":"function","name":"f","description":null,
                "parameters":{"type":"object","properties":{}}}],
      "truncation":{"type":"retention_ratio","retention_ratio":0.8},"tracing":"auto",
      "prompt":{"id":"p","version":"2","variables":{"a":"b"}},"reasoning":{"effort":"low"},
      "parallel_tool_calls":false,"include":["item.input_audio_transcription.logprobs"],
      "audio":{"input":{"format":{"type":"audio/pcm","rate":24000},
                        "transcription":{"model":"whisper-1","language":"en","prompt":null},
                        "noise_reduction":{"type":"far_field","strength":0.5},
                        "turn_detection":{"type":"server_vad","threshold":0,
                          "prefix_padding_ms":100,"silence_duration_ms":1000.0,
                          "idle_timeout_ms":6000,"create_response":false,
                          "interrupt_response":false}},
               "output":{"format":{"type":"audio/pcma"},"voice":"marin","speed":1.25}})");
  EXPECT_EQ(patch.model, "m");
  EXPECT_EQ(patch.modality, Modality::text);
  EXPECT_EQ(patch.instructions, "");
  EXPECT_EQ(patch.max_output_tokens, 0);
  EXPECT_EQ(patch.tool_choice->kind, ToolChoice::Kind::required);
  EXPECT_EQ(patch.tools->at(0).parameters, R"({"type":"object","properties":{}})");
  EXPECT_FALSE(patch.tools->at(0).description);
  EXPECT_EQ(patch.tracing.value, "\"auto\"");
  EXPECT_EQ(patch.parallel_tool_calls, false);
  EXPECT_EQ(patch.include.value.size(), 1U);
  EXPECT_EQ(patch.input_format, WireFormat{media::Codec::pcm16});
  EXPECT_EQ(patch.transcription.value.language.value, "en");
  EXPECT_TRUE(patch.transcription.value.prompt.is_null());
  EXPECT_EQ(patch.noise_reduction.value.strength, 0.5);
  const TurnDetectionPatch& turn = patch.turn_detection.value;
  EXPECT_EQ(turn.threshold, 0.0);
  EXPECT_EQ(turn.silence_duration_ms, 1000);
  EXPECT_EQ(turn.idle_timeout_ms.value, 6000);
  EXPECT_EQ(turn.create_response, false);
  EXPECT_EQ(patch.output_format, WireFormat{media::Codec::pcma});
  EXPECT_EQ(patch.voice->name, "marin");
  EXPECT_EQ(patch.speed, 1.25);
}

TEST_F(SessionParser, ReadsSemanticDetection) {
  const SessionPatch patch =
      parse(R"("audio":{"input":{"turn_detection":{"type":"semantic_vad","eagerness":"high"}}})");
  EXPECT_EQ(patch.turn_detection.value.type, TurnDetection::Type::semantic_vad);
  EXPECT_EQ(patch.turn_detection.value.eagerness, TurnDetection::Eagerness::high);
}

TEST_F(SessionParser, WhichToolsOfAnMcpServerAndWhichNeedLeave) {
  const auto server = [&](const std::string& rules) {
    const SessionPatch patch =
        parse(R"("tools":[{"type":"mcp","server_label":"a","server_url":"https://a.example/mcp")" +
              rules + "}]");
    return *patch.tools->at(0).mcp;
  };
  const McpServer plain = server("");
  EXPECT_FALSE(plain.allowed.names || plain.allowed.is_read_only);
  EXPECT_FALSE(plain.with_approval || plain.without_approval) << "asked for, each time";
  EXPECT_FALSE(server(R"(,"require_approval":"always")").without_approval);

  const McpServer never = server(R"(,"allowed_tools":["x","y"],"require_approval":"never")");
  EXPECT_EQ(never.allowed.names, (std::vector<std::string>{"x", "y"}));
  ASSERT_TRUE(never.without_approval);
  EXPECT_FALSE(never.without_approval->names || never.without_approval->is_read_only);

  const McpServer some =
      server(R"(,"allowed_tools":{"read_only":true,"tool_names":["x"]},)"
             R"("require_approval":{"always":{"tool_names":["x"]},"never":{"read_only":true}})");
  EXPECT_EQ(some.allowed.names, std::vector<std::string>{"x"});
  EXPECT_EQ(some.allowed.is_read_only, true);
  ASSERT_TRUE(some.with_approval && some.without_approval);
  EXPECT_EQ(some.with_approval->names, std::vector<std::string>{"x"});
  EXPECT_EQ(some.without_approval->is_read_only, true);
}

}  // namespace
}  // namespace parley::protocol
