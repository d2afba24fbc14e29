// SPDX-License-Identifier: Apache-2.0
#include "server/speech/audio_talk.h"

#include <algorithm>
#include <utility>

#include "server/speech/encoding_sink.h"
#include "server/speech/speech_framing.h"

namespace parley::server {

using protocol::SocketEvent;
using protocol::SocketProblem;
using service::SpeechFlow;
using transport::Connection;
using transport::SendResult;

namespace {

SendResult send(Connection& connection, SocketWords words, const SocketEvent& event) {
  if (words == SocketWords::ours) {
    return connection.send_text(std::make_shared<const std::string>(protocol::to_json(event)));
  }
  std::optional<std::string> json = protocol::to_deepgram_json(event);
  if (!json) return SendResult::sent;
  return connection.send_text(std::make_shared<const std::string>(std::move(*json)));
}

SocketProblem problem_of(const Error& error, std::string id) {
  return {.status = http_status_of(error.code),
          .message = error.message,
          .field = std::string(field_of(error)),
          .id = std::move(id),
          .ends = true,
          .retry_after = 0};
}

service::SpeechRequest request_of(const protocol::Speak& speak, const AudioTalk::Setup& setup,
                                  const SpeechPlace& place) {
  service::SpeechRequest request{
      .id = setup.id,
      .face = setup.words == SocketWords::ours ? "ws_audio" : "deepgram",
      .voice = speak.voice,
      .speed = static_cast<float>(speak.speed),
      .rate = speak.format.rate,
      .language = speak.language,
      .ssml = speak.ssml,
      .normalise = speak.normalise,
      .owner = setup.admission.owner,
      .lead = place.lead,
      .reader_timeout = place.reader_timeout,
  };
  if (speak.priority == protocol::SpeechPriority::bulk) {
    request.qos = model::TtsQos::bulk;
    request.lead = Millis::zero();
  }
  if (speak.lead_ms) request.lead = Millis(*speak.lead_ms);
  return request;
}

}  // namespace

/// Of one utterance. Audio leaves as soon as it is there.
class AudioTalk::Sink final : public EncodingSink {
 public:
  struct Setup {
    std::string id;
    protocol::OutputFormat format;
    SocketWords words;
    bool phonemes;
  };

  Sink(Setup setup, std::unique_ptr<codec::AudioEncoder> encoder, SocketLine line)
      : EncodingSink(std::move(encoder), std::move(line.waker)),
        setup_(std::move(setup)),
        connection_(std::move(line.connection)) {}

  /// The client knows that the utterance has ended, and how. Threads: any, once it has ended.
  [[nodiscard]] bool was_told() const noexcept { return ended() && was_told_; }

  void on_chunk(const service::SpeechChunk& chunk) override {
    start();
    protocol::UtteranceChunk event{.id = setup_.id,
                                   .index = chunk.index,
                                   .begin = chunk.begin,
                                   .written = chunk.written,
                                   .spoken = chunk.spoken ? chunk.spoken->text : chunk.written,
                                   .words = from(chunk.begin, chunk.words),
                                   .phonemes = std::nullopt};
    if (setup_.phonemes) event.phonemes = from(chunk.begin, chunk.phonemes);
    tell(event);
  }

  void on_flushed(std::uint64_t id) override {
    start();
    tell(protocol::UtteranceFlushed{setup_.id, id});
  }

 private:
  SpeechFlow on_encoded(std::string bytes, const service::SpeechAudio& /*audio*/) override {
    start();
    return send_audio(std::move(bytes)) == SendResult::sent ? SpeechFlow::more : SpeechFlow::wait;
  }

  void on_finished(const Status& status, const service::SpeechTotals& totals,
                   std::string rest) override {
    was_told_ = status || status.error().code != ErrorCode::cancelled;
    if (status) {
      start();
      send_audio(std::move(rest));
      tell(protocol::UtteranceDone{setup_.id, totals.audio, totals.characters});
    } else if (was_told_) {
      SocketProblem problem = problem_of(status.error(), setup_.id);
      problem.retry_after = totals.retry_seconds;
      tell(problem);
      if (status.error().code == ErrorCode::deadline_exceeded) {
        connection_->close(transport::close_code::kTryAgainLater, "audio was not read in time");
      }
    }
  }

  void start() {
    if (std::exchange(has_started_, true)) return;
    tell(protocol::UtteranceStarted{
        setup_.id, setup_.format,
        std::string(codec::content_type(file_format(setup_.format.format)))});
  }

  SendResult send_audio(std::string bytes) {
    if (bytes.empty()) return SendResult::sent;
    return connection_->send_binary(std::make_shared<const std::string>(std::move(bytes)));
  }

