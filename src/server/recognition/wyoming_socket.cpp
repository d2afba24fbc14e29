// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/wyoming_socket.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <utility>

#include "codec/audio_codec.h"
#include "server/recognition/wake_phrase.h"

namespace parley::server {

using protocol::WyomingEvent;
using service::SpeechFlow;
using transport::Connection;
using transport::Flow;
using transport::SendResult;

namespace close_code = transport::close_code;

namespace {

constexpr std::size_t kSampleBytes = 2;

void send_event(Connection& connection, std::string event) {
  connection.send_binary(std::make_shared<const std::string>(std::move(event)));
}

std::string_view code_of(int status) noexcept {
  if (status == 429 || status == 503) return "busy";
  return status == 401 ? "unauthorized" : "invalid";
}

/// "en-US" is "en" to a recogniser.
std::string base_language(std::string_view language) {
  return std::string(language.substr(0, std::min(language.find_first_of("-_"), language.size())));
}

std::string mixed_down(std::string samples, int channels) {
  const auto count = static_cast<std::size_t>(channels);
  if (count == 1) return samples;
  std::string mono;
  const auto sample_at = [&](std::size_t at) {
    const auto low = static_cast<unsigned char>(samples[at]);
    const auto high = static_cast<signed char>(samples[at + 1]);
    return high * 256 + low;
  };
  for (std::size_t at = 0; at + count * kSampleBytes <= samples.size();
       at += count * kSampleBytes) {
    int sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += sample_at(at + i * kSampleBytes);
    const auto mean = static_cast<unsigned>(sum / channels);
    mono += static_cast<char>(mean & 0xFFU);
    mono += static_cast<char>(mean >> 8U & 0xFFU);
  }
  return mono;
}

}  // namespace

/// Of one round. Threads: the stream's strand, except `is_answered`.
class WyomingSocket::Hearing final : public service::RecognitionSink {
 public:
  Hearing(std::shared_ptr<Connection> connection, Wish wish, std::vector<std::string> names)
      : connection_(std::move(connection)), wish_(wish), names_(std::move(names)) {}

  /// Threads: any.
  [[nodiscard]] bool is_answered() const noexcept { return is_answered_.load(); }

  void on_partial(const service::RecognizedText& partial) override { look_for_names(partial); }
  void on_final(const service::RecognizedText& final) override {
    look_for_names(final);
    if (wish_ == Wish::wake || final.text.empty()) return;
    if (language_.empty()) language_ = final.language;
    if (text_.empty()) {
      send_event(*connection_, protocol::wyoming_event("transcript-start", ""));
    }
    const std::string piece = (text_.empty() ? "" : " ") + final.text;
    text_ += piece;
    send_event(*connection_, protocol::wyoming_transcript("transcript-chunk", piece, ""));
  }
  void on_room() override { connection_->resume(); }
  void on_end(const Status& status, const service::RecognitionTotals& /*totals*/) override {
    if (!status && status.error().code == ErrorCode::cancelled) return;
    // First: whoever has read the answer may go on at once. Who begins the next round waits for
    // this call to return.
    is_answered_.store(true);
    if (!status) {
      send_event(*connection_,
                 protocol::wyoming_error(status.error().message, to_string(status.error().code)));
      connection_->close(close_code::kGoingAway, status.error().message);
    } else if (wish_ == Wish::wake) {
      if (!is_detected_) send_event(*connection_, protocol::wyoming_event("not-detected", ""));
    } else {
      send_event(*connection_, protocol::wyoming_transcript("transcript", text_, language_));
      if (!text_.empty()) {
        send_event(*connection_, protocol::wyoming_event("transcript-stop", ""));
      }
    }
    connection_->resume();  // something may wait
  }

 private:
  void look_for_names(const service::RecognizedText& heard) {
    if (wish_ != Wish::wake || is_detected_) return;
    for (const std::string& name : names_) {
      if (!has_phrase(heard.text, name)) continue;
      is_detected_ = true;
      send_event(*connection_, protocol::wyoming_detection(name, heard.end));
      return;
    }
  }

  const std::shared_ptr<Connection> connection_;
  const Wish wish_;
  const std::vector<std::string> names_;
  std::string text_;
  std::string language_;
  bool is_detected_ = false;
  std::atomic<bool> is_answered_{false};
};

/// Of one text. Threads: the stream's strand, except `is_over`.
class WyomingSocket::Speaking final : public service::SpeechSink {
 public:
  Speaking(std::shared_ptr<Connection> connection, std::unique_ptr<IdleSockets::Work> work,
           int rate, bool is_streamed)
      : connection_(std::move(connection)),
        work_(std::move(work)),
        rate_(rate),
        is_streamed_(is_streamed) {}

