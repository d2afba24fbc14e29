// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/session_core.h"

#include <utility>

#include "base/trace.h"
#include "exec/slice_budget.h"
#include "service/realtime/kept_records.h"
#include "service/realtime/realtime_session.h"

namespace parley::service {
namespace {

// Client events in one slice of the strand, if its time lasts: about 200 µs of 20 ms appends.
constexpr int kEventsPerSlice = 32;
constexpr std::uint16_t kCloseGoingAway = 1001;
constexpr std::uint16_t kCloseFatal = 4000;  // after an error that ends the session

std::string describe(std::chrono::seconds time) {
  const std::int64_t seconds = time.count();
  return seconds % 60 == 0 ? std::to_string(seconds / 60) + " minutes"
                           : std::to_string(seconds) + " seconds";
}

protocol::LlmInfo llm_of(const agent::AgentContext& context) {
  return {context.llm.name(), context.llm.is_demonstration()};
}

std::string conversation_of(const std::string& resume, Random& random) {
  return resume.empty() ? random.id("conv_") : resume;
}

protocol::ProtocolError problem_of(const Error& error, std::string code) {
  protocol::ProtocolError problem;
  const bool is_ours =
      error.code != ErrorCode::not_found && error.code != ErrorCode::failed_precondition;
  if (is_ours) problem.type = protocol::ProtocolError::Type::server;
  problem.code = std::move(code);
  problem.message = error.message;
  return problem;
}

protocol::ProtocolError cannot_resume(const Error& error) {
  return problem_of(error, error.code == ErrorCode::not_found ? "conversation_not_found"
                                                              : "conversation_unavailable");
}

protocol::ProtocolError lost_conversation(const Error& error) {
  return problem_of(error, error.code == ErrorCode::not_found ? "conversation_deleted"
                                                              : "conversation_resumed_elsewhere");
}

protocol::ProtocolError not_kept(const Error& error) {
  Error told = error;
  told.message = "The conversation is not being saved: " + error.message +
                 ". The session goes on, and all of it is saved once the store works again.";
  return problem_of(told, "conversation_not_saved");
}

bool is_observed(const protocol::ServerPayload& payload) {
  return std::holds_alternative<protocol::ItemDone>(payload) ||
         std::holds_alternative<protocol::ResponseDone>(payload) ||
         std::holds_alternative<protocol::ErrorOccurred>(payload);
}

}  // namespace

std::size_t audio_bytes_of(const protocol::ParsedEvent& parsed) {
  const auto* event = std::get_if<protocol::ClientEvent>(&parsed);
  if (event == nullptr) return 0;
  const auto* append = std::get_if<protocol::InputAudioBufferAppend>(&event->payload);
  return append == nullptr ? 0 : append->audio.size();
}

SessionMetrics::SessionMetrics(Metrics& metrics)
    : sessions(metrics.gauge("parley_realtime_sessions", "Realtime sessions that are open")),
      opened(metrics.counter("parley_realtime_sessions_total", "Realtime sessions opened")),
      refused(metrics.counter("parley_realtime_sessions_refused_total",
                              "Realtime sessions refused at a limit")),
      client_events(metrics.counter("parley_realtime_client_events_total",
                                    "Events that clients sent, bad ones included")),
      client_errors(metrics.counter("parley_realtime_client_errors_total",
                                    "Events of clients that were answered with an error")),
      mailbox_full(metrics.counter("parley_realtime_mailbox_full_total",
                                   "Times that a connection had to wait for its session")),
      mailbox_refused(metrics.counter("parley_realtime_mailbox_refused_total",
                                      "Events that a session's mailbox had no room for; none, as "
                                      "long as connections wait")),
      slow_sends(metrics.counter("parley_realtime_slow_sends_total",
                                 "Events sent to a client that reads too slowly")) {}

Result<std::unique_ptr<SessionCore>> SessionCore::make(Setup setup) {
  const std::uint64_t seed = setup.seed;
  const std::unique_ptr<protocol::SessionPatch> patch = std::move(setup.patch);
  std::unique_ptr<SessionCore> core(new SessionCore(std::move(setup)));
  if (patch) {
    if (auto error = core->settings_.apply(*patch, {})) {
      return Error{ErrorCode::invalid_argument, error->message};
    }
  }
  agent::AgentContext context = core->context_;
  context.name = core->id();
  context.owner = core->owner_;
  if (core->voices_) context.voices = &*core->voices_;
  PARLEY_TRY(core->agent_, agent::VoiceAgent::make(context, core->settings_.agent(), core->events_,
                                                   core->strand_->waker(), seed));
  return core;
}

SessionCore::SessionCore(Setup setup)
    : context_(setup.context),
      metrics_(setup.metrics),
      session_max_(setup.session_max),
      opened_(setup.context.clock.now()),
      deadline_(setup.context.clock.now() + setup.session_max),
      strand_(exec::Strand::make(setup.executor, *this)),
      random_(~setup.seed),
      link_(std::move(setup.link)),
      on_close_(std::move(setup.on_close)),
      settings_(setup.defaults, std::move(setup.start)),
      conversation_id_(conversation_of(setup.resume, random_)),
      keeping_(setup.keeping),
      owner_(std::move(setup.owner)),
      resumes_(!setup.resume.empty()),
      meter_({.clock = setup.context.clock,
              .prices = setup.prices,
              .metrics = setup.meter_metrics,
              .budget = setup.budget,
              .allowance = std::move(setup.allowance)}),
      observer_(setup.observer),
      label_(observer_ == nullptr
                 ? nullptr
                 : std::make_shared<const SessionLabel>(SessionLabel{
                       settings_.config().id, std::move(setup.key), settings_.config().model})),
      events_(*this, meter_, conversation_id_, llm_of(setup.context), start_log()),
      commands_(settings_, *this, meter_, setup.context.buffers),
      input_(setup.context.buffers),
      mailbox_({.capacity = kEventsWaitingMax, .refused_metric = &setup.metrics.mailbox_refused},
               strand_->waker()) {
  if (context_.speakers == nullptr) return;
  voices_.emplace(RecordingSpeakers::Surroundings{.host = *context_.speakers,
                                                  .enrolled = context_.known_speakers,
                                                  .clock = context_.clock,
                                                  .score_min = setup.speaker_score_min});
}

SessionCore::~SessionCore() { close(); }

bool SessionCore::run_slice() noexcept {
  if (!begun_) begin();
  if (ended_) return false;
  if (resumes_ && !finish_resume()) return false;
  hear_store();
  if (context_.clock.now() >= deadline_) expire();

  const exec::SliceBudget budget(context_.clock);
  bool more = false;
  if (!held_.full()) {
    for (int taken = 1; !is_over() && !more && take_one(); ++taken) {
      more = taken == kEventsPerSlice || budget.spent();
    }
    if (!is_over()) more |= agent_->run(budget);
    // What runs, out-of-band replies included, is first heard to its end.
    if (!is_over() && meter_.is_spent() && !agent_->is_replying()) end_spent();
  }
  if (log_) {
    log_->submit(agent_->conversation());
    hear_store();
  }
  give_room();
  const bool quiet = ended_ || (agent_->idle() && input_.empty() && mailbox_.size() == 0 &&
                                held_.empty() && (!log_ || log_->idle()));
  idle_.store(quiet, std::memory_order_release);
  // What somebody is saying is heard to its end, and answered.
  if (quiet && !ended_ && finishing_.load(std::memory_order_acquire) && !agent_->is_hearing()) {
    end(kCloseGoingAway, "the server is going away");
  }
  // Only here: the agent must not go while one of its calls is on the stack.
  if (ended_) retire_agent();
  return more && !is_over();
}

void SessionCore::begin() {
  begun_ = true;
  expiry_ = context_.timers.schedule(deadline_, strand_->waker());
  observe(SessionOpened{});
  if (!resumes_) return say_created();
  if (!log_) {
    return end_with(problem_of(
        {ErrorCode::not_found, "This server keeps no conversations: there is none to resume."},
        "conversation_not_found"));
  }
  resume_.emplace(*keeping_.store, store::Key{conversation_id_, owner_}, strand_->waker());
}

void SessionCore::say_created() {
  send(protocol::SessionCreated{settings_.snapshot(), llm_of(context_),
                                log_ ? conversation_id_ : std::string()});
  if (settings_.config().type == protocol::SessionType::realtime) events_.conversation_created();
}

bool SessionCore::finish_resume() {
  std::optional<Result<store::Conversation>> answer = resume_->answer();
  if (!answer) return false;
  resume_.reset();
  resumes_ = false;
  if (!*answer) {
    end_with(cannot_resume(answer->error()));
    return false;
  }
  store::Conversation& taken = **answer;
  log_->resume(taken);
  Result<std::vector<agent::Item>> items = to_items(taken);
  if (!items) {
    end_with(cannot_resume(items.error()));
    return false;
  }
  agent_->load(std::move(*items));
  // What was under way when its session ended is not any more.
  for (const agent::Item& item : agent_->conversation().items()) {
    if (item.status == agent::Item::Status::incomplete) log_->change(item);
  }
  say_created();
  return true;
}

ConversationLog* SessionCore::start_log() {
  if (keeping_.store == nullptr) return nullptr;
  ConversationLog::Start start{conversation_id_,
                               {.owner = owner_, .model = settings_.config().model}};
  return &log_.emplace(keeping_, std::move(start),
                       ConversationLog::Surroundings{context_.clock, context_.timers},
                       strand_->waker());
}

void SessionCore::hear_store() {
  if (!log_) return;
  log_->poll();
  if (log_->lost()) {
    held_.clear();  // what they acknowledge was not written, and never will be
    end_with(lost_conversation(*log_->lost()));
  }
  if (const std::optional<Error> trouble = log_->take_trouble()) {
    // Before what is now told without being written.
    deliver({random_.id("event_"), protocol::ErrorOccurred{not_kept(*trouble)}});
  }
  held_.release(log_->kept(), [this](protocol::ServerEvent event) { deliver(std::move(event)); });
  finish_end();
}

bool SessionCore::take_one() {
  if (!input_.empty()) {
    // Until the detector has caught up; its host wakes the strand.
    if (!agent_->can_append()) return false;
    agent_->append_audio(input_.next());
    return true;
  }
  std::optional<protocol::ParsedEvent> parsed = mailbox_.pop();
  if (!parsed) return false;
  audio_waiting_.fetch_sub(audio_bytes_of(*parsed), std::memory_order_release);
  metrics_.client_events.add();
  if (auto* error = std::get_if<protocol::ProtocolError>(&*parsed)) {
    refuse(std::move(*error));
  } else {
    handle(std::move(std::get<protocol::ClientEvent>(*parsed)));
  }
  return true;
}

void SessionCore::handle(protocol::ClientEvent event) {
  if (auto* append = std::get_if<protocol::InputAudioBufferAppend>(&event.payload)) {
    const media::Codec codec = settings_.config().input_format.codec;
    std::optional<protocol::ProtocolError> refused;
    if (meter_.take_audio(append->audio.size(), codec, refused) == SessionMeter::Audio::taken) {
      input_.take(std::move(append->audio), codec);
    } else if (refused) {
      refused->event_id = std::move(event.event_id);
      refuse(std::move(*refused));
    }
    return;
  }
  const bool drops_audio = std::holds_alternative<protocol::InputAudioBufferClear>(event.payload) ||
                           std::holds_alternative<protocol::InputAudioBufferCommit>(event.payload);
  ClientCommands::Problem error = commands_.run(*agent_, std::move(event.payload));
  if (!error) {
    if (drops_audio) input_.clear_remainder();
    return;
  }
  error->event_id = std::move(event.event_id);
  refuse(std::move(*error));
}

void SessionCore::refuse(protocol::ProtocolError error) {
  metrics_.client_errors.add();
  send(protocol::ErrorOccurred{std::move(error)});
}

template <typename What>
void SessionCore::observe(What what) {
  if (observer_ == nullptr) return;
  SessionRecord record{.session = label_, .what = std::move(what)};
  record.unix_seconds = context_.clock.unix_seconds();
  record.session_ms = std::chrono::duration_cast<Millis>(context_.clock.now() - opened_).count();
  observer_->observe(std::make_shared<const SessionRecord>(std::move(record)));
}

void SessionCore::user_said(std::string_view item_id, std::string_view transcript) {
  observe(UserSaid{std::string(item_id), std::string(transcript)});
}

void SessionCore::send(protocol::ServerPayload payload) {
  if (is_over()) return;
  PARLEY_HOP();
  std::uint64_t needs = 0;
  if (log_ && acknowledges(payload)) {
    if (log_->lost()) return;  // it was not written, and never will be
    needs = log_->recorded();
    // The item that it names is told, and recorded, next.
    if (std::holds_alternative<protocol::BufferCommitted>(payload)) ++needs;
  }
  protocol::ServerEvent event{random_.id("event_"), std::move(payload)};
  if (held_.empty() && (needs == 0 || needs <= log_->kept())) {
    deliver(std::move(event));
  } else {
    held_.push(std::move(event), needs);
  }
}

void SessionCore::deliver(protocol::ServerEvent event) {
  if (ended_) return;
  if (is_observed(event.payload)) observe(event);
  switch (link_->send(std::move(event))) {
    case SendResult::sent:
      return;
    case SendResult::slow:
      metrics_.slow_sends.add();
      return;
    case SendResult::closed:
      ended_ = true;
      mailbox_.close();
      return;
  }
}

void SessionCore::expire() {
  protocol::ProtocolError error;
  error.code = "session_expired";
  error.message = "Your session hit the maximum duration of " + describe(session_max_) + ".";
  end_with(std::move(error));
}

void SessionCore::end_with(protocol::ProtocolError error) {
  std::string reason = protocol::close_reason(error);
  send(protocol::ErrorOccurred{std::move(error)});
  end(kCloseFatal, std::move(reason));
}

void SessionCore::end_spent() {
  meter_.count_end();
  end_with(meter_.spent_error());
}

void SessionCore::end(std::uint16_t code, std::string reason) {
  if (is_over()) return;
  agent_->end();  // its last words still go out
  if (log_) log_->submit(agent_->conversation());
  mailbox_.close();
  ending_ = {code, std::move(reason)};
  finish_end();
}

void SessionCore::finish_end() {
  if (ended_ || !ending_ || !held_.empty()) return;
  ended_ = true;
  link_->close(ending_->code, std::move(ending_->reason));
}

/// Nobody hears its last words any more, apart from who writes down what happens; what it leaves
/// under way will not be finished.
void SessionCore::retire_agent() {
  if (!agent_) return;
  agent_->end();
  if (log_) log_->leave(agent_->conversation());
  agent_.reset();
}

void SessionCore::give_room() {
  // The order matters: see want_resume().
  if (resume_wanted_.load() && has_room(0) && resume_wanted_.exchange(false)) link_->resume();
}

bool SessionCore::has_room(std::size_t audio_bytes) const noexcept {
  if (mailbox_.size() >= kEventsWaitingMax) return false;
  const std::size_t waiting = audio_waiting_.load(std::memory_order_acquire);
  return waiting == 0 || waiting + audio_bytes <= kAudioWaitingBytesMax;
}

void SessionCore::want_resume() noexcept {
  metrics_.mailbox_full.add();
  // Set before the caller looks again: either it sees the room that a slice made, or that slice
  // sees this flag.
  resume_wanted_.store(true);
}

void SessionCore::count_in(std::size_t audio_bytes) noexcept {
  audio_waiting_.fetch_add(audio_bytes, std::memory_order_release);
  idle_.store(false, std::memory_order_release);
}

void SessionCore::finish() {
  finishing_.store(true, std::memory_order_release);
  strand_->wake();
}

void SessionCore::close() noexcept {
  if (closed_.exchange(true)) return;
  mailbox_.close();
  strand_->close();
  context_.timers.cancel(expiry_);
  ended_ = true;
  retire_agent();
  if (begun_) {
    const std::chrono::duration<double> open = context_.clock.now() - opened_;
    observe(SessionClosed{open.count(), meter_.tokens(), meter_.cost(), meter_.currency()});
  }
  link_.reset();
  if (on_close_) on_close_();
}

}  // namespace parley::service
