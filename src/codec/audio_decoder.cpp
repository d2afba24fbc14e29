// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_decoder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sndfile.h>

#include "codec/audio_kind.h"
#include "dsp/resampler.h"

namespace parley::codec {
namespace {

constexpr std::size_t kChunk = 4096;  // frames that are read at a time

struct CloseSound {
  void operator()(SNDFILE* file) const noexcept { sf_close(file); }
};
using Sound = std::unique_ptr<SNDFILE, CloseSound>;

Error failure(ErrorCode code, std::string_view name, std::string_view why) {
  return {.code = code, .message = std::string(name) + ": " + std::string(why)};
}

Error not_audio(std::string_view name, std::string_view why) {
  return failure(ErrorCode::data_corrupt, name,
                 "not a WAV, FLAC, Ogg or MP3 file that can be read (" + std::string(why) + ")");
}

/// What libsndfile reads from when the file is in memory (SF_VIRTUAL_IO).
struct Memory {
  std::span<const std::byte> bytes;
  sf_count_t position = 0;

  static Memory& of(void* user) { return *static_cast<Memory*>(user); }
  static sf_count_t length(void* user) { return static_cast<sf_count_t>(of(user).bytes.size()); }
  static sf_count_t tell(void* user) { return of(user).position; }
  static sf_count_t seek(sf_count_t offset, int whence, void* user) {
    Memory& memory = of(user);
    const sf_count_t base =
        whence == SEEK_SET ? 0 : (whence == SEEK_CUR ? memory.position : length(user));
    // A damaged header may ask for any offset: compare before adding, so that nothing overflows.
    if (offset < -base) return -1;
    memory.position = offset > length(user) - base ? length(user) : base + offset;
    return memory.position;
  }
  static sf_count_t read(void* to, sf_count_t count, void* user) {
    Memory& memory = of(user);
    const sf_count_t taken = std::clamp<sf_count_t>(count, 0, length(user) - memory.position);
    if (taken > 0) {
      std::memcpy(to, memory.bytes.data() + memory.position, static_cast<std::size_t>(taken));
    }
    memory.position += taken;
    return taken;
  }
  static sf_count_t write(const void* /*from*/, sf_count_t /*count*/, void* /*user*/) { return 0; }
};

class SoundFile final : public AudioSource {
 public:
  SoundFile(std::string_view name, AudioFileOptions options) : name_(name), options_(options) {}

  Status open(const std::filesystem::path& path) {
    SF_INFO info{};
    sound_.reset(sf_open(path.c_str(), SFM_READ, &info));
    return start(info);
  }
  Status open(std::span<const std::byte> bytes) {
    memory_ = {.bytes = bytes};
    SF_VIRTUAL_IO io{.get_filelen = &Memory::length,
                     .seek = &Memory::seek,
                     .read = &Memory::read,
                     .write = &Memory::write,
                     .tell = &Memory::tell};
    SF_INFO info{};
    sound_.reset(sf_open_virtual(&io, SFM_READ, &info, &memory_));
    return start(info);
  }

  Result<std::size_t> read(std::span<float> block) override;
  [[nodiscard]] int rate() const override { return rate_; }
  [[nodiscard]] std::optional<double> stated_seconds() const override { return stated_seconds_; }

 private:
  Status start(const SF_INFO& info);
  Status refill();
  void mix(std::span<const float> interleaved);
  Error fail(Error error) {
    failed_ = error;
    return error;
  }

  const std::string name_;
  const AudioFileOptions options_;
  Memory memory_;
  Sound sound_;
  std::size_t channels_ = 1;
  int rate_ = 0;
  std::optional<double> stated_seconds_;
  std::optional<dsp::Resampler> resampler_;

