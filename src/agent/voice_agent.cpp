// SPDX-License-Identifier: Apache-2.0
//
// One slice of a session, and what others ask of it.
#include "agent/voice_agent.h"

#include <algorithm>
#include <utility>

#include "agent/voice_agent_impl.h"
#include "base/log.h"
#include "codec/audio_codec.h"

namespace parley::agent {

namespace {

using media::MediaTime;
using media::TurnEvent;

// Productive operator calls in one slice, if its time lasts: about 100 µs of work without models.
constexpr std::size_t kStepsPerSlice = 512;
// After so many of them the clock is looked at.
constexpr std::size_t kStepsPerLook = 32;

/// True: there is more to do.
bool run_pipeline(graph::Pipeline& pipeline, const exec::SliceBudget& budget) {
  for (std::size_t steps = 0; steps < kStepsPerSlice; steps += kStepsPerLook) {
    if (!pipeline.run(kStepsPerLook)) return false;
    if (budget.spent()) break;
  }
  return true;
}

}  // namespace

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
  if (labels) admit_speakers();
  if (!unnamed.empty()) name_speakers();
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
  if (voice.partials != nullptr) {
    while (!voice.partials->empty()) take_partial(voice.partials->pop());
  }
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

void VoiceAgent::Impl::take_error(graph::Pipeline& pipeline, Reply* of) {
  auto& errors = pipeline.errors();
  while (!errors.empty()) {
    const media::ErrorEvent event = errors.pop();
    // What only stalled goes on, whichever it was.
    const std::string_view node = graph::is_stall(event.error) ? "" : std::string_view(event.node);
    const bool speaking = node == "tts" || node == "playout" || node == "llm" || node == "clause";
    const Error error = event.error.with_context(event.node);
    if (node == "asr" && !pipeline.failed()) {
      recognition_error = error;  // told with the transcript that it is about
    } else if (node == "tts" && !pipeline.failed() && of != nullptr && !of->closed()) {
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
         impl_->heard.empty() && impl_->unnamed.empty() && impl_->unknown.empty() &&
         impl_->recordings.empty();
}

bool VoiceAgent::is_hearing() const {
  return impl_->is_announced && !impl_->utterance_item.empty();
}

std::string VoiceAgent::make_id(std::string_view prefix) { return impl_->random.id(prefix); }

}  // namespace parley::agent