  /// Threads: any.
  [[nodiscard]] bool is_over() const noexcept { return is_over_.load(); }

  SpeechFlow on_audio(service::SpeechAudio audio) override {
    start();
    const std::span<const float> samples = audio.samples.floats();
    std::string bytes(samples.size() * kSampleBytes, '\0');
    codec::encode(media::Codec::pcm16, samples, std::as_writable_bytes(std::span(bytes)));
    auto event = std::make_shared<const std::string>(
        protocol::wyoming_audio_chunk(rate_, audio.begin, bytes));
    return connection_->send_binary(std::move(event)) == SendResult::sent ? SpeechFlow::more
                                                                          : SpeechFlow::wait;
  }
  void on_end(const Status& status, const service::SpeechTotals& /*totals*/) override {
    if (!status && status.error().code == ErrorCode::cancelled) return;
    if (status) {
      start();  // a text that says nothing
      send_event(*connection_, protocol::wyoming_event("audio-stop", ""));
      if (is_streamed_) send_event(*connection_, protocol::wyoming_event("synthesize-stopped", ""));
    } else {
      send_event(*connection_,
                 protocol::wyoming_error(status.error().message, to_string(status.error().code)));
      // Who does not know the event would wait for ever.
      connection_->close(close_code::kTryAgainLater, status.error().message);
    }
    is_over_.store(true);
    connection_->resume();  // something may wait
    work_.reset();
  }

 private:
  void start() {
    if (std::exchange(has_started_, true)) return;
    send_event(*connection_, protocol::wyoming_audio_start(rate_));
  }

