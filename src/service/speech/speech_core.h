// SPDX-License-Identifier: Apache-2.0
//
// The strand's side of a SpeechStream: feeds text to the pipeline, gives its audio to the sink, and
// paces both. Threads: strand, except where a method says otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "exec/mailbox.h"
#include "exec/slice_budget.h"
#include "exec/strand.h"
#include "operators/tts/speech_settings.h"
#include "service/speech/speech_metrics.h"
#include "service/speech/speech_pipeline.h"
#include "service/speech/speech_stream.h"

namespace parley::service {

class SpeechStream::Core final : public exec::StrandBody {
 public:
  struct Setup {
    SpeechContext context;
    SpeechRequest request;
    std::shared_ptr<SpeechSink> sink;
    SpeechMetrics& metrics;
    std::uint64_t seed = 0;
    bool any_seed = false;
    Nanos backlog_max = Nanos::max();  // of interactive requests
    std::function<void()> on_close;    // once, from `close`
  };
  /// Errors: what the pipeline's operators say.
  static Result<std::unique_ptr<Core>> make(Setup setup);
  ~Core() override;

  // Threads: any.
  AppendResult append(std::string text);
  void flush(std::uint64_t id);
  void finish();
  void cancel() noexcept;
  void resume() noexcept;
  /// The pipeline is gone and the sink hears nothing more.
  void close() noexcept;

 private:
  struct Text {
    std::string bytes;
  };
  struct Flush {
    std::uint64_t id;
  };
  struct Finish {};
  using Command = std::variant<Text, Flush, Finish>;

  explicit Core(Setup setup);
  bool run_slice() noexcept override;
  void take_commands();
  /// True: there is more to do.
  bool run_a_while();
  /// Made, and not given out.
  [[nodiscard]] bool has_first_sound() const;
  void give(const exec::SliceBudget& budget);
  void give_audio(media::AudioFrame frame);
  void tell_chunks(media::MediaTime until);
  void end_text();
  void end(Status status);
  void tell_log(const Status& status) const;
  /// How long the next audio must wait, so that no more than `lead` is ahead of its playing.
  [[nodiscard]] Nanos early() const;
  void wake_at(Instant at);
  void overrun() noexcept;

  const SpeechContext context_;
  const SpeechRequest request_;
  SpeechMetrics& metrics_;
  const Instant opened_;
  const std::shared_ptr<exec::Strand> strand_;
  std::shared_ptr<SpeechSink> sink_;  // null once the stream has ended; shared with its interface
  std::function<void()> on_close_;
  operators::SpeechSettings settings_;
  exec::Mailbox<Command> mailbox_;
  SpeechPipeline voice_;

  std::deque<std::optional<std::uint64_t>> texts_;  // their flush ids; nothing: the last one
  std::deque<media::TextDelta> chunks_;  // spoken, whose first audio has not been given yet
  std::uint64_t chunk_count_ = 0;
  SpeechTotals totals_;
  std::optional<Instant> first_audio_;
  std::optional<Instant> waits_since_;  // the sink said `wait`
  exec::TimerService::Id timer_ = 0;
  bool closed_ = false;

  std::atomic<std::size_t> text_waiting_{0};  // bytes in the mailbox
  std::atomic<bool> room_wanted_{false};
  std::atomic<bool> resumed_{false};
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> overrun_{false};  // an end of a text found no room
};

}  // namespace parley::service
