// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/funasr_socket.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/utf8.h"
#include "protocol/recognition/wav_head.h"
#include "server/recognition/listen_request.h"
#include "server/recognition/spelled_final.h"
#include "text/numbers_as_words.h"

namespace parley::server {

using media::MediaTime;
using protocol::FunasrMode;
using protocol::FunasrPass;
using transport::Connection;
using transport::Flow;

namespace close_code = transport::close_code;

namespace {

// Half a chunk: a word is told when two hypotheses in a row agree on it.
constexpr int kPartialMin = 120;  // ms
constexpr int kPartialMax = 600;
constexpr std::string_view kEnglish = "en";

std::string_view without_words(std::string_view text, std::size_t count) {
  for (; count > 0 && !text.empty(); --count) {
    const std::size_t space = text.find(' ', 1);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space);
  }
  return text;
}

/// What of a final has not been told by partials. It may write differently what they said, but no
/// word of theirs is said twice.
std::string_view rest_of(std::string_view text, std::string_view told) {
  if (text.starts_with(told)) return text.substr(told.size());
  if (text.find(' ') == std::string_view::npos) {
    std::size_t at = 0;
    for (std::size_t i = characters_in(told); i > 0 && at < text.size(); --i) {
      at += std::max<std::size_t>(utf8_character_size(text.substr(at)), 1);
    }
    return text.substr(at);
  }
  return without_words(text, 1 + static_cast<std::size_t>(std::ranges::count(told, ' ')));
}

}  // namespace

