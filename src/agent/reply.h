// SPDX-License-Identifier: Apache-2.0
//
// One reply as it goes out: turns what the speaking half of a pipeline produces into the ladder of
// events that a client expects, and closes it properly however it ends. Every opening event that
// was sent gets its closing one (openai-realtime reference, 5.2, 5.4, 5.7, 5.8).
//
// A spoken reply has one message, which stays open while its audio goes out; function calls that
// the model makes meanwhile are told at once beside it, so that a tool can run while its preamble
// plays. Threads: strand.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/agent_listener.h"
#include "agent/conversation.h"
#include "agent/moderation_gate.h"
#include "agent/output_gate.h"
#include "agent/response.h"
#include "agent/voice_pipeline.h"
#include "base/clock.h"

namespace parley::agent {

class Reply {
 public:
  /// Whose tool that is, when it is an MCP server's.
  struct McpTool {
    std::string server_label;
    bool needs_leave = false;  // the client's, before it is called
  };
  using FindMcp = std::function<std::optional<McpTool>(std::string_view name)>;
  using MakeId = std::function<std::string(std::string_view prefix)>;

  /// From when the stages are timed, and what is known of them so far.
  struct Timing {
    const Clock& clock;
    Instant decision;
    TurnTimeline timeline;
  };

  /// `conversation` is null for an out-of-band reply: its items enter nowhere. Says
  /// `response_created`.
  Reply(Response response, AgentListener& listener, Conversation* conversation, MakeId make_id,
        Timing timing, FindMcp find_mcp = {});

  /// What must pass before anything is heard, and before each clause is; null: nothing must.
  void moderate(std::unique_ptr<ModerationGate> input, std::unique_ptr<OutputGate> output);
  /// The first so many texts of the input passed; `input_refused`: the next one did not.
  [[nodiscard]] std::size_t input_passed() const { return input_passed_; }
  [[nodiscard]] bool input_refused() const { return input_refused_; }

  /// Takes what waits at the outlets. True when the reply is over; it is then closed.
  bool drain(const ReplyOutlets& outlets);
  /// Ends it now, with all closing events up to response_done.
  void close(Response::Status status, Response::Reason reason, Error error = {});

  [[nodiscard]] const Response& response() const { return response_; }
  [[nodiscard]] Response& response() { return response_; }
  [[nodiscard]] bool closed() const { return closed_; }
  void transcript_arrived() { mark(timing_.timeline.transcript_ms); }
  struct CompleteCall {
    Item item;
    std::size_t output_index = 0;
  };
  /// The calls of functions and of MCP tools that became complete since the last look; out of band,
  /// none ever does. The item of an MCP call stays open in the conversation until it has run.
  [[nodiscard]] std::vector<CompleteCall> take_calls() {
    return std::exchange(complete_calls_, {});
  }
  /// One clause could not be spoken: the rest is. A reply of which nothing could be is failed.
  /// True for the first one.
  bool clause_lost(Error error);

 private:
  void take_text(const media::TextDelta& delta);
  void take_call(const media::ToolCall& call);
  void take_clause(const media::TextDelta& clause);
  void place_clauses();
  void take_packet(const media::EncodedAudio& packet);

  /// Notes when a stage happened for the first time.
  void mark(std::optional<std::int64_t>& stage);
  /// One of response_.output that is in progress, and its serial in the conversation.
  struct Open {
    std::size_t index = 0;
    std::uint64_t serial = 0;
  };

  /// False: nothing may be heard yet, or ever.
  [[nodiscard]] bool pass_input(const ReplyOutlets& from);
  /// False: a clause was refused, and the reply is closed.
  [[nodiscard]] bool pass_output();
  [[nodiscard]] bool may_send(const media::EncodedAudio& packet) const;
  /// Times how long something that is ready waits for a check.
  void hold(bool held);
  void tell_words(std::string_view words);

  void take_words(const ReplyOutlets& from);
  [[nodiscard]] Open open_item(Item item);
  void open_message();
  void close_message(Item::Status status);
  void close_call(Item::Status status);
  void give_up_call(const Open& open);
  void close_item(const Open& open, Item::Status status);
  [[nodiscard]] Item make_call_item(const std::string& name) const;
  /// The item in the conversation; null when out of band or deleted meanwhile.
  [[nodiscard]] Item* stored(const Open& open);
  /// The message's part there, for its audio; null likewise.
  [[nodiscard]] ContentPart* stored_part();
  [[nodiscard]] OutputRef at(const Open& open) const;

  Response response_;
  AgentListener& listener_;
  Conversation* const conversation_;
  const MakeId make_id_;
  Timing timing_;
  const FindMcp find_mcp_;
  std::optional<Open> message_;
  std::optional<Open> call_;
  std::vector<CompleteCall> complete_calls_;
  media::GenerationEnd end_;
  bool generation_ended_ = false;
  bool audio_ended_ = false;
  media::MediaTime audio_sent_;
  std::size_t clauses_spoken_ = 0;
  std::deque<SpokenClause> spoken_;  // that wait for their words to be told
  std::int32_t deltas_ = 0;          // about the tokens that came; for a reply that is cut
  std::unique_ptr<ModerationGate> input_gate_;
  std::unique_ptr<OutputGate> output_gate_;
  std::size_t input_passed_ = 0;
  bool input_refused_ = false;
  std::optional<Instant> held_since_;
  std::optional<Error> clause_lost_;  // why the first of those that are missing is
  bool closed_ = false;
};

}  // namespace parley::agent
