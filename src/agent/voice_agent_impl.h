// SPDX-License-Identifier: Apache-2.0
//
// A session's decisions, as state that five files share: voice_agent.cpp (one slice, commands),
// voice_agent_turns.cpp (the user's turns), voice_agent_words.cpp (his words),
// voice_agent_replies.cpp (who is answered when, and with what), voice_agent_functions.cpp (calls,
// their outputs, timers). Private to them: every rule is
// about the same few facts, who speaks, which reply runs, and for which words it waits.
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/alarm_clock.h"
#include "agent/mcp_servers.h"
#include "agent/recording_queue.h"
#include "agent/reply.h"
#include "agent/tool_runner.h"
#include "agent/voice_agent.h"
#include "agent/voice_pipeline.h"
#include "base/random.h"
#include "operators/asr/appended_text.h"
#include "operators/asr/speaker_labels.h"

namespace parley::agent {

struct VoiceAgent::Impl {
  /// An item whose words moderation judges, in the order in which it was asked.
  struct UnderCheck {
    std::string item_id;
    std::uint64_t serial = 0;
  };
  /// A reply beside the conversation has a speaking half of its own.
  struct OutOfBand {
    operators::SpeechSettings speech;
    ReplyPipeline voice;
    std::unique_ptr<Reply> reply;
    ResponseOptions options;  // until its generation starts
    bool waits = true;        // for transcripts
    std::vector<UnderCheck> under_check;
  };
  /// A user item whose transcript is on its way.
  struct Heard {
    media::UtteranceId utterance;
    std::string item_id;
    std::uint64_t serial = 0;         // of the item: a client may delete it and use its id again
    bool transcribe = false;          // report the transcript to the client
    operators::AppendedText told;     // of it already
    bool diarize = false;             // and say whose it is
    media::MediaTime speech_begin{};  // from the start of its audio
    media::MediaTime speech_end{};
  };
  /// Words that wait for their speaker, and those behind them.
  struct Unnamed {
    Heard heard;
    media::Transcript transcript;
  };
  /// A user item whose speaker is being found out.
  struct Unknown {
    media::UtteranceId utterance;
    std::string item_id;
    bool asks = false;  // for a reply, if its speaker may
  };

  Impl(const AgentContext& with, const AgentSettings& live, AgentListener& to, exec::Waker wake,
       std::uint64_t seed)
      : context(with),
        settings(live),
        listener(to),
        waker(std::move(wake)),
        random(seed),
        session(random.next()),
        recordings(context, settings, listener, waker),
        tools(context.tools, waker, session,
              [this](ToolRunner::Output output) { take_output(std::move(output)); }),
        mcp(context.mcp, waker),
        alarms(context.timers, waker) {
    input.count_dropped_in(context.metrics.counter(
        "parley_input_dropped_samples_total",
        "Samples (16 kHz) dropped from input buffers that nobody committed in time"));
  }

  bool run(const exec::SliceBudget& budget);
  bool drain_input();
  bool drain_replies(const exec::SliceBudget& budget);
  void hear(const media::TurnEvent& event);
  void await_speech();
  void watch_silence();
  void forget_silence();
  void end_silence();
  void commit_utterance(const media::TurnEvent& event);
  [[nodiscard]] bool is_gated();
  void await_speaker(const media::TurnEvent& event, std::string item_id, bool asks);
  void admit_speakers();
  [[nodiscard]] Item make_recording(std::string id, media::MediaTime begin, media::MediaTime end);
  const Item& commit_item(Item item);
  void take_transcript(const media::Transcript& transcript);
  void take_partial(const media::Transcript& partial);
  [[nodiscard]] bool tells_speakers();
  void name_speakers();
  void forget_speaker(const Heard& of) noexcept;
  void tell_words(const Heard& one, const media::Transcript& transcript);
  [[nodiscard]] operators::SpeakerLabels::Surroundings among(model::KnownSpeakers& known) const;
  void take_error(graph::Pipeline& pipeline, Reply* reply);
  void give_up();
  void catch_up();

