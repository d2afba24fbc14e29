// SPDX-License-Identifier: Apache-2.0
#include "server/speech/eleven_labs_talk.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "protocol/speech/eleven_labs_answer.h"
#include "server/speech/eleven_labs_times.h"
#include "server/speech/encoding_sink.h"

namespace parley::server {

using protocol::ElevenLabsMessage;
using service::SpeechFlow;
using transport::SendResult;
namespace close_code = transport::close_code;

namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

SendResult send_json(transport::Connection& connection, std::string json) {
  return connection.send_text(std::make_shared<const std::string>(std::move(json)));
}

}  // namespace

/// Of one context.
class ElevenLabsTalk::Sink final : public EncodingSink {
 public:
  Sink(std::optional<std::string> context, std::unique_ptr<codec::AudioEncoder> encoder,
       const SocketLine& line)
      : EncodingSink(std::move(encoder), line.waker),
        context_(std::move(context)),
        connection_(line.connection) {}

  /// What ended it. Nothing: all was spoken. Threads: any, once it has ended.
  [[nodiscard]] const std::optional<Error>& fault() const noexcept { return fault_; }
  /// The client has heard its final frame. Threads: the same.
  [[nodiscard]] bool was_final() const noexcept { return ended() && was_final_; }

 private:
  void on_chunk(const service::SpeechChunk& chunk) override { times_.add(chunk); }

  SpeechFlow on_encoded(std::string bytes, const service::SpeechAudio& audio) override {
    // What the encoder holds back is told with the bytes that it comes with.
    if (bytes.empty()) return SpeechFlow::more;
    const auto samples = static_cast<std::int64_t>(audio.samples.floats().size());
    const media::MediaTime end = audio.begin + media::MediaTime::from_samples(samples, audio.rate);
    const SendResult sent = tell(bytes, times_.take_before(end));
    return sent == SendResult::sent ? SpeechFlow::more : SpeechFlow::wait;
  }

  void on_finished(const Status& status, const service::SpeechTotals& /*totals*/,
                   std::string rest) override {
    if (!status) {
      fault_ = status.error();
      return;
    }
    const ElevenLabsTimes::Piece last = times_.take_rest();
    if (!rest.empty() || last.has_text()) tell(rest, last);
    was_final_ = true;
    send_json(*connection_, protocol::eleven_labs_final(context_));
  }

  SendResult tell(std::string_view audio, const ElevenLabsTimes::Piece& piece) {
    return send_json(*connection_,
                     protocol::eleven_labs_audio(audio, piece.alignments, piece.begin, context_));
  }

  const std::optional<std::string> context_;
  const std::shared_ptr<transport::Connection> connection_;
  ElevenLabsTimes times_;
  std::optional<Error> fault_;
  bool was_final_ = false;
};

struct ElevenLabsTalk::Context {
  explicit Context(std::shared_ptr<KeyAccount> account) : feed(std::move(account)) {}

  std::string name;
  double speed = 1.0;
  std::vector<std::int32_t> schedule;
  std::size_t step = 0;        // of the schedule
  std::string waiting;         // for more of its kind
  bool is_flushed = true;      // no text came after the last flush
  Instant heard;               // its last message
  std::shared_ptr<Sink> sink;  // shared with the stream
  SpeechFeed feed;             // after the sink: it is cancelled first

  [[nodiscard]] bool has_no_text() const {
    return sink == nullptr && waiting.empty() && feed.waiting_bytes() == 0;
  }
};

ElevenLabsTalk::ElevenLabsTalk(const SpeechPlace& place, Setup setup)
    : place_(place),
      setup_(std::move(setup)),
      refused_contexts_(place.context().metrics.counter("parley_tts_socket_refused_total",
                                                        "What a speaking socket had no room for",
                                                        {{"what", "context"}})),
      refused_text_(place.context().metrics.counter("parley_tts_socket_refused_total",
                                                    "What a speaking socket had no room for",
                                                    {{"what", "text"}})) {}

ElevenLabsTalk::~ElevenLabsTalk() { place_.context().timers.cancel(timer_); }

void ElevenLabsTalk::begin(SocketLine line) {
  line_ = std::move(line);
  heard_ = place_.context().clock.now();
}

void ElevenLabsTalk::on_text(std::string_view frame) {
  if (closed_) return;
  heard_ = place_.context().clock.now();
  auto parsed = protocol::parse_eleven_labs_message(frame);
  if (auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return fail(close_code::kPolicy, error->code, error->message);
  }
  handle(std::move(std::get<ElevenLabsMessage>(parsed)));
  advance();
}

void ElevenLabsTalk::on_binary() {
  if (!closed_) fail(close_code::kPolicy, "invalid_message", "Messages are JSON text.");
}