  const std::shared_ptr<Connection> connection_;
  std::unique_ptr<IdleSockets::Work> work_;
  const int rate_;
  const bool is_streamed_;
  bool has_started_ = false;
  std::atomic<bool> is_over_{false};
};

WyomingSocket::WyomingSocket(const Place& place, SocketAdmission admission, std::string id)
    : ListeningSocket(place.recognition, place.gate, admission),
      place_(place),
      admission_(std::move(admission)),
      id_(std::move(id)),
      feed_(admission_.account) {}

void WyomingSocket::on_open(std::shared_ptr<Connection> connection) {
  connect(std::move(connection));
}

Flow WyomingSocket::on_text(std::string_view /*text*/) { return Flow::more; }

Flow WyomingSocket::on_binary(std::span<const std::byte> bytes) {
  if (is_over_) return Flow::more;
  reader_.append(bytes);
  return read_on();
}

void WyomingSocket::on_close(std::uint16_t code, std::string_view reason) {
  feed_.drop();
  ListeningSocket::on_close(code, reason);
}

Flow WyomingSocket::go_on() {
  if (is_over_) return Flow::more;
  if (waiting_) {
    if (has_to_wait(*waiting_)) return Flow::wait;
    if (handle(*std::exchange(waiting_, std::nullopt)) == Flow::wait) return Flow::wait;
  }
  return read_on();
}

Flow WyomingSocket::read_on() {
  while (!is_over_) {
    auto read = reader_.next();
    if (!read) return Flow::more;
    if (const auto* error = std::get_if<protocol::ProtocolError>(&*read)) {
      tell_error(error->message, "invalid");
      if (!reader_.is_broken()) continue;
      is_over_ = true;
      connection().close(close_code::kPolicy, error->message);
      return Flow::more;
    }
    auto event = std::get<WyomingEvent>(*std::move(read));
    if (has_to_wait(event)) {
      waiting_ = std::move(event);
      return Flow::wait;
    }
    if (handle(std::move(event)) == Flow::wait) return Flow::wait;
  }
  return Flow::more;
}

bool WyomingSocket::has_to_wait(const WyomingEvent& event) const {
  const bool is_round = std::holds_alternative<protocol::WyomingAudioStart>(event) ||
                        std::holds_alternative<protocol::WyomingAudioChunk>(event);
  if (is_round) return !is_within_ && hearing_ != nullptr && !hearing_->is_answered();
  const bool is_text = std::holds_alternative<protocol::WyomingSynthesize>(event) ||
                       std::holds_alternative<protocol::WyomingSynthesizeStart>(event);
  return is_text && !is_writing_ && speaking_ != nullptr && !speaking_->is_over();
}

Flow WyomingSocket::handle(WyomingEvent event) {
  if (const auto* chunk = std::get_if<protocol::WyomingAudioChunk>(&event)) {
    return take_audio(*chunk);
  }
  if (std::holds_alternative<protocol::WyomingAudioStop>(event)) return end_audio();
  if (const auto* start = std::get_if<protocol::WyomingAudioStart>(&event)) {
    begin_round(start->format);
  } else if (auto* transcribe = std::get_if<protocol::WyomingTranscribe>(&event)) {
    wish_ = Wish::words;
    language_ = base_language(transcribe->language);
  } else if (auto* detect = std::get_if<protocol::WyomingDetect>(&event)) {
    wish_ = Wish::wake;
    names_ = detect->names.empty() ? place_.info.wake_phrases : std::move(detect->names);
  } else if (std::holds_alternative<protocol::WyomingDescribe>(event)) {
    send_event(connection(), protocol::to_event(place_.info));
  } else if (const auto* ping = std::get_if<protocol::WyomingPing>(&event)) {
    send_event(connection(), protocol::wyoming_pong(ping->text));
  } else if (auto* order = std::get_if<protocol::WyomingSynthesize>(&event)) {
    // Within a streamed text it is there for others: the same text once more.
    if (!is_writing_ && begin_speech(*order, false)) {
      take_text(std::move(order->text));
      feed_.finish();
      feed_.pump();
    }
  } else if (auto* begin = std::get_if<protocol::WyomingSynthesizeStart>(&event)) {
    if (!is_writing_) is_writing_ = begin_speech(begin->order, true);
  } else if (auto* piece = std::get_if<protocol::WyomingSynthesizeChunk>(&event)) {
    if (is_writing_) take_text(std::move(piece->text));
    feed_.pump();
  } else if (std::holds_alternative<protocol::WyomingSynthesizeStop>(event) &&
             std::exchange(is_writing_, false)) {
    feed_.finish();
    feed_.pump();
  }
  return Flow::more;
}

// --- hearing ------------------------------------------------------------------------------------

void WyomingSocket::begin_round(const protocol::WyomingFormat& format) {
  stop_listening();
  format_ = format;
  hearing_ = std::make_shared<Hearing>(shared_connection(), wish_, names_);
  service::RecognitionRequest request;
  request.id = id_;
  request.face = "wyoming";
  request.rate = format.rate;
  request.language = language_;
  // A transcript is told by its finals.
  if (wish_ == Wish::words) request.partial_interval = Millis{0};
  is_within_ = listen(std::move(request), SampleKind::s16, hearing_);
}

Flow WyomingSocket::take_audio(const protocol::WyomingAudioChunk& chunk) {
  if (!is_within_) begin_round(chunk.format);
  if (!is_within_) return Flow::more;
  const std::string mono = mixed_down(chunk.samples, format_.channels);
  return append(std::as_bytes(std::span(mono)));
}

Flow WyomingSocket::end_audio() {
  if (!is_within_) {
    // Nothing was said at all, or it was refused.
    if (hearing_ != nullptr && !hearing_->is_answered()) return Flow::more;
    begin_round({});
    if (!is_within_) return Flow::more;
  }
  end_round();
  return Flow::more;
}

void WyomingSocket::end_round() {
  is_within_ = false;
  if (is_listening()) stream().finish();
}

// --- speaking -----------------------------------------------------------------------------------

bool WyomingSocket::begin_speech(const protocol::WyomingSynthesize& order, bool is_streamed) {
  if (place_.speech == nullptr) {
    refuse(404, "there is no speech service", 0);
    return false;
  }
  const int rate = place_.speech->voice_rate();
  speaking_ = std::make_shared<Speaking>(shared_connection(), work(), rate, is_streamed);
  text_bytes_ = 0;
  feed_.drop();
  feed_ = SpeechFeed(admission_.account);
  service::SpeechRequest request;
  request.id = id_;
  request.face = "wyoming";
  request.voice = order.voice;
  request.rate = rate;
  request.language = base_language(order.language);
  request.ssml = order.is_ssml;
  request.owner = admission_.owner;
  const Status opened = feed_.open(*place_.speech, std::move(request), speaking_);
  if (opened) return true;
  speaking_.reset();
  refuse(503, opened.error().message, 0);
  return false;
}

void WyomingSocket::take_text(std::string text) {
  text_bytes_ += text.size();
  if (text_bytes_ > kWyomingTextBytesMax) {
    refuse(413, "more than " + std::to_string(kWyomingTextBytesMax) + " bytes of text", 0);
  } else if (const auto refused = feed_.append(std::move(text))) {
    refuse(429, refused->message, refused->retry_seconds);
  }
}

// --- the end ------------------------------------------------------------------------------------

void WyomingSocket::tell_error(std::string_view message, std::string_view code) {
  send_event(connection(), protocol::wyoming_error(message, code));
}

/// Who does not know the event would wait for ever, so the connection ends, too.
void WyomingSocket::refuse(int code, std::string_view message, std::int64_t /*retry_seconds*/) {
  is_over_ = true;
  stop_listening();
  feed_.drop();
  tell_error(message, code_of(code));
  connection().close(close_code::kPolicy, message);
}

}  // namespace parley::server
