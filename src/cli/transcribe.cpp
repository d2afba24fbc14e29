// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "backend/ffmpeg/ffmpeg_audio.h"
#include "cli/cli.h"
#include "cli/hear_recording.h"
#include "cli/transcribe_progress.h"
#include "cli/transcript_file.h"
#include "cli/transcript_journal.h"
#include "codec/audio_decoder.h"
#include "exec/parker.h"
#include "exec/thread_executor.h"
#include "model/asr_model.h"

namespace parley::cli {
namespace {

constexpr Millis kLook{200};     // how often progress is shown and a stop is asked for
constexpr Millis kStopLook{10};  // while what was stopped lets go
/// Of a recording that does not say how long it is, before it has been heard: 128 kbit/s.
constexpr double kBytesPerSecond = 16'000.0;
/// Back to the first column, and the line is empty.
constexpr std::string_view kClearLine = "\r\x1b[K";

double seconds_of(media::MediaTime time) {
  return static_cast<double>(time.flicks) / static_cast<double>(media::MediaTime::kPerSecond);
}

/// A guess where the file does not say.
double length_of(const Recording& recording) {
  const auto source = codec::open_audio_file(
      recording.path, {.rate = model::kAsrRate, .seconds_max = kTranscribeSecondsMax});
  if (source) {
    if (const auto stated = (*source)->stated_seconds()) return *stated;
  }
  std::error_code failure;
  const auto size = std::filesystem::file_size(recording.path, failure);
  return failure ? 0.0 : static_cast<double>(size) / kBytesPerSecond;
}

class Transcription {
 public:
  Transcription(const TranscribeContext& context, const TranscribeOptions& options,
                std::ostream& out, std::ostream& err);
  int run();

 private:
  /// One recording: waits, is heard, is over.
  struct Work {
    const Recording* recording;
    double seconds = 0.0;  // of audio; a guess at first
    double before = 0.0;   // of them, heard another time
    bool is_over = false;
    std::string output = {};  // for standard output
    std::string problem = {};
  };
  /// A thread that opens recordings, and the one that it has.
  struct Slot {
    std::unique_ptr<exec::ThreadExecutor> reader;
    Work* work = nullptr;  // null: free
    std::optional<TranscriptJournal> journal;
    std::shared_ptr<Hearing> hearing;  // shared with its recognition, until that has ended
  };

  void start(Slot& slot, Work& work);
  Status begin(Slot& slot, Work& work);
  void finish(Slot& slot);
  [[nodiscard]] Status keep(const Recording& recording, const TranscriptJournal& journal,
                            HeardRecording heard) const;
  void fail(Work& work, const Error& error);
  void print();
  void show_progress();
  void stop();