void ElevenLabsTalk::on_wake() {
  if (closed_) return;
  if (place_.sockets.draining()) finish_all();
  look_at_clock();
  advance();
}

void ElevenLabsTalk::on_writable() {
  for (Context& context : contexts_) context.feed.resume();
}

// --- what clients say
// -----------------------------------------------------------------------------

void ElevenLabsTalk::handle(ElevenLabsMessage message) {
  if (!is_admitted(message.api_key)) return;
  if (message.close_socket) return finish_all();
  if (!setup_.is_multi) message.context.clear();
  if (message.close_context) {
    if (Context* context = find(message.context)) close_context(*context);
    return;
  }
  const bool is_empty = message.text.value_or("").empty();
  if (is_empty && !message.flush) {
    if (!setup_.is_multi) return finish_all();
    // It keeps the context alive.
    if (Context* context = find(message.context)) context->heard = heard_;
    return;
  }
  if (!closing_) speak(std::move(message));
}

bool ElevenLabsTalk::is_admitted(const std::string& key) {
  if (setup_.admission) return true;
  auto admitted = admit_socket(place_.keys, place_.accounts, place_.keys.find_key(key),
                               line_.connection->remote());
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
    fail(refused->close_code, refused->code, refused->message);
    return false;
  }
  setup_.admission = std::move(std::get<SocketAdmission>(admitted));
  return true;
}

void ElevenLabsTalk::speak(ElevenLabsMessage message) {
  Context* context = find_or_make(message);
  if (context == nullptr) return;
  context->heard = heard_;
  std::string text = std::move(message.text).value_or("");
  std::size_t waiting = text.size();
  for (const Context& one : contexts_) waiting += one.waiting.size() + one.feed.waiting_bytes();
  if (waiting > kContextTextWaitingBytesMax) {
    refused_text_.add();
    return fail(close_code::kPolicy, "text_too_long",
                "More than " + std::to_string(kContextTextWaitingBytesMax) +
                    " bytes of text would wait to be spoken.");
  }
  const bool is_blank_begin = is_blank(text) && context->has_no_text();
  // The blank that begins a context is no text.
  if (!is_blank_begin) {
    context->is_flushed = context->is_flushed && text.empty();
    context->waiting += text;
  }
  if (message.flush || message.try_trigger || is_due(*context)) release(*context);
  if (message.flush && !is_blank_begin) {
    context->feed.flush(++flushes_);
    context->is_flushed = true;
  }
}

void ElevenLabsTalk::close_context(Context& context) {
  if (context.is_flushed) return finish(context);
  context.feed.drop();
  const bool was_final = context.sink != nullptr && context.sink->was_final();
  if (!was_final) send(protocol::eleven_labs_final(shown(context)));
  std::erase_if(contexts_, [&](const Context& one) { return &one == &context; });
}

void ElevenLabsTalk::finish(Context& context) {
  release(context);
  context.feed.finish();
}

void ElevenLabsTalk::finish_all() {
  closing_ = true;
  for (Context& context : contexts_) finish(context);
}

void ElevenLabsTalk::release(Context& context) {
  if (context.waiting.empty()) return;
  if (const auto refused = context.feed.append(std::exchange(context.waiting, {}))) {
    return fail(close_code::kTryAgainLater, "quota_exceeded", refused->message);
  }
  ++context.step;
}

bool ElevenLabsTalk::is_due(const Context& context) const {
  if (setup_.auto_mode) return true;
  const std::size_t step = std::min(context.step, context.schedule.size() - 1);
  return characters_in(context.waiting) >= static_cast<std::size_t>(context.schedule[step]);
}

// --- contexts
// -------------------------------------------------------------------------------------

ElevenLabsTalk::Context* ElevenLabsTalk::find(std::string_view name) {
  const auto found = std::ranges::find(contexts_, name, &Context::name);
  return found == contexts_.end() ? nullptr : &*found;
}

ElevenLabsTalk::Context* ElevenLabsTalk::find_or_make(const ElevenLabsMessage& message) {
  if (Context* context = find(message.context)) {
    if (!context->feed.is_whole()) return context;
    send(protocol::eleven_labs_socket_error(
        "context_closed", "The context '" + message.context + "' is closed and still speaks.",
        close_code::kPolicy));
    return nullptr;
  }
  if (contexts_.size() >= kContextsMax) {
    refused_contexts_.add();
    send(protocol::eleven_labs_socket_error(
        "max_contexts_exceeded",
        "There are " + std::to_string(kContextsMax) + " contexts: close one first.",
        close_code::kPolicy));
    return nullptr;
  }
  Context& made = contexts_.emplace_back(setup_.admission->account);
  made.name = message.context;
  made.speed = message.speed.value_or(1.0);
  made.schedule = message.schedule;
  if (made.schedule.empty()) {
    made.schedule.assign(protocol::kScheduleDefault.begin(), protocol::kScheduleDefault.end());
  }
  return &made;
}