/// Threads: any.
class FunasrSocket::Sink final : public service::RecognitionSink {
 public:
  explicit Sink(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  void follow(const Order& order) {
    const std::lock_guard lock(mutex_);
    mode_ = order.mode;
    wav_name_ = order.wav_name;
    writes_numbers_ = order.writes_numbers;
  }
  /// A flush follows, of the recording's end.
  void end_recording(bool is_acknowledged) {
    const std::lock_guard lock(mutex_);
    ends_.push_back(is_acknowledged);
  }
  /// No end waits for its answer.
  bool is_idle() {
    const std::lock_guard lock(mutex_);
    return ends_.empty();
  }

  void on_partial(const service::RecognizedText& partial) override {
    const std::lock_guard lock(mutex_);
    if (mode_ == FunasrMode::offline) return;
    const std::string_view stable = std::string_view(partial.text).substr(0, partial.stable_bytes);
    if (stable.size() <= told_.size() || !stable.starts_with(told_)) return;
    send_last(false);
    send({.mode = mode_,
          .pass = FunasrPass::online,
          .text = led(spelled(stable.substr(told_.size()), partial.language), told_.empty())});
    told_ = stable;
  }
  void on_final(const service::RecognizedText& written) override {
    const std::lock_guard lock(mutex_);
    const std::string told = std::exchange(told_, {});
    if (written.text.empty()) return;
    const bool is_rest = mode_ == FunasrMode::online;  // of what was told as it was written
    const service::RecognizedText final =
        is_rest || !spells(written.language) ? written : spelled_final(written);
    if (mode_ == FunasrMode::offline && last_) {
      last_->text += led(final.text, true);
      // Of all of a recording only who speaks all of it is told.
      if (last_->speaker != final.speaker) last_->speaker.clear();
    } else {
      send_last(false);
      const std::string text =
          is_rest ? spelled(rest_of(final.text, told), final.language) : final.text;
      last_ = Last{led(text, !is_rest || told.empty()), {}, final.speaker};
    }
    for (media::WordTime word : final.words) {
      word.begin = word.begin - begin_;
      word.end = word.end - begin_;
      last_->words.push_back(std::move(word));
    }
    has_text_ = true;
    // It may be the last of the recording.
    if (mode_ != FunasrMode::offline && ends_.empty()) send_last(false);
  }
  void on_room() override { connection_->resume(); }
  void on_flushed(std::uint64_t /*id*/, const service::RecognitionTotals& totals) override {
    const std::lock_guard lock(mutex_);
    send_end();
    begin_ = totals.audio;
  }
  void on_end(const Status& status, const service::RecognitionTotals& /*totals*/) override {
    if (!status && status.error().code == ErrorCode::cancelled) return;
    const std::lock_guard lock(mutex_);
    const bool is_drained = !status && status.error().code == ErrorCode::unavailable;
    if (status || is_drained) {
      if (last_) send_end();
    } else {
      connection_->send_text(std::make_shared<const std::string>(
          protocol::funasr_error(wav_name_, status.error().message)));
    }
    connection_->close(is_drained ? close_code::kGoingAway : close_code::kInternal, "");
  }

 private:
  struct Last {
    std::string text;
    std::vector<media::WordTime> words;
    std::string speaker;
  };

  // All with the mutex held.

  /// Text whose language nobody tells is English as far as anybody knows; digits among Chinese
  /// characters are read as Chinese all the same.
  [[nodiscard]] bool spells(std::string_view language) const {
    return !writes_numbers_ && (language.empty() || language == kEnglish);
  }
  [[nodiscard]] std::string spelled(std::string_view text, std::string_view language) const {
    return spells(language) ? text::numbers_as_words(text) : std::string(text);
  }
  /// Clients put texts one behind the other: what begins an utterance brings the space before it,
  /// in scripts that have spaces.
  std::string led(std::string_view text, bool begins) const {
    const bool is_spaced = begins && has_text_ && !text.empty() &&
                           static_cast<unsigned char>(text.front()) < 0x80 && text.front() != ' ';
    return (is_spaced ? " " : "") + std::string(text);
  }
  void send(protocol::FunasrResult result) {
    result.wav_name = wav_name_;
    connection_->send_text(std::make_shared<const std::string>(protocol::to_json(result)));
  }
  void send_last(bool is_final) {
    if (!last_ && !is_final) return;
    const Last last = std::exchange(last_, std::nullopt).value_or(Last{});
    if (last.text.empty() && !is_final) return;
    send({.mode = mode_,
          .pass = mode_ == FunasrMode::online ? FunasrPass::online : FunasrPass::offline,
          .text = last.text,
          .is_final = is_final,
          .words = mode_ == FunasrMode::online ? nullptr : &last.words,
          .speaker = last.speaker});
  }
  void send_end() {
    send_last(true);
    has_text_ = false;
    if (ends_.empty()) return;  // a drain's
    if (ends_.front()) {
      connection_->send_text(
          std::make_shared<const std::string>(protocol::funasr_acknowledgement(wav_name_)));
    }
    ends_.pop_front();
  }

  const std::shared_ptr<Connection> connection_;
  std::mutex mutex_;                        // held for the writing of a message
  FunasrMode mode_ = FunasrMode::two_pass;  // GUARDED_BY(mutex_), as is all that follows
  std::string wav_name_;
  bool writes_numbers_ = true;
  std::deque<bool> ends_;     // as many as flushes that wait; whether each is acknowledged
  std::string told_;          // of the utterance that is being spoken
  bool has_text_ = false;     // of this recording
  std::optional<Last> last_;  // not sent; offline: all of the recording
  MediaTime begin_;           // of the recording
};

FunasrSocket::FunasrSocket(service::RecognitionService& service, SessionGate& gate,
                           SocketAdmission admission, std::string id)
    : ListeningSocket(service, gate, std::move(admission)), id_(std::move(id)) {}

void FunasrSocket::on_open(std::shared_ptr<Connection> connection) {
  connect(std::move(connection));
}

bool FunasrSocket::begin() {
  if (is_listening() && begun_.rate == order_.rate && begun_.mode == order_.mode &&
      begun_.chunk_ms == order_.chunk_ms && begun_.hot_words == order_.hot_words) {
    if (begun_ != order_) sink_->follow(order_);
    begun_ = order_;
    return true;
  }
  if (is_listening() && !sink_->is_idle()) {
    refuse(400, "mode, chunk_size, audio_fs and hotwords change when a recording has been answered",
           0);
    return false;
  }
  stop_listening();
  sink_ = std::make_shared<Sink>(shared_connection());
  sink_->follow(order_);
  service::RecognitionRequest request;
  request.id = id_;
  request.face = "funasr";
  request.owner = owner();
  request.rate = order_.rate;
  if (order_.mode == FunasrMode::offline) request.silence = service::kRecordingSilence;
  request.partial_interval =
      Millis{order_.mode == FunasrMode::offline
                 ? 0
                 : std::clamp(order_.chunk_ms / 2, kPartialMin, kPartialMax)};
  request.hints = hints_of(order_.hot_words);
  begun_ = order_;
  return listen(std::move(request), SampleKind::s16, sink_);
}

Flow FunasrSocket::on_text(std::string_view text) {
  if (is_over_) return Flow::more;
  const auto parsed = protocol::parse_funasr_message(text);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    refuse(400, error->message, 0);
    return Flow::more;
  }
  const auto& message = std::get<protocol::FunasrMessage>(parsed);
  const bool is_end = message.is_speaking && !*message.is_speaking;
  Order order = order_;
  order.mode = message.mode.value_or(order.mode);
  order.format = message.format.value_or(order.format);
  order.wav_name = message.wav_name.value_or(order.wav_name);
  order.rate = message.rate.value_or(order.rate);
  order.chunk_ms = message.chunk_ms.value_or(order.chunk_ms);
  order.writes_numbers = message.writes_numbers.value_or(order.writes_numbers);
  if (message.hot_words) order.hot_words = *message.hot_words;
  // Some clients say all of it once more at the end: it changes nothing in a recording.
  if (!is_within_) order_ = std::move(order);
  if (is_end) end_recording(message.wants_acknowledgement);
  return Flow::more;
}

