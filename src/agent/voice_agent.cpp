// SPDX-License-Identifier: Apache-2.0
//
// One file because every rule in it is about the same few facts: who speaks, which reply runs, and
// for which words it waits.
#include "agent/voice_agent.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "agent/alarm_clock.h"
#include "agent/mcp_servers.h"
#include "agent/prompt.h"
#include "agent/recording_queue.h"
#include "agent/reply.h"
#include "agent/tool_runner.h"
#include "agent/voice_pipeline.h"
#include "base/log.h"
#include "base/random.h"
#include "codec/audio_codec.h"

namespace parley::agent {

namespace {

using media::MediaTime;
using media::TurnEvent;

// Productive operator calls in one slice, if its time lasts: about 100 µs of work without models.
constexpr std::size_t kStepsPerSlice = 512;
// After so many of them the clock is looked at.
constexpr std::size_t kStepsPerLook = 32;
constexpr media::Turn kOnlyTurn{1};  // of a reply beside the conversation: nothing interrupts it
// Realtime API: one input audio token per 100 ms.
constexpr std::int64_t kInputTokenMs = 100;

// Text of most languages is about so many bytes a token.
constexpr std::size_t kBytesPerToken = 4;

std::int32_t estimate_tokens(const model::LlmPrompt& prompt) {
  std::size_t bytes = 0;
  for (const model::LlmMessage& message : prompt.messages) {
    bytes += message.text.size();
    for (const model::LlmToolCall& call : message.tool_calls) bytes += call.arguments.size();
  }
  for (const model::LlmTool& tool : prompt.tools) {
    bytes += tool.description.size() + tool.parameters.size();
  }
  return static_cast<std::int32_t>((bytes + kBytesPerToken - 1) / kBytesPerToken);
}

/// True: there is more to do.
bool run_pipeline(graph::Pipeline& pipeline, const exec::SliceBudget& budget) {
  for (std::size_t steps = 0; steps < kStepsPerSlice; steps += kStepsPerLook) {
    if (!pipeline.run(kStepsPerLook)) return false;
    if (budget.spent()) break;
  }
  return true;
}

}  // namespace

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
    std::uint64_t serial = 0;  // of the item: a client may delete it and use its id again
    bool transcribe = false;   // report the transcript to the client
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
  void hear(const TurnEvent& event);
  void await_speech();
  void watch_silence();
  void forget_silence();
  void end_silence();
  void commit_utterance(const TurnEvent& event);
  void take_transcript(const media::Transcript& transcript);
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
  MediaTime appended;  // audio from the client so far
  operators::SpeechSettings speech;
  VoicePipeline voice;
  media::Turn turn{1};

  std::string utterance_item;              // id of the item that the open utterance will become
  media::UtteranceId by_client{0};         // the utterance that the client committed last
  std::deque<Heard> heard;                 // in order of utterance
  std::optional<Error> recognition_error;  // until the transcript that it is about
  std::unique_ptr<Reply> reply;            // of the conversation
  ResponseOptions reply_options;           // until its generation starts
  std::vector<UnderCheck> under_check;     // of its input
  bool reply_waits = false;                // for transcripts
  bool reply_queued = false;               // a turn ended while a reply was running
  ResponseOptions queued_options;          // of that reply
  ResponseOptions asked_options;           // of `reply`, for one that its function calls lead to
  std::vector<std::unique_ptr<OutOfBand>> out_of_band;