  std::vector<float> chunk_;  // interleaved, as the file has it
  std::vector<float> mono_;   // the same, mixed
  std::vector<float> ready_;  // at the wanted rate
  std::size_t taken_ = 0;     // of ready_
  double frames_ = 0;         // read so far
  double frames_max_ = 0;
  bool at_end_ = false;
  std::optional<Error> failed_;
};

Status SoundFile::start(const SF_INFO& info) {
  if (sound_ == nullptr) return not_audio(name_, sf_strerror(nullptr));
  if (info.channels < 1 || info.samplerate < 1 || info.channels > kFileChannelsMax) {
    return not_audio(name_, "its rate or number of channels makes no sense");
  }
  if (info.channels > options_.channels_max) {
    return failure(ErrorCode::invalid_argument, name_,
                   "has " + std::to_string(info.channels) + " channels; at most " +
                       std::to_string(options_.channels_max) + " can be read");
  }
  channels_ = static_cast<std::size_t>(info.channels);
  rate_ = options_.rate == 0 ? info.samplerate : options_.rate;
  if (rate_ != info.samplerate) {
    auto made = dsp::Resampler::make(info.samplerate, rate_, dsp::Resampler::kQualityFile);
    if (!made) return made.error().with_context(name_);
    resampler_ = *std::move(made);
  }
  // SF_COUNT_MAX stands for a length that nobody knows.
  if (info.frames > 0 && info.frames < SF_COUNT_MAX) {
    stated_seconds_ = static_cast<double>(info.frames) / info.samplerate;
  }
  if (stated_seconds_.value_or(0) > options_.seconds_max) {
    return longer_than(options_.seconds_max, name_);
  }
  frames_max_ = options_.seconds_max * info.samplerate;
  chunk_.resize(kChunk * channels_);
  return {};
}

Result<std::size_t> SoundFile::read(std::span<float> block) {
  if (failed_) return *failed_;
  std::size_t count = 0;
  while (count < block.size()) {
    if (taken_ == ready_.size()) {
      if (at_end_) break;
      PARLEY_TRY_STATUS(refill());
      continue;
    }
    const std::size_t more = std::min(block.size() - count, ready_.size() - taken_);
    std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(taken_), more,
                block.begin() + static_cast<std::ptrdiff_t>(count));
    taken_ += more;
    count += more;
  }
  return count;
}

/// Decodes one more chunk; at the end of the file, what the resampler still holds.
Status SoundFile::refill() {
  taken_ = 0;
  ready_.clear();
  const sf_count_t got = sf_readf_float(sound_.get(), chunk_.data(), kChunk);
  if (got <= 0) {
    if (sf_error(sound_.get()) != SF_ERR_NO_ERROR) {
      return fail(failure(ErrorCode::data_corrupt, name_,
                          std::string("damaged (") + sf_strerror(sound_.get()) + ")"));
    }
    at_end_ = true;
    if (!resampler_) return {};
    ready_.resize(resampler_->flush_size());
    resampler_->flush(ready_);
    return {};
  }
  frames_ += static_cast<double>(got);
  if (frames_ > frames_max_) return fail(longer_than(options_.seconds_max, name_));
  mix(std::span(chunk_).first(static_cast<std::size_t>(got) * channels_));
  if (!resampler_) {
    std::swap(ready_, mono_);
    return {};
  }
  ready_.resize(resampler_->output_size(mono_.size()));
  resampler_->process(mono_, ready_);
  return {};
}

void SoundFile::mix(std::span<const float> interleaved) {
  mono_.resize(interleaved.size() / channels_);
  for (std::size_t i = 0; i < mono_.size(); ++i) {
    float sum = 0.0F;
    for (const float sample : interleaved.subspan(i * channels_, channels_)) sum += sample;
    // Clamped before the resampler's sums: a float file may hold 1e38.
    mono_[i] = plain_sample(sum / static_cast<float>(channels_));
  }
}

/// libsndfile's own words for a file that cannot be opened are poorer than the system's, and so are
/// those for a kind that it does not know. `begin` gets the first bytes, unless the file is one
/// that can be read only once.
Status look_at(const std::filesystem::path& path, std::vector<std::byte>& begin) {
  std::error_code why;
  if (std::filesystem::is_directory(path, why)) {
    return failure(ErrorCode::invalid_argument, path.string(), "is a folder");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file != nullptr) {
    if (!std::filesystem::is_regular_file(path, why)) return {};
    begin.resize(kAudioKindBytes);
    begin.resize(std::fread(begin.data(), 1, begin.size(), file.get()));
    return {};
  }
  const int code = errno;
  const std::string text = std::generic_category().message(code);
  if (code == ENOENT || code == ENOTDIR) {
    return failure(ErrorCode::not_found, path.string(), text);
  }
  return failure(code == EACCES ? ErrorCode::permission_denied : ErrorCode::unavailable,
                 path.string(), text);
}

Status require_readable(std::span<const std::byte> begin, std::string_view name) {
  const AudioKind kind = audio_kind_of(begin);
  if (!needs_ffmpeg(kind)) return {};
  return failure(ErrorCode::invalid_argument, name,
                 "is of the kind " + std::string(name_of(kind)) +
                     ", which needs the program ffmpeg; WAV, FLAC, Ogg, MP3 and AIFF need nothing");
}

}  // namespace

Result<std::unique_ptr<AudioSource>> open_audio_file(const std::filesystem::path& path,
                                                     AudioFileOptions options) {
  std::vector<std::byte> begin;
  PARLEY_TRY_STATUS(look_at(path, begin));
  PARLEY_TRY_STATUS(require_readable(begin, path.string()));
  auto sound = std::make_unique<SoundFile>(path.string(), options);
  PARLEY_TRY_STATUS(sound->open(path));
  return std::unique_ptr<AudioSource>(std::move(sound));
}

Result<std::unique_ptr<AudioSource>> open_audio_bytes(std::span<const std::byte> bytes,
                                                      std::string_view name,
                                                      AudioFileOptions options) {
  PARLEY_TRY_STATUS(require_readable(bytes, name));
  auto sound = std::make_unique<SoundFile>(name, options);
  PARLEY_TRY_STATUS(sound->open(bytes));
  return std::unique_ptr<AudioSource>(std::move(sound));
}

Error longer_than(double seconds_max, std::string_view name) {
  return failure(
      ErrorCode::resource_exhausted, name,
      "longer than the limit of " + std::to_string(static_cast<long>(seconds_max)) + " s");
}

float plain_sample(float sample) noexcept {
  return std::isnan(sample) ? 0.0F : std::clamp(sample, -1.0F, 1.0F);
}

}  // namespace parley::codec