Flow FunasrSocket::on_binary(std::span<const std::byte> bytes) {
  if (is_over_) return Flow::more;
  if (!std::exchange(is_within_, true)) {
    head_.clear();
    file_bytes_ = 0;
  }
  if (order_.format == protocol::FunasrFormat::wav) return take_file(bytes);
  return begin() ? append(bytes) : Flow::more;
}

Flow FunasrSocket::take_file(std::span<const std::byte> bytes) {
  if (file_bytes_ == 0) {
    // After the samples there may be chunks that nobody hears.
    if (head_.size() > protocol::kWavHeadBytesMax) return Flow::more;
    head_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto read = protocol::read_wav_head(std::as_bytes(std::span(head_)));
    if (std::holds_alternative<protocol::WavHeadIncomplete>(read)) {
      if (head_.size() > protocol::kWavHeadBytesMax) refuse(400, "This is no WAV file.", 0);
      return Flow::more;
    }
    if (const auto* error = std::get_if<protocol::ProtocolError>(&read)) {
      refuse(400, error->message, 0);
      return Flow::more;
    }
    const auto& head = std::get<protocol::WavHead>(read);
    file_bytes_ = head.sample_bytes;
    order_.rate = head.rate;
    const std::string rest = head_.substr(std::min(head.bytes, head_.size()));
    head_.assign(protocol::kWavHeadBytesMax + 1, '\0');  // it has been read
    if (!begin()) return Flow::more;
    bytes = std::as_bytes(std::span(rest));
    const std::size_t heard = std::min<std::uint64_t>(bytes.size(), file_bytes_);
    file_bytes_ -= heard;
    return append(bytes.first(heard));
  }
  if (!is_listening()) return Flow::more;
  const std::size_t heard = std::min<std::uint64_t>(bytes.size(), file_bytes_);
  file_bytes_ -= heard;
  return append(bytes.first(heard));
}

void FunasrSocket::end_recording(bool is_acknowledged) {
  is_within_ = false;
  if (!begin()) return;
  sink_->end_recording(is_acknowledged);
  stream().flush(flushes_++);
}

void FunasrSocket::refuse(int /*code*/, std::string_view message, std::int64_t retry_seconds) {
  is_over_ = true;
  stop_listening();
  send(protocol::funasr_error(order_.wav_name, message));
  connection().close(retry_seconds > 0 ? close_code::kTryAgainLater : close_code::kPolicy, message);
}

}  // namespace parley::server