  /// From the end of a reply's playback until somebody speaks.
  struct Silence {
    Instant begin;            // of the silence
    Instant end;              // when it has lasted long enough
    bool has_begun = false;   // playback is over
    MediaTime audio_begin{};  // audio that had come by then
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

bool VoiceAgent::Impl::run(const exec::SliceBudget& budget) {
  bool more = run_pipeline(*voice.pipeline, budget);
  take_error(*voice.pipeline, reply.get());
  const bool heard_any = drain_input();
  // Only now is it certain that recognition has taken its audio.
  if (!more) voice.turn->trim();
  if (voice.pipeline->failed()) give_up();
  if (!recordings.empty()) {
    recordings.run([this](std::string_view id, std::uint64_t serial) { return find(id, serial); });
  }
  if (silence) watch_silence();
  start_if_ready();
  more |= drain_replies(budget);
  run_mcp();
  run_tools();
  return more || heard_any;
}

/// Until the pipeline has taken what it was given, and its events are known.
void VoiceAgent::Impl::catch_up() {
  while (voice.pipeline->run(kStepsPerSlice)) drain_input();
  drain_input();
}

bool VoiceAgent::Impl::drain_input() {
  graph::Outlet<TurnEvent>& turns = *voice.turns;
  graph::Outlet<media::Transcript>& transcripts = *voice.transcripts;
  const bool any = !turns.empty() || !transcripts.empty();
  while (!turns.empty()) hear(turns.pop());
  if (!transcripts.empty()) take_error(*voice.pipeline, reply.get());  // why one may be missing
  while (!transcripts.empty()) take_transcript(transcripts.pop());
  return any;
}

bool VoiceAgent::Impl::drain_replies(const exec::SliceBudget& budget) {
  bool any = false;
  if (reply && !reply_waits) {
    const bool is_over = reply->drain(voice.reply);
    settle(*reply, under_check);
    take_calls();
    if (is_over) after_reply();
    any = is_over;
  }
  for (const std::unique_ptr<OutOfBand>& beside : out_of_band) {
    start_beside(*beside);
    any |= run_pipeline(*beside->voice.pipeline, budget);
    take_error(*beside->voice.pipeline, beside->reply.get());
    if (!beside->waits) beside->reply->drain(beside->voice.reply);
    settle(*beside->reply, beside->under_check);
  }
  std::erase_if(out_of_band, [](const auto& beside) { return beside->reply->closed(); });
  return any;
}

void VoiceAgent::Impl::hear(const TurnEvent& event) {
  switch (event.kind) {
    case TurnEvent::Kind::started:
      utterance_item = random.id("item_");
      forget_silence();
      listener.speech_started(utterance_item, event.audio_begin);
      if (!settings.turn.interrupt_response) break;
      reply_queued = false;  // this turn's reply will answer both
      queued_options = {};
      voice.playout->fell_silent();  // the client stops what it plays
      if (reply) close_reply(Response::Status::cancelled, Response::Reason::turn_detected);
      break;
    case TurnEvent::Kind::paused:
    case TurnEvent::Kind::resumed:
      break;  // recognition's business
    case TurnEvent::Kind::ended:
      commit_utterance(event);
      break;
    case TurnEvent::Kind::cleared:
      utterance_item.clear();
      create_queued();
      break;
  }
}

/// After a reply: from when its listener has heard it all.
void VoiceAgent::Impl::await_speech() {
  if (reply || !utterance_item.empty() || !settings.turn.detect) return;
  if (settings.turn.idle_timeout == Millis::zero()) return;
  const Instant begin = std::max(context.clock.now(), voice.playout->busy_until());
  silence = Silence{.begin = begin, .end = begin + settings.turn.idle_timeout};
  silence_timer = context.timers.schedule(begin, waker);
}

/// Counted by the clock, since a client may send no audio while nobody speaks.
void VoiceAgent::Impl::watch_silence() {
  const Instant now = context.clock.now();
  if (!silence->has_begun && now >= silence->begin) {
    silence->has_begun = true;
    silence->audio_begin = appended;
    silence_timer = context.timers.schedule(silence->end, waker);
  }
  if (now >= silence->end) end_silence();
}

void VoiceAgent::Impl::forget_silence() {
  if (silence) context.timers.cancel(silence_timer);
  silence.reset();
}

/// The user's turn was silence: it becomes an item like any other, and is answered.
void VoiceAgent::Impl::end_silence() {
  const MediaTime begin = silence->audio_begin;
  forget_silence();
  const auto& turns = settings.turn;  // the client may have changed them meanwhile
  if (reply || !utterance_item.empty()) return;
  if (!turns.detect || turns.idle_timeout == Millis::zero()) return;
  Item item;
  item.id = random.id("item_");
  ContentPart part;
  part.kind = ContentPart::Kind::input_audio;
  part.is_silence = true;
  part.has_transcript = true;
  const auto audio = input.range(begin, appended);  // the end of it: no more is kept
  part.audio.rate = operators::kInputBufferRate;
  part.audio.samples.assign(audio.begin(), audio.end());
  item.content.push_back(std::move(part));
  listener.idle_timeout(item.id, begin, appended);
  const Item& kept = conversation.insert(std::move(item));
  const std::string previous = conversation.previous_id(kept.id);
  listener.input_committed(kept.id, previous);
  listener.item_added(kept, previous);
  listener.item_done(kept, previous);
  create_permitted({});
}

void VoiceAgent::Impl::commit_utterance(const TurnEvent& event) {
  // A client's commit ends an utterance that no detector ended: it is not reported as stopped.
  const bool detected = event.utterance != by_client;
  // A client may have used the announced id for an item of its own.
  if (utterance_item.empty()) utterance_item = random.id("item_");
  if (detected) listener.speech_stopped(utterance_item, event.head.pts);

  Item item;
  item.id = std::exchange(utterance_item, {});
  if (conversation.find(item.id) != nullptr) item.id = random.id("item_");
  ContentPart part;
  part.kind = ContentPart::Kind::input_audio;
  const auto audio = input.range(event.audio_begin, event.head.pts);
  part.audio.rate = operators::kInputBufferRate;
  part.audio.samples.assign(audio.begin(), audio.end());
  item.content.push_back(std::move(part));

  const Item& kept = conversation.insert(std::move(item));
  const std::string previous = conversation.previous_id(kept.id);
  heard.push_back({event.utterance, kept.id, kept.serial, settings.transcription});
  listener.input_committed(kept.id, previous);
  listener.item_added(kept, previous);
  listener.item_done(kept, previous);

  decision = context.clock.now();
  timeline.emplace();
  timeline->speech_end_ms = -(event.head.pts - event.speech_end).ms();
  // A reply that still waits for transcripts will read this turn too.
  const bool is_read = reply && reply_waits && !reply_options.input;
  tool_rounds = 0;
  if (detected && settings.turn.create_response && !is_read) {
    reply_queued = true;
    queued_options = {};
  }
  create_queued();
}

/// The reply to a turn that ended, or to outputs that came, while another reply was running: as
/// soon as nobody speaks.
void VoiceAgent::Impl::create_queued() {
  if (reply || !reply_queued || !utterance_item.empty()) return;
  reply_queued = false;
  create_permitted(std::exchange(queued_options, {}));
}

/// What nobody asked for needs a permit.
void VoiceAgent::Impl::create_permitted(ResponseOptions options) {
  ResponsePermit permit = listener.permit_response();
  if (permit.granted || permit.failure) create(std::move(options), std::move(permit.failure));
}

void VoiceAgent::Impl::take_transcript(const media::Transcript& transcript) {
  const std::optional<Error> error = std::exchange(recognition_error, std::nullopt);
  const auto found = std::find_if(heard.begin(), heard.end(), [&](const Heard& one) {
    return one.utterance == transcript.utterance;
  });
  if (found == heard.end()) return;
  const Heard one = *found;
  heard.erase(found);
  if (reply) reply->transcript_arrived();
  // The client may have deleted the item meanwhile; its transcript is then nobody's.
  Item* const item = conversation.find(one.item_id, one.serial);
  if (item == nullptr) return;
  item->content.front().text = transcript.text;
  item->content.front().has_transcript = true;
  item->content.front().words = transcript.words;
  listener.item_changed(*item);
  if (!transcript.is_final) {
    tell_transcript_failed(listener, one.transcribe, one.item_id,
                           error.value_or(Error{ErrorCode::internal, "recognition failed"}));
    return;
  }
  listener.user_said(one.item_id, transcript.text);
  if (one.transcribe) {
    Transcription told{
        .text = transcript.text, .audio = transcript.head.duration, .words = transcript.words};
    if (settings.token_scores) told.tokens = transcript.tokens;
    listener.transcription_completed(one.item_id, told);
  }
}

void VoiceAgent::Impl::take_error(graph::Pipeline& pipeline, Reply* of) {
  auto& errors = pipeline.errors();
  while (!errors.empty()) {
    const media::ErrorEvent event = errors.pop();
    const bool speaking = event.node == "tts" || event.node == "playout" || event.node == "llm" ||
                          event.node == "clause";
    const Error error = event.error.with_context(event.node);
    if (graph::is_stall(event.error)) {
      listener.failed(error);  // the reply goes on
    } else if (event.node == "asr" && !pipeline.failed()) {
      recognition_error = error;  // told with the transcript that it is about
    } else if (event.node == "tts" && !pipeline.failed() && of != nullptr && !of->closed()) {
      // Without the clause's words, which are nobody's business but the client's.
      if (of->clause_lost(error)) {
        log::warn("a reply lacks a clause that could not be spoken",
                  {{"response", of->response().id}, {"code", to_string(error.code)}});
      }
      listener.failed(error);
    } else if (speaking && of != nullptr && !of->closed()) {
      if (of == reply.get()) {
        close_reply(Response::Status::failed, Response::Reason::none, error);
        of = nullptr;
      } else {
        of->close(Response::Status::failed, Response::Reason::none, error);
      }
    } else {
      listener.failed(error);
    }
  }
}

/// The pipeline stands still for ever: nobody shall wait for it.
void VoiceAgent::Impl::give_up() {
  for (const Heard& one : std::exchange(heard, {})) {
    if (Item* const item = conversation.find(one.item_id, one.serial)) {
      item->content.front().has_transcript = true;
    }
  }
  reply_queued = false;
  if (reply) {
    close_reply(Response::Status::failed, Response::Reason::none, voice.pipeline->failure());
  }
}

/// One that is refused is told and ends at once.
void VoiceAgent::Impl::create(ResponseOptions options, std::optional<Error> refused) {
  Response response = make_response(options);
  if (response.out_of_band) {
    create_beside(std::move(response), std::move(options));
    return;
  }
  const auto make_id = [this](std::string_view prefix) { return random.id(prefix); };
  Reply::Timing timing{context.clock, timeline ? decision : context.clock.now(),
                       timeline.value_or(TurnTimeline{})};
  PARLEY_CHECK(!reply);
  forget_silence();
  timeline.reset();
  const auto find = [this](std::string_view name) -> std::optional<Reply::McpTool> {
    const std::optional<McpServers::Origin> origin = find_mcp(name);
    if (!origin) return std::nullopt;
    return Reply::McpTool{origin->label, origin->needs_leave};
  };
  reply = std::make_unique<Reply>(std::move(response), listener, &conversation, make_id,
                                  std::move(timing), find);
  asked_options = options;
  if (refused) {
    close_reply(Response::Status::failed, Response::Reason::rate_limited, std::move(*refused));
    return;
  }
  reply_options = std::move(options);
  hear_input(reply_options);
  reply_waits = true;
  start_if_ready();
  waker.wake();
}

void VoiceAgent::Impl::create_beside(Response response, ResponseOptions options) {
  const auto make_id = [this](std::string_view prefix) { return random.id(prefix); };
  auto beside = std::make_unique<OutOfBand>();
  beside->speech = make_speech(response);
  beside->reply = std::make_unique<Reply>(std::move(response), listener, nullptr, make_id,
                                          Reply::Timing{context.clock, context.clock.now(), {}});
  if (out_of_band.size() >= kRepliesBesideMax) {
    count_refused(context.metrics, "reply_beside");
    beside->reply->close(
        Response::Status::failed, Response::Reason::none,
        {ErrorCode::resource_exhausted, "More than " + std::to_string(kRepliesBesideMax) +
                                            " responses beside the conversation are in progress."});
    return;
  }
  Result<ReplyPipeline> made = make_reply_pipeline(context, beside->speech, waker);
  if (!made) {
    beside->reply->close(Response::Status::failed, Response::Reason::none, made.error());
    return;
  }
  beside->voice = std::move(*made);
  beside->voice.pipeline->set_turn(kOnlyTurn);
  beside->options = std::move(options);
  hear_input(beside->options);
  start_beside(*beside);
  out_of_band.push_back(std::move(beside));
  waker.wake();
}

void VoiceAgent::Impl::start_beside(OutOfBand& beside) {
  if (!beside.waits || awaits_words(beside.options)) return;
  beside.waits = false;
  count_input_audio(beside.reply->response(), beside.options);
  std::shared_ptr<model::LlmCall> call = make_call(beside.reply->response());
  call->prompt = make_prompt(beside.options);
  beside.reply->response().prompt_tokens_estimate = estimate_tokens(call->prompt);
  // It takes what it can use of anybody's cache, and leaves the session's as it is.
  call->prompt.session = model::kNoSession;
  beside.under_check = moderate(*beside.reply, beside.options);
  beside.options = {};
  beside.voice.llm->generate(std::move(call), kOnlyTurn);
}

Response VoiceAgent::Impl::make_response(ResponseOptions& options) {
  Response response;
  response.id = random.id("resp_");
  response.audio = options.audio.value_or(settings.audio);
  response.voice = options.voice.value_or(settings.voice);
  response.output_format = options.output_format.value_or(settings.output_format);
  response.max_output_tokens = options.max_output_tokens.value_or(settings.max_output_tokens);
  response.temperature = options.temperature.value_or(settings.temperature);
  response.out_of_band = options.out_of_band;
  response.metadata = std::move(options.metadata);
  response.has_metadata = options.has_metadata;
  return response;
}

operators::SpeechSettings VoiceAgent::Impl::make_speech(const Response& response) {
  return {.audio = response.audio,
          .voice = response.voice,
          .speed = settings.speed,
          .seed = session,
          .codec = response.output_format.codec,
          .rate = response.output_format.rate,
          .lead = settings.playout_lead};
}

std::shared_ptr<model::LlmCall> VoiceAgent::Impl::make_call(const Response& response) {
  auto call = std::make_shared<model::LlmCall>();
  call->output_tokens_max = response.max_output_tokens;
  call->temperature = response.temperature;
  call->seed = session;
  return call;
}

model::LlmPrompt VoiceAgent::Impl::make_prompt(const ResponseOptions& options) {
  model::LlmPrompt prompt;
  prompt.session = session;
  prompt.tools = options.tools.value_or(settings.tools);
  // Beside the conversation an output would have no place.
  if (!options.out_of_band) {
    const std::string& only = options.tool_server ? *options.tool_server : settings.tool_server;
    if (only.empty()) {
      mcp.append_tools(prompt.tools, options.mcp_labels);
      tools.append_tools(prompt.tools);
    } else {
      prompt.tools.clear();
      mcp.append_tools(prompt.tools, std::vector{only});
    }
  }
  prompt.tool_choice = options.tool_choice.value_or(settings.tool_choice);
  prompt.parallel_tool_calls = options.parallel_tool_calls.value_or(settings.parallel_tool_calls);
  prompt.truncation = settings.truncation;
  const std::string& instructions =
      options.instructions ? *options.instructions : settings.instructions;
  if (!instructions.empty()) {
    prompt.messages.push_back({.role = model::LlmMessage::Role::system, .text = instructions});
  }
  append_messages(prompt.messages, items_of(options));
  return prompt;
}

/// What the model reads for a response.
std::vector<const Item*> VoiceAgent::Impl::items_of(const ResponseOptions& options) {
  std::vector<const Item*> items;
  if (options.input) {
    for (const Item& item : *options.input) {
      // Of an item of the conversation what it is now: its transcript may have come meanwhile.
      const Item* const now = conversation.find(item.id, item.serial);
      items.push_back(now != nullptr ? now : &item);
    }
  } else {
    for (const Item& item : conversation.items()) items.push_back(&item);
  }
  return items;
}

/// Asks whether what the user said since the last time may stand; until then nothing is heard of
/// the reply, which is made meanwhile.
std::vector<VoiceAgent::Impl::UnderCheck> VoiceAgent::Impl::moderate(
    Reply& of, const ResponseOptions& options) {
  std::vector<UnderCheck> items;
  if (context.moderation == nullptr) return items;
  const ModerationSettings& wanted = settings.moderation;
  const ModerationGate::Surroundings around{context.clock, context.timers, context.metrics,
                                            *context.moderation, waker};
  std::unique_ptr<ModerationGate> words_gate;
  std::unique_ptr<OutputGate> reply_gate;
  if (wanted.input) {
    for (const Item* const item : items_of(options)) {
      const bool is_told = item->type == Item::Type::message && item->role == Item::Role::user;
      if (!is_told || item->moderation != Item::Moderation::unchecked) continue;
      std::string words = words_of(*item);
      if (words.empty()) continue;
      if (!words_gate) {
        words_gate =
            std::make_unique<ModerationGate>(around, wanted, ModerationGate::Source::input);
      }
      words_gate->check(std::move(words));
      items.push_back({item->id, item->serial});
    }
  }
  if (wanted.output) reply_gate = std::make_unique<OutputGate>(around, wanted);
  of.moderate(std::move(words_gate), std::move(reply_gate));
  return items;
}

/// Writes the verdicts into the conversation.
void VoiceAgent::Impl::settle(const Reply& of, std::vector<UnderCheck>& items) {
  const std::size_t passed = of.input_passed();
  if (items.empty() || (passed < items.size() && !of.input_refused())) return;
  for (std::size_t i = 0; i < items.size() && i <= passed; ++i) {
    Item* const item = conversation.find(items[i].item_id, items[i].serial);
    if (item == nullptr) continue;
    item->moderation = i < passed ? Item::Moderation::passed : Item::Moderation::refused;
    listener.item_changed(*item);
  }
  items.clear();
}

/// Recordings that a client put into the response's own input count like those of the conversation.
void VoiceAgent::Impl::count_input_audio(Response& response, const ResponseOptions& options) {
  std::int64_t audio_ms = 0;
  for (const Item* const item : items_of(options)) {
    for (const ContentPart& part : item->content) {
      if (part.kind == ContentPart::Kind::input_audio) audio_ms += part.audio.duration().ms();
    }
  }
  response.usage.input_audio_tokens =
      static_cast<std::int32_t>((audio_ms + kInputTokenMs - 1) / kInputTokenMs);
}

bool VoiceAgent::Impl::awaits_words(const ResponseOptions& options) {
  if (!options.input) {
    const std::list<Item>& items = conversation.items();
    return std::any_of(items.begin(), items.end(), awaits_transcript);
  }
  return std::any_of(options.input->begin(), options.input->end(), [this](const Item& item) {
    const Item* const now = conversation.find(item.id, item.serial);
    if (now != nullptr) return awaits_transcript(*now);
    // One that only this response has, or that was deleted meanwhile.
    return awaits_transcript(item) && recordings.has(item);
  });
}

/// Recordings that a client put into a response's input are heard like those of items.
void VoiceAgent::Impl::hear_input(ResponseOptions& options) {
  if (!options.input) return;
  for (Item& item : *options.input) {
    if (item.serial != 0) continue;  // a reference to an item of the conversation
    item.serial = conversation.next_serial();
    recordings.add(item, RecordingQueue::Place::response);
  }
}

/// An item of the conversation, or of the input of a response that waits for its words.
RecordingQueue::Found VoiceAgent::Impl::find(std::string_view id, std::uint64_t serial) {
  using Place = RecordingQueue::Place;
  if (Item* const kept = conversation.find(id, serial)) return {kept, Place::conversation};
  const auto in = [&](ResponseOptions& options) -> Item* {
    if (!options.input) return nullptr;
    const auto found = std::find_if(options.input->begin(), options.input->end(),
                                    [&](const Item& item) { return item.serial == serial; });
    return found == options.input->end() ? nullptr : &*found;
  };
  if (Item* const item = in(reply_options)) return {item, Place::response};
  for (const std::unique_ptr<OutOfBand>& beside : out_of_band) {
    if (Item* const item = in(beside->options)) return {item, Place::response};
  }
  return {};
}

void VoiceAgent::Impl::start_if_ready() {
  if (!reply || !reply_waits) return;
  if (awaits_words(reply_options)) return;
  reply_waits = false;
  ++turn.value;
  voice.pipeline->set_turn(turn);
  speech = make_speech(reply->response());
  count_input_audio(reply->response(), reply_options);
  std::shared_ptr<model::LlmCall> call = make_call(reply->response());
  call->prompt = make_prompt(reply_options);
  reply->response().prompt_tokens_estimate = estimate_tokens(call->prompt);
  under_check = moderate(*reply, reply_options);
  reply_options = {};
  voice.llm->generate(std::move(call), turn);
  waker.wake();
}

void VoiceAgent::Impl::close_reply(Response::Status status, Response::Reason reason, Error error) {
  reply->close(status, reason, std::move(error));
  if (status == Response::Status::cancelled) voice.playout->fell_silent();
  after_reply();
}

void VoiceAgent::Impl::after_reply() {
  // From here on everything of the old turn is stale, in every queue, and its model calls stop:
  // also when its text failed half-way and its voice still speaks.
  ++turn.value;
  voice.pipeline->set_turn(turn);
  take_calls();
  const Response& done = reply->response();
  // Then it is not the user's turn, but that of a function.
  const bool has_call = std::any_of(done.output.begin(), done.output.end(), [](const Item& item) {
    return item.type == Item::Type::function_call;
  });
  tools.response_done(done.id, done.reason != Response::Reason::client_cancelled);
  reply.reset();
  reply_options = {};
  reply_waits = false;
  create_queued();
  if (!has_call) await_speech();
}

void VoiceAgent::Impl::prepare() {
  if (!reply) context.llm.prepare(make_prompt({}));
}

Item& VoiceAgent::Impl::insert(Item item, const Conversation::Position& position) {
  Item& kept = conversation.insert(std::move(item), position);
  const std::string previous = conversation.previous_id(kept.id);
  listener.item_added(kept, previous);
  listener.item_done(kept, previous);
  return kept;
}

/// Functions of this server begin while the reply still speaks.
void VoiceAgent::Impl::take_calls() {
  const std::string response_id = reply->response().id;
  for (const auto& [call, index] : reply->take_calls()) {
    if (call.type == Item::Type::mcp_call) {
      call_mcp(call, index, response_id, asked_options);
      continue;
    }
    const bool is_ours = tools.runs(call.name, asked_options.tools.value_or(settings.tools));
    tools.call(call, is_ours, response_id, asked_options, context.clock.now());
  }
}

void VoiceAgent::Impl::call_mcp(const Item& call, std::size_t output_index,
                                const std::string& response_id, const ResponseOptions& options) {
  tools.call_mcp(call, output_index, mcp.host(call.mcp->server_label), response_id, options,
                 context.clock.now());
}

/// Of a function that the client brought, and that hides it: nothing.
std::optional<McpServers::Origin> VoiceAgent::Impl::find_mcp(std::string_view name) const {
  const std::string& only =
      asked_options.tool_server ? *asked_options.tool_server : settings.tool_server;
  if (!only.empty()) return mcp.find(name, std::vector{only});
  const auto& brought = asked_options.tools ? *asked_options.tools : settings.tools;
  const bool is_hidden = std::any_of(brought.begin(), brought.end(),
                                     [name](const auto& tool) { return tool.name == name; });
  if (is_hidden) return std::nullopt;
  return mcp.find(name, asked_options.mcp_labels);
}

void VoiceAgent::Impl::take_output(ToolRunner::Output output) {
  if (output.mcp_index) {
    take_mcp_output(output);
    return;
  }
  Item item;
  item.id = random.id("item_");
  item.type = Item::Type::function_call_output;
  item.call_id = std::move(output.call_id);
  item.output = std::move(output.text);
  insert(std::move(item), {});
  if (output.stops_alarms) alarms.stop();
  for (model::ToolAlarm& alarm : output.alarms) {
    if (alarms.set(context.clock.now() + alarm.after, std::move(alarm.text))) continue;
    count_refused(context.metrics, "alarm");
    listener.failed({ErrorCode::resource_exhausted, "Too many timers are set."});
  }
}

void VoiceAgent::Impl::take_mcp_output(const ToolRunner::Output& output) {
  Item* const item = conversation.find(output.call_id);
  if (item == nullptr || item->type != Item::Type::mcp_call) return;  // its client deleted it
  McpFields fields = *item->mcp;
  if (output.error) {
    fields.error = mcp_error(*output.error);
  } else {
    fields.output = output.text;
  }
  item->mcp = std::make_shared<const McpFields>(std::move(fields));
  item->status = Item::Status::completed;
  using Progress = AgentListener::McpProgress;
  listener.mcp_call(item->id, *output.mcp_index,
                    output.error ? Progress::failed : Progress::completed);
  listener.item_done(*item, conversation.previous_id(item->id));
}

/// Servers that the settings name now, and what they have.
void VoiceAgent::Impl::run_mcp() {
  using Progress = AgentListener::McpProgress;
  if (std::exchange(mcp_changed, false)) {
    const auto begin = [this](const std::string& label) {
      Item item;
      item.id = random.id("item_");
      item.type = Item::Type::mcp_list_tools;
      item.status = Item::Status::in_progress;
      item.mcp = std::make_shared<const McpFields>(McpFields{.server_label = label, .tools = "[]"});
      const Item& kept = conversation.insert(std::move(item));
      listener.item_added(kept, conversation.previous_id(kept.id));
      listener.mcp_list_tools(kept.id, Progress::in_progress);
      return kept.id;
    };
    mcp.update(settings.mcp, begin, context.clock.now());
  }
  for (McpServers::Listed& listed : mcp.advance()) {
    listener.mcp_list_tools(listed.item_id, listed.status ? Progress::completed : Progress::failed);
    Item* const item = conversation.find(listed.item_id);
    if (item == nullptr || item->type != Item::Type::mcp_list_tools) continue;
    McpFields fields{.server_label = listed.label, .tools = std::move(listed.tools)};
    if (!listed.status) fields.error = mcp_error(listed.status.error());
    item->mcp = std::make_shared<const McpFields>(std::move(fields));
    item->status = Item::Status::completed;
    listener.item_done(*item, conversation.previous_id(item->id));
    prepare();
  }
}

/// The client lets a call of an MCP tool be made, or does not. The first answer counts.
void VoiceAgent::Impl::answer_leave(const Item& answer) {
  const std::string asked = answer.mcp->approval_request_id;
  const Item* const request = conversation.find(asked);
  if (request == nullptr || request->type != Item::Type::mcp_approval_request) return;
  if (!mcp.has(request->mcp->server_label)) return;  // of a history that its client brought
  const std::list<Item>& items = conversation.items();
  const auto answers = std::count_if(items.begin(), items.end(), [&](const Item& one) {
    return one.type == Item::Type::mcp_approval_response && one.mcp->approval_request_id == asked;
  });
  if (answers > 1) return;
  if (!answer.mcp->approve) {
    queue_follow_up({});  // the model reads why
    return;
  }
  Item call;
  call.id = random.id("item_");
  call.type = Item::Type::mcp_call;
  call.status = Item::Status::in_progress;
  call.name = request->name;
  call.arguments = request->arguments;
  call.mcp = std::make_shared<const McpFields>(
      McpFields{.server_label = request->mcp->server_label, .approval_request_id = asked});
  const Item kept = conversation.insert(std::move(call));
  listener.item_added(kept, conversation.previous_id(kept.id));
  listener.mcp_call(kept.id, 0, AgentListener::McpProgress::in_progress);
  call_mcp(kept, 0, asked, {});  // a round of its own
  tools.response_done(asked, true);
}

/// What functions have to say, and timers.
void VoiceAgent::Impl::run_tools() {
  if (std::optional<ResponseOptions> next = tools.advance()) queue_follow_up(std::move(*next));
  while (std::optional<std::string> text = alarms.take_due(context.clock.now())) {
    Item item;
    item.id = random.id("item_");
    item.role = Item::Role::system;
    item.content.emplace_back().text = std::move(*text);
    insert(std::move(item), {});
    reply_queued = true;
    queued_options = {};
    tool_rounds = 0;
  }
  create_queued();
}

void VoiceAgent::Impl::queue_follow_up(ResponseOptions options) {
  using Kind = model::LlmToolChoice::Kind;
  options.input.reset();  // the call and its output are in the conversation
  options.metadata.clear();
  options.has_metadata = false;
  // What the client forced was called; forced again, nobody would ever hear the result.
  const Kind kind = options.tool_choice.value_or(settings.tool_choice).kind;
  if (kind != Kind::none) options.tool_choice = {.kind = Kind::automatic, .function = {}};
  options.tool_server.emplace();
  if (++tool_rounds >= kToolRoundsMax) {
    count_refused(context.metrics, "tool_round");
    options.tool_choice = {.kind = Kind::none, .function = {}};
  }
  reply_queued = true;
  queued_options = std::move(options);
}

Result<std::unique_ptr<VoiceAgent>> VoiceAgent::make(const AgentContext& context,
                                                     const AgentSettings& settings,
                                                     AgentListener& listener, exec::Waker waker,
                                                     std::uint64_t seed) {
  auto impl = std::make_unique<Impl>(context, settings, listener, std::move(waker), seed);
  PARLEY_TRY(impl->voice,
             make_voice_pipeline(context, settings, impl->input, impl->speech, impl->waker));
  impl->voice.pipeline->set_turn(impl->turn);
  impl->prepare();  // the default instructions: most sessions never change them
  return std::unique_ptr<VoiceAgent>(new VoiceAgent(std::move(impl)));
}

VoiceAgent::VoiceAgent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

VoiceAgent::~VoiceAgent() {
  impl_->forget_silence();
  impl_->voice.pipeline->close();
  for (const auto& beside : impl_->out_of_band) beside->voice.pipeline->close();
  impl_->context.llm.forget(impl_->session);
}

bool VoiceAgent::run() { return run(exec::SliceBudget(impl_->context.clock)); }

bool VoiceAgent::run(const exec::SliceBudget& budget) { return impl_->run(budget); }

bool VoiceAgent::can_append() const { return impl_->voice.input->has_room(); }

void VoiceAgent::append_audio(media::BufferRef bytes) {
  media::EncodedAudio audio;
  audio.codec = impl_->settings.input_format.codec;
  audio.format = {.rate = impl_->settings.input_format.rate, .channels = 1};
  const std::size_t samples = codec::sample_count(audio.codec, bytes.size());
  impl_->appended += MediaTime::from_samples(static_cast<std::int64_t>(samples), audio.format.rate);
  audio.bytes = std::move(bytes);
  const bool pushed = impl_->voice.input->push(std::move(audio));
  PARLEY_CHECK(pushed);
  // Decoded and resampled at once, so that `buffered` and `commit` see it.
  impl_->voice.pipeline->run(kStepsPerSlice);
  // What it made known comes before the client's next command.
  impl_->drain_input();
}

MediaTime VoiceAgent::buffered() const {
  const MediaTime buffered = impl_->voice.turn->buffered();
  if (buffered == MediaTime{}) return buffered;
  // The resampler still holds the last 2 ms, which the client has sent all the same.
  return buffered + (impl_->appended - impl_->input.end());
}

void VoiceAgent::commit() {
  impl_->catch_up();
  impl_->by_client = impl_->voice.turn->commit();
  if (run()) impl_->waker.wake();
}

void VoiceAgent::clear() {
  impl_->catch_up();
  impl_->voice.turn->clear(impl_->appended);
  impl_->listener.input_cleared();
  if (run()) impl_->waker.wake();
}

void VoiceAgent::insert_item(Item item, const Conversation::Position& position) {
  Item& kept = impl_->insert(std::move(item), position);
  if (kept.type == Item::Type::function_call_output) {
    const std::string call_id = kept.call_id;
    impl_->tools.answered(call_id);
    impl_->waker.wake();  // it may have been the last that the next response waited for
  }
  if (kept.type == Item::Type::mcp_approval_response) {
    impl_->answer_leave(kept);
    impl_->waker.wake();
  }
  impl_->recordings.add(kept, RecordingQueue::Place::conversation);
  impl_->prepare();
}

void VoiceAgent::load(std::vector<Item> items) {
  for (Item& item : items) {
    item.is_loaded = true;
    Item& kept = impl_->conversation.insert(std::move(item));
    impl_->recordings.add(kept, RecordingQueue::Place::conversation);
  }
  impl_->prepare();
}

void VoiceAgent::delete_item(std::string_view item_id) {
  const Item* const item = impl_->conversation.find(item_id);
  std::string call_id;
  if (item != nullptr && item->type == Item::Type::function_call) call_id = item->call_id;
  if (item != nullptr && item->type == Item::Type::mcp_call) call_id = item->id;
  impl_->conversation.erase(item_id);
  impl_->listener.item_deleted(item_id);
  if (!call_id.empty()) impl_->tools.deleted(call_id);
  impl_->waker.wake();  // a reply may have waited for its transcript
}

void VoiceAgent::truncate_item(std::string_view item_id, std::size_t content_index, MediaTime end) {
  Item* const item = impl_->conversation.find(item_id);
  PARLEY_CHECK(item != nullptr);
  impl_->conversation.truncate(*item, content_index, end);
  impl_->listener.item_changed(*item);
  // A client cuts what it plays, and plays no more of it.
  impl_->voice.playout->fell_silent();
}

const Conversation& VoiceAgent::conversation() const { return impl_->conversation; }

const Response* VoiceAgent::active_response() const {
  return impl_->reply ? &impl_->reply->response() : nullptr;
}

bool VoiceAgent::is_active(std::string_view response_id) const {
  if (impl_->reply && impl_->reply->response().id == response_id) return true;
  return std::any_of(impl_->out_of_band.begin(), impl_->out_of_band.end(),
                     [&](const auto& one) { return one->reply->response().id == response_id; });
}

void VoiceAgent::create_response(ResponseOptions options) {
  if (!options.out_of_band) impl_->tool_rounds = 0;
  impl_->create(std::move(options));
}

void VoiceAgent::cancel_response(std::string_view response_id) {
  if (impl_->reply && impl_->reply->response().id == response_id) {
    impl_->close_reply(Response::Status::cancelled, Response::Reason::client_cancelled);
    return;
  }
  for (const auto& one : impl_->out_of_band) {
    if (one->reply->response().id != response_id) continue;
    one->reply->close(Response::Status::cancelled, Response::Reason::client_cancelled);
    one->voice.pipeline->close();
  }
  std::erase_if(impl_->out_of_band, [](const auto& one) { return one->reply->closed(); });
}

void VoiceAgent::settings_changed() {
  impl_->mcp_changed = true;
  impl_->waker.wake();
  impl_->prepare();
}

bool VoiceAgent::has_function(std::string_view name) const { return impl_->tools.runs(name, {}); }

bool VoiceAgent::is_replying() const { return impl_->reply || !impl_->out_of_band.empty(); }

void VoiceAgent::end() { impl_->tools.end(); }

bool VoiceAgent::idle() const {
  return !impl_->reply && impl_->tools.empty() && impl_->out_of_band.empty() &&
         impl_->heard.empty() && impl_->recordings.empty();
}

std::string VoiceAgent::make_id(std::string_view prefix) { return impl_->random.id(prefix); }

}  // namespace parley::agent
