// SPDX-License-Identifier: Apache-2.0
//
// The strand's side of a RecognitionStream: feeds audio to the pipeline no faster than it is heard,
// and tells the sink what came of it. Threads: strand, except where a method says otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "exec/mailbox.h"
#include "exec/strand.h"
#include "operators/asr/speaker_labels.h"
#include "service/input_audio.h"
#include "service/recognition/recognition_metrics.h"
#include "service/recognition/recognition_pipeline.h"
#include "service/recognition/recognition_stream.h"

namespace parley::service {

class RecognitionStream::Core final : public exec::StrandBody {
 public:
  struct Setup {
    RecognitionContext context;
    RecognitionRequest request;
    std::shared_ptr<RecognitionSink> sink;
    RecognitionMetrics& metrics;
    std::function<void(Core&)> on_close;  // once, from `close`
  };
  /// Errors: what the pipeline's operators say.
  static Result<std::unique_ptr<Core>> make(Setup setup);
  ~Core() override;

  // Threads: any.
  AppendResult append(media::BufferRef bytes);
  void flush(std::uint64_t id);
  void finish();
  void cancel() noexcept;
  /// The stream ends with `unavailable` once all that has come is recognised and the sentence that
  /// is being said has ended; at `cut_at` in its middle. A recording ends by itself, or then.
  void drain(Instant cut_at) noexcept;
  /// The pipeline is gone and the sink hears nothing more.
  void close() noexcept;

 private:
  struct Flush {
    std::optional<std::uint64_t> id;  // nothing: no more audio follows
  };
  using Command = std::variant<media::BufferRef, Flush>;
  /// An utterance that has ended and whose words have not come.
  struct Ended {
    media::MediaTime begin;  // of speech
    media::MediaTime end;
    Instant at;  // the decision
  };

  explicit Core(Setup setup);
  bool run_slice() noexcept override;
  bool feed();
  void push(media::BufferRef bytes);
  void begin_flush(Flush flush);
  /// True: an utterance was ended, and the pipeline has to run.
  bool go_on_with_flush();
  [[nodiscard]] bool is_ahead() const;
  [[nodiscard]] bool is_cut_off() const noexcept;
  [[nodiscard]] bool may_end() const;
  bool go_on_with_drain();
  void listen();
  void tell_finals();
  void tell_final(media::Transcript transcript);
  void tell_partial(media::Transcript transcript);
  void end(Status status);
  void tell_log(const Status& status) const;
  void overrun() noexcept;

  const RecognitionContext context_;
  const RecognitionRequest request_;
  RecognitionMetrics& metrics_;
  const Instant opened_;
  const std::shared_ptr<exec::Strand> strand_;
  std::shared_ptr<RecognitionSink> sink_;  // null once the stream has ended
  std::function<void(Core&)> on_close_;
  RecognitionState state_;
  exec::Mailbox<Command> mailbox_;
  InputAudio input_;
  RecognitionPipeline pipeline_;

  std::optional<Flush> flushing_;
  media::MediaTime flush_at_;   // the end of what has come, on the pipeline's time
  media::MediaTime given_;      // to the pipeline
  media::MediaTime heard_;      // by the detector
  media::MediaTime silence_;    // that was put in by flushes: the sink's times are without it
  media::MediaTime speech_at_;  // where the open utterance's speech began
  std::deque<Ended> ended_;
  std::deque<media::Transcript> finals_;            // whose speakers are not known yet
  std::optional<operators::SpeakerLabels> labels_;  // nothing: nobody is told apart
  RecognitionTotals totals_;
  Instant fed_at_;             // when audio came last
  bool is_open_ = false;       // an utterance
  bool is_speaking_ = false;   // one is open, or seems to begin
  bool is_cut_short_ = false;  // by a drain
  exec::TimerService::Id drain_timer_ = 0;
  bool closed_ = false;

  std::atomic<std::size_t> audio_waiting_{0};  // bytes in the mailbox
  std::atomic<bool> room_wanted_{false};
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> draining_{false};
  std::atomic<std::int64_t> cut_at_ns_{0};
  std::atomic<bool> overrun_{false};  // a flush found no room
};

}  // namespace parley::service