  void tell(const SocketEvent& event) { send(*connection_, setup_.words, event); }

  static std::vector<media::WordTime> from(media::MediaTime begin,
                                           std::vector<media::WordTime> times) {
    for (media::WordTime& one : times) {
      one.begin += begin;
      one.end += begin;
    }
    return times;
  }

  const Setup setup_;
  const std::shared_ptr<Connection> connection_;
  bool has_started_ = false;
  bool was_told_ = false;
};

struct AudioTalk::Utterance {
  explicit Utterance(std::shared_ptr<KeyAccount> account) : feed(std::move(account)) {}

  protocol::Speak wanted;      // without its text
  std::shared_ptr<Sink> sink;  // shared with the stream
  SpeechFeed feed;             // after the sink: it is cancelled first
};

AudioTalk::AudioTalk(const SpeechPlace& place, Setup setup)
    : place_(place),
      setup_(std::move(setup)),
      refused_utterances_(place.context().metrics.counter("parley_tts_socket_refused_total",
                                                          "What a speaking socket had no room for",
                                                          {{"what", "utterance"}})),
      refused_text_(place.context().metrics.counter("parley_tts_socket_refused_total",
                                                    "What a speaking socket had no room for",
                                                    {{"what", "text"}})) {}

AudioTalk::~AudioTalk() = default;

void AudioTalk::begin(SocketLine line) {
  line_ = std::move(line);
  if (setup_.words != SocketWords::deepgram) return;
  line_.connection->send_text(std::make_shared<const std::string>(
      protocol::to_json(protocol::DeepgramMetadata{setup_.id, setup_.model, "1", setup_.model})));
}

void AudioTalk::on_text(std::string_view frame) {
  auto parsed = setup_.words == SocketWords::ours
                    ? protocol::parse_socket_message(frame, setup_.defaults)
                    : protocol::parse_deepgram_message(frame);
  if (auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return refuse(std::move(error->message), error->param.value_or(""));
  }
  std::visit([this](auto& message) { handle(std::move(message)); },
             std::get<protocol::SocketMessage>(parsed));
  advance();
}

void AudioTalk::on_binary() {
  refuse("Messages are JSON text; binary ones only come from here.", "");
}

void AudioTalk::on_wake() { advance(); }

void AudioTalk::on_writable() {
  if (!utterances_.empty()) utterances_.front().feed.resume();
}

// --- what clients say
// -----------------------------------------------------------------------------

void AudioTalk::handle(protocol::Speak speak) {
  if (closing_) return refuse("The socket is closing.", "type", speak.id);
  if (utterances_.size() >= kUtterancesMax) {
    refused_utterances_.add();
    return refuse("There are " + std::to_string(kUtterancesMax) +
                      " utterances already: wait until one is done.",
                  "type", speak.id, 429, 1);
  }
  if (!may_take(speak.text.size(), speak.id)) return;
  const auto has_its_id = [&](const Utterance& one) { return one.wanted.id == speak.id; };
  if (!speak.id.empty() && std::ranges::any_of(utterances_, has_its_id)) {
    return refuse("There is an utterance '" + speak.id + "' already.", "id", speak.id);
  }
  if (const auto refused = setup_.admission.account->take_request()) {
    return refuse(refused->message, "", speak.id, 429, refused->retry_seconds);
  }
  if (speak.id.empty()) speak.id = "utterance-" + std::to_string(++numbered_);
  if (!utterances_.empty()) utterances_.back().feed.finish();
  Utterance& added = utterances_.emplace_back(setup_.admission.account);
  if (const auto refused = added.feed.append(std::exchange(speak.text, {}))) {
    utterances_.pop_back();
    return refuse(refused->message, "", speak.id, 429, refused->retry_seconds);
  }
  if (speak.is_whole) added.feed.finish();
  added.wanted = std::move(speak);
}

void AudioTalk::handle(protocol::Append append) {
  const bool begins_one = setup_.words == SocketWords::deepgram &&
                          (utterances_.empty() || utterances_.back().feed.is_whole());
  if (begins_one) {
    protocol::Speak speak = setup_.defaults;
    speak.text = std::move(append.text);
    return handle(std::move(speak));
  }
  Utterance* open = open_one(append.id);
  if (open == nullptr || !may_take(append.text.size(), open->wanted.id)) return;
  if (const auto refused = open->feed.append(std::move(append.text))) {
    return refuse(refused->message, "", open->wanted.id, 429, refused->retry_seconds);
  }
  if (append.is_last) open->feed.finish();
}

void AudioTalk::handle(const protocol::Flush& flush) {
  const bool has_nothing = setup_.words == SocketWords::deepgram &&
                           (utterances_.empty() || utterances_.back().feed.is_whole());
  if (has_nothing) return tell(protocol::UtteranceFlushed{"", flushes_++});
  if (Utterance* open = open_one(flush.id)) open->feed.flush(flushes_++);
}

void AudioTalk::handle(const protocol::Finish& finish) {
  if (Utterance* open = open_one(finish.id)) open->feed.finish();
}

void AudioTalk::handle(const protocol::Cancel& cancel) {
  protocol::UtterancesCancelled cancelled{{}, cancels_++};
  for (auto one = utterances_.begin(); one != utterances_.end();) {
    if (!cancel.id.empty() && one->wanted.id != cancel.id) {
      ++one;
      continue;
    }
    one->feed.drop();
    // One that had been spoken before it heard has said so.
    const bool was_done = one->sink != nullptr && one->sink->was_told();
    if (!was_done) cancelled.ids.push_back(one->wanted.id);
    one = utterances_.erase(one);
  }
  tell(std::move(cancelled));
}

void AudioTalk::handle(const protocol::CloseSocket&) {
  closing_ = true;
  if (!utterances_.empty()) utterances_.back().feed.finish();
}

// --- what becomes of it
// ---------------------------------------------------------------------------

AudioTalk::Utterance* AudioTalk::open_one(std::string_view id) {
  const bool is_there = !utterances_.empty() && !utterances_.back().feed.is_whole() &&
                        (id.empty() || utterances_.back().wanted.id == id);
  if (is_there) return &utterances_.back();
  refuse(id.empty() ? "No utterance takes text: begin one with speak."
                    : "The utterance '" + std::string(id) + "' takes no text, or is unknown.",
         "id", std::string(id));
  return nullptr;
}

bool AudioTalk::may_take(std::size_t text_bytes, const std::string& id) {
  std::size_t waiting = 0;
  for (const Utterance& one : utterances_) waiting += one.feed.waiting_bytes();
  if (waiting + text_bytes <= kSocketTextWaitingBytesMax) return true;
  refused_text_.add();
  const bool is_ever_too_much = text_bytes > kSocketTextWaitingBytesMax;
  refuse("More than " + std::to_string(kSocketTextWaitingBytesMax) +
             " bytes of text would wait to be spoken: this was not taken.",
         "text", id, is_ever_too_much ? 413 : 429, is_ever_too_much ? 0 : 1);
  return false;
}

bool AudioTalk::start(Utterance& utterance) {
  const protocol::Speak& wanted = utterance.wanted;
  const auto fail = [&](const Error& error, std::string_view field) {
    SocketProblem problem = problem_of(error, wanted.id);
    if (problem.field.empty() && problem.status == 400) problem.field = field;
    const bool is_temporary = problem.status == 429 || problem.status == 503;
    if (is_temporary) problem.retry_after = place_.service.retry_seconds();
    tell(problem);
    return false;
  };
  auto encoder = make_encoder(wanted.format);
  if (!encoder) return fail(encoder.error(), "samplerate");
  utterance.sink =
      std::make_shared<Sink>(Sink::Setup{wanted.id, wanted.format, setup_.words, wanted.phonemes},
                             std::move(*encoder), line_);
  const Status opened =
      utterance.feed.open(place_.service, request_of(wanted, setup_, place_), utterance.sink);
  return opened ? true : fail(opened.error(), "");
}

void AudioTalk::advance() {
  if (place_.sockets.draining() && !utterances_.empty()) utterances_.back().feed.finish();
  while (!utterances_.empty()) {
    Utterance& first = utterances_.front();
    if (first.feed.is_open() || start(first)) {
      first.feed.pump();
      if (!first.sink->ended()) break;
    }
    utterances_.pop_front();
  }
  close_if_quiet();
}

void AudioTalk::close_if_quiet() {
  if (!utterances_.empty() || closed_) return;
  const bool drains = place_.sockets.draining();
  if (!closing_ && !drains) return;
  closed_ = closing_ = true;
  const bool is_asked = !drains;
  line_.connection->close(
      is_asked ? transport::close_code::kNormal : transport::close_code::kGoingAway,
      is_asked ? "" : "the server is going away");
}

void AudioTalk::tell(const SocketEvent& event) { send(*line_.connection, setup_.words, event); }

void AudioTalk::refuse(std::string message, std::string field, std::string id, int status,
                       std::int64_t retry_after) {
  tell(SocketProblem{.status = status,
                     .message = std::move(message),
                     .field = std::move(field),
                     .id = std::move(id),
                     .ends = false,
                     .retry_after = retry_after});
}

}  // namespace parley::server