bool ElevenLabsTalk::start(Context& context) {
  const auto refuse = [&](const Error& error) {
    const bool is_temporary =
        error.code == ErrorCode::resource_exhausted || error.code == ErrorCode::unavailable;
    fail(is_temporary ? close_code::kTryAgainLater : close_code::kPolicy,
         is_temporary ? "rate_limit_exceeded" : "invalid_request", error.message);
    return false;
  };
  if (const auto refused = setup_.admission->account->take_request()) {
    return refuse({ErrorCode::resource_exhausted, refused->message});
  }
  auto encoder = make_encoder(setup_.format);
  if (!encoder) return refuse(encoder.error());
  context.sink = std::make_shared<Sink>(shown(context), std::move(*encoder), line_);
  service::SpeechRequest request{
      .id = setup_.id,
      .face = "elevenlabs_socket",
      .voice = setup_.voice,
      .speed = static_cast<float>(context.speed),
      .rate = setup_.format.rate,
      .language = setup_.language,
      .ssml = setup_.ssml,
      .normalise = setup_.normalise,
      .owner = setup_.admission->owner,
      .lead = place_.lead,
      .reader_timeout = place_.reader_timeout,
  };
  const Status opened = context.feed.open(place_.service, std::move(request), context.sink);
  return opened ? true : refuse(opened.error());
}

bool ElevenLabsTalk::go_on(Context& context) {
  if (!context.feed.is_open()) {
    if (context.feed.waiting_bytes() > 0) {
      if (!start(context)) return false;
    } else if (context.feed.is_whole()) {  // it never had any text
      send(protocol::eleven_labs_final(shown(context)));
      return false;
    }
  }
  context.feed.pump();
  if (context.sink == nullptr || !context.sink->ended()) return true;
  if (const std::optional<Error>& fault = context.sink->fault()) {
    const bool is_refused = fault->code == ErrorCode::resource_exhausted;
    const bool is_temporary = is_refused || fault->code == ErrorCode::deadline_exceeded;
    fail(is_temporary ? close_code::kTryAgainLater : close_code::kInternal,
         is_refused ? "rate_limit_exceeded" : "speech_failed", fault->message);
  }
  return false;
}

void ElevenLabsTalk::advance() {
  for (auto one = contexts_.begin(); one != contexts_.end() && !closed_;) {
    one = go_on(*one) ? std::next(one) : contexts_.erase(one);
  }
  if (closed_ || !contexts_.empty()) return;
  if (place_.sockets.draining()) return close(close_code::kGoingAway, "the server is going away");
  if (closing_) close(close_code::kNormal, "");
}

void ElevenLabsTalk::look_at_clock() {
  if (closing_) return;
  const Instant now = place_.context().clock.now();
  Instant next = heard_ + setup_.inactivity;
  if (setup_.is_multi && !contexts_.empty()) {
    next = now + setup_.inactivity;
    for (Context& context : contexts_) {
      if (context.feed.is_whole()) continue;
      const Instant end = context.heard + setup_.inactivity;
      if (end <= now)
        finish(context);
      else
        next = std::min(next, end);
    }
  } else if (next <= now) {
    return fail(close_code::kPolicy, "input_timeout_exceeded",
                "No message came for " + std::to_string(setup_.inactivity.count() / 1000) +
                    " seconds: send a message, or close the socket with an empty text.");
  }
  if (timer_ != 0 && looks_at_ > now && looks_at_ <= next) return;
  place_.context().timers.cancel(timer_);
  looks_at_ = next;
  timer_ = place_.context().timers.schedule(next, line_.waker);
}

std::optional<std::string> ElevenLabsTalk::shown(const Context& context) const {
  return setup_.is_multi ? std::optional(context.name) : std::nullopt;
}

// --- out
// ------------------------------------------------------------------------------------------

void ElevenLabsTalk::send(std::string json) { send_json(*line_.connection, std::move(json)); }

void ElevenLabsTalk::fail(std::uint16_t close_code, std::string_view error,
                          std::string_view message) {
  for (Context& context : contexts_) context.feed.drop();
  send(protocol::eleven_labs_socket_error(error, message, close_code));
  close(close_code, error);
}

void ElevenLabsTalk::close(std::uint16_t code, std::string_view reason) {
  closed_ = closing_ = true;
  line_.connection->close(code, reason);
}

}  // namespace parley::server