  const TranscribeContext& context_;
  const TranscribeOptions& options_;
  const TranscriptPlace place_;
  const std::string ffmpeg_ = backend::find_ffmpeg().value_or("");
  std::ostream& out_;
  std::ostream& err_;
  const Instant began_;
  exec::Parker parker_;
  std::vector<Work> works_;
  std::size_t next_ = 0;     // to be started
  std::size_t over_ = 0;     // how many
  std::size_t printed_ = 0;  // how many
  std::size_t there_ = 0;    // were transcribed before
  bool failed_ = false;
  std::vector<Slot> slots_;  // last: its threads use the others
};

Transcription::Transcription(const TranscribeContext& context, const TranscribeOptions& options,
                             std::ostream& out, std::ostream& err)
    : context_(context),
      options_(options),
      place_{.folder = options.folder, .formats = options.formats},
      out_(out),
      err_(err),
      began_(context.clock.now()),
      slots_(std::min(options.jobs, std::max<std::size_t>(1, options.recordings.size()))) {
  for (const Recording& recording : options.recordings) {
    works_.push_back(
        {.recording = &recording, .seconds = options.shows_progress ? length_of(recording) : 0.0});
  }
  for (Slot& slot : slots_) slot.reader = std::make_unique<exec::ThreadExecutor>("parley-reader");
}

int Transcription::run() {
  while (over_ < works_.size()) {
    for (Slot& slot : slots_) {
      if (slot.hearing && slot.hearing->is_done()) finish(slot);
      while (slot.work == nullptr && next_ < works_.size()) start(slot, works_[next_++]);
    }
    print();
    if (over_ == works_.size()) break;
    if (context_.is_stopped && context_.is_stopped()) {
      stop();
      return kFailed;
    }
    show_progress();
    parker_.park_until(context_.clock.now() + kLook);
  }
  if (options_.shows_progress) err_ << kClearLine;
  if (there_ > 0) {
    err_ << "parley transcribe: " << there_ << " of " << works_.size()
         << " were transcribed already (--overwrite does it again)\n";
  }
  return failed_ ? kFailed : kDone;
}

void Transcription::start(Slot& slot, Work& work) {
  if (!options_.folder.empty() && !options_.overwrite && place_.has_all_of(*work.recording)) {
    work.is_over = true;
    work.before = work.seconds;
    ++over_;
    ++there_;
    return;
  }
  slot.work = &work;
  if (const Status begun = begin(slot, work); !begun) {
    fail(work, begun.error());
    slot.journal.reset();
    slot.work = nullptr;
  }
}

Status Transcription::begin(Slot& slot, Work& work) {
  Hearing::Order order{
      .request = context_.request,
      .open =
          [this, path = work.recording->path] {
            return backend::open_any_audio_file(
                path, {.rate = model::kAsrRate, .seconds_max = kTranscribeSecondsMax}, ffmpeg_);
          },
      .on_done = [this] { parker_.unpark(); }};
  if (!options_.folder.empty()) {
    PARLEY_TRY_STATUS(place_.make_room_for(*work.recording));
    const std::string path = place_.journal_of(*work.recording);
    std::error_code ignored;
    if (options_.overwrite) std::filesystem::remove(path, ignored);
    PARLEY_TRY(
        TranscriptJournal journal,
        TranscriptJournal::open(path, identity_of(*work.recording) + ' ' + context_.settings));
    slot.journal.emplace(std::move(journal));
    if (!slot.journal->heard().empty()) order.begin = slot.journal->heard().back().end;
    work.before = seconds_of(order.begin);
    order.on_utterance = [&slot](const service::RecognizedText& text) {
      return slot.journal->add(text);
    };
  }
  slot.hearing = Hearing::start(context_.service, *slot.reader, std::move(order));
  return {};
}

void Transcription::finish(Slot& slot) {
  Work& work = *std::exchange(slot.work, nullptr);
  Result<HeardRecording> heard = std::exchange(slot.hearing, nullptr)->take();
  Status done;
  if (!heard) {
    done = heard.error();
  } else {
    work.seconds = seconds_of(heard->length);
    if (slot.journal) {
      done = keep(*work.recording, *slot.journal, *std::move(heard));
    } else {
      work.output = listed(options_.formats.front(), work.recording->path, *heard);
    }
  }
  slot.journal.reset();
  if (!done) return fail(work, done.error());
  work.is_over = true;
  ++over_;
}

/// Behind what was heard another time.
Status Transcription::keep(const Recording& recording, const TranscriptJournal& journal,
                           HeardRecording heard) const {
  HeardRecording whole{.length = heard.length, .utterances = journal.heard()};
  std::ranges::move(heard.utterances, std::back_inserter(whole.utterances));
  PARLEY_TRY_STATUS(place_.write(recording, whole));
  journal.remove();
  return {};
}

void Transcription::fail(Work& work, const Error& error) {
  const std::string& path = work.recording->path;
  const bool is_named = error.message.find(path) != std::string::npos;
  work.problem = is_named ? error.message : error.with_context(path).message;
  work.is_over = true;
  failed_ = true;
  ++over_;
}

void Transcription::print() {
  for (; printed_ < works_.size() && works_[printed_].is_over; ++printed_) {
    Work& work = works_[printed_];
    const bool says = !work.output.empty() || !work.problem.empty();
    if (says && options_.shows_progress) err_ << kClearLine << std::flush;
    if (!work.problem.empty()) err_ << "parley transcribe: " << work.problem << '\n';
    out_ << std::exchange(work.output, {});
    out_.flush();
  }
}

void Transcription::show_progress() {
  if (!options_.shows_progress) return;
  TranscribeProgress progress{
      .files_done = over_,
      .files = works_.size(),
      .elapsed = std::chrono::duration_cast<Millis>(context_.clock.now() - began_)};
  for (const Slot& slot : slots_) {
    if (!slot.hearing) continue;
    Work& work = *slot.work;
    const double heard = seconds_of(slot.hearing->heard());
    if (const double stated = slot.hearing->stated_seconds(); stated > 0.0) work.seconds = stated;
    work.seconds = std::max(work.seconds, heard);
    progress.seconds_done += std::max(heard, work.before);
  }
  for (const Work& work : works_) {
    if (work.is_over) progress.seconds_done += work.seconds;
    progress.seconds_before += work.before;
    progress.seconds += work.seconds;
  }
  err_ << kClearLine << progress_line(progress) << std::flush;
}

/// What was heard stays in the journals.
void Transcription::stop() {
  for (Slot& slot : slots_) {
    if (!slot.hearing) continue;
    slot.hearing->cancel();
    // Its recognition lets go of it when it has ended.
    while (slot.hearing.use_count() > 1) parker_.park_until(context_.clock.now() + kStopLook);
  }
  if (options_.shows_progress) err_ << kClearLine;
  err_ << "parley transcribe: stopped, " << over_ << " of " << works_.size() << " done";
  if (!options_.folder.empty()) err_ << "; the same command goes on from here";
  err_ << '\n';
}

}  // namespace

int transcribe_recordings(const TranscribeContext& context, const TranscribeOptions& options,
                          std::ostream& out, std::ostream& err) {
  return Transcription(context, options, out, err).run();
}

}  // namespace parley::cli
