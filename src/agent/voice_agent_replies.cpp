// SPDX-License-Identifier: Apache-2.0
//
// Replies: who is answered when, and what the model reads for it.
#include <algorithm>
#include <utility>

#include "agent/prompt.h"
#include "agent/voice_agent_impl.h"

namespace parley::agent {

namespace {

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

}  // namespace

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
          .any_seed = settings.any_seed,
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

}  // namespace parley::agent