  void create(ResponseOptions options, std::optional<Error> refused = std::nullopt);
  [[nodiscard]] Response make_response(ResponseOptions& options);
  [[nodiscard]] operators::SpeechSettings make_speech(const Response& response);
  [[nodiscard]] std::shared_ptr<model::LlmCall> make_call(const Response& response);
  [[nodiscard]] model::LlmPrompt make_prompt(const ResponseOptions& options);
  [[nodiscard]] std::vector<const Item*> items_of(const ResponseOptions& options);
  [[nodiscard]] std::vector<UnderCheck> moderate(Reply& of, const ResponseOptions& options);
  void settle(const Reply& of, std::vector<UnderCheck>& under_check);
  void count_input_audio(Response& response, const ResponseOptions& options);
  void hear_input(ResponseOptions& options);
  [[nodiscard]] RecordingQueue::Found find(std::string_view id, std::uint64_t serial);
  [[nodiscard]] bool awaits_words(const ResponseOptions& options);
  void start_if_ready();
  void create_beside(Response response, ResponseOptions options);
  void start_beside(OutOfBand& beside);
  void create_queued();
  void create_permitted(ResponseOptions options);
  void close_reply(Response::Status status, Response::Reason reason, Error error = {});
  void after_reply();
  void prepare();

  Item& insert(Item item, const Conversation::Position& position);
  void take_calls();
  void call_mcp(const Item& call, std::size_t output_index, const std::string& response_id,
                const ResponseOptions& options);
  void take_output(ToolRunner::Output output);
  void take_mcp_output(const ToolRunner::Output& output);
  void run_tools();
  void run_mcp();
  void answer_leave(const Item& answer);
  [[nodiscard]] std::optional<McpServers::Origin> find_mcp(std::string_view name) const;
  void queue_follow_up(ResponseOptions options);

  const AgentContext context;
  const AgentSettings& settings;
  AgentListener& listener;
  const exec::Waker waker;
  Random random;
  const std::uint64_t session;

  Conversation conversation;
  operators::InputBuffer input;
  media::MediaTime appended;  // audio from the client so far
  operators::SpeechSettings speech;
  VoicePipeline voice;
  media::Turn turn{1};

  std::string utterance_item;       // id of the item that the open utterance will become
  media::UtteranceId utterance{0};  // that opened last
  media::MediaTime speech_begin;    // of it
  bool is_announced = false;        // as speech; not where its client says when he speaks
  operators::AppendedText told;     // of its words
  media::UtteranceId by_client{0};  // the utterance that the client committed last
  std::deque<Heard> heard;          // in order of utterance
  std::optional<operators::SpeakerLabels> labels;  // nothing: nobody was ever looked for
  std::deque<Unknown> unknown;                     // in order of utterance
  std::optional<operators::SpeakerLabels> voices;  // nothing: nobody was ever told apart
  std::deque<Unnamed> unnamed;                     // in order of utterance
  std::string last_speaker;                        // who spoke last, as far as he is known
  std::optional<Error> recognition_error;          // until the transcript that it is about
  std::unique_ptr<Reply> reply;                    // of the conversation
  ResponseOptions reply_options;                   // until its generation starts
  std::vector<UnderCheck> under_check;             // of its input
  bool reply_waits = false;                        // for transcripts
  bool reply_queued = false;                       // a turn ended while a reply was running
  ResponseOptions queued_options;                  // of that reply
  ResponseOptions asked_options;  // of `reply`, for one that its function calls lead to
  std::vector<std::unique_ptr<OutOfBand>> out_of_band;

  /// From the end of a reply's playback until somebody speaks.
  struct Silence {
    Instant begin;                   // of the silence
    Instant end;                     // when it has lasted long enough
    bool has_begun = false;          // playback is over
    media::MediaTime audio_begin{};  // audio that had come by then
  };
  std::optional<Silence> silence;
  exec::TimerService::Id silence_timer = 0;

  Instant decision;                      // when the last turn ended
  std::optional<TurnTimeline> timeline;  // of that turn, until a reply takes it

  RecordingQueue recordings;
  ToolRunner tools;
  int tool_rounds = 0;  // replies in a row that only functions' outputs asked for
  McpServers mcp;
  bool mcp_changed = true;  // the settings may name other servers
  AlarmClock alarms;
};

}  // namespace parley::agent
