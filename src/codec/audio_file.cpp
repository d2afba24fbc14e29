// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include <sndfile.h>

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

Error not_audio(std::string_view name, const char* why) {
  return failure(ErrorCode::data_corrupt, name,
                 "not a WAV, FLAC, Ogg or MP3 file that can be read (" + std::string(why) + ")");
}

/// Mono samples of one rate, collected chunk by chunk.
class Collector {
 public:
  Collector(std::optional<dsp::Resampler> resampler, std::vector<float>& samples)
      : resampler_(std::move(resampler)), samples_(samples) {}

  void add(std::span<const float> interleaved, std::size_t channels) {
    mono_.resize(interleaved.size() / channels);
    for (std::size_t i = 0; i < mono_.size(); ++i) {
      float sum = 0.0F;
      for (const float sample : interleaved.subspan(i * channels, channels)) sum += sample;
      const float mixed = sum / static_cast<float>(channels);
      // Clamped before the resampler's sums: a float file may hold 1e38.
      mono_[i] = std::isnan(mixed) ? 0.0F : std::clamp(mixed, -1.0F, 1.0F);
    }
    if (!resampler_) {
      samples_.insert(samples_.end(), mono_.begin(), mono_.end());
      return;
    }
    const std::size_t before = samples_.size();
    samples_.resize(before + resampler_->output_size(mono_.size()));
    resampler_->process(mono_, std::span(samples_).subspan(before));
  }

  void finish() {
    if (!resampler_) return;
    const std::size_t before = samples_.size();
    samples_.resize(before + resampler_->flush_size());
    resampler_->flush(std::span(samples_).subspan(before));
  }

 private:
  std::optional<dsp::Resampler> resampler_;
  std::vector<float> mono_;
  std::vector<float>& samples_;
};

Result<AudioClip> read_all(SNDFILE& file, const SF_INFO& info, std::string_view name,
                           const AudioFileOptions& options) {
  if (info.channels < 1 || info.channels > kFileChannelsMax || info.samplerate < 1) {
    return not_audio(name, "its rate or number of channels makes no sense");
  }
  AudioClip clip{.rate = options.rate == 0 ? info.samplerate : options.rate, .samples = {}};
  std::optional<dsp::Resampler> resampler;
  if (clip.rate != info.samplerate) {
    auto made = dsp::Resampler::make(info.samplerate, clip.rate, dsp::Resampler::kQualityFile);
    if (!made) return made.error().with_context(name);
    resampler = *std::move(made);
  }
  const auto channels = static_cast<std::size_t>(info.channels);
  const double frames_max = options.seconds_max * info.samplerate;
  std::vector<float> chunk(kChunk * channels);
  Collector collector(std::move(resampler), clip.samples);
  double frames = 0;
  while (true) {
    const sf_count_t got = sf_readf_float(&file, chunk.data(), kChunk);
    if (got <= 0) break;
    frames += static_cast<double>(got);
    if (frames > frames_max) {
      return failure(ErrorCode::resource_exhausted, name,
                     "longer than the limit of " +
                         std::to_string(static_cast<long>(options.seconds_max)) + " s");
    }
    collector.add(std::span(chunk).first(static_cast<std::size_t>(got) * channels), channels);
  }
  if (sf_error(&file) != SF_ERR_NO_ERROR) {
    return failure(ErrorCode::data_corrupt, name,
                   std::string("damaged (") + sf_strerror(&file) + ")");
  }
  collector.finish();
  return clip;
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

/// libsndfile's own words for a file that cannot be opened are poorer than the system's.
std::optional<Error> cannot_open(const std::filesystem::path& path) {
  std::error_code why;
  if (std::filesystem::is_directory(path, why)) {
    return failure(ErrorCode::invalid_argument, path.string(), "is a folder");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file != nullptr) return std::nullopt;
  const int code = errno;
  const std::string text = std::generic_category().message(code);
  if (code == ENOENT || code == ENOTDIR) {
    return failure(ErrorCode::not_found, path.string(), text);
  }
  return failure(code == EACCES ? ErrorCode::permission_denied : ErrorCode::unavailable,
                 path.string(), text);
}

}  // namespace

Result<AudioClip> read_audio_file(const std::filesystem::path& path, AudioFileOptions options) {
  if (std::optional<Error> error = cannot_open(path)) return *std::move(error);
  SF_INFO info{};
  const Sound sound(sf_open(path.c_str(), SFM_READ, &info));
  if (sound == nullptr) return not_audio(path.string(), sf_strerror(nullptr));
  return read_all(*sound, info, path.string(), options);
}

Result<AudioClip> read_audio_bytes(std::span<const std::byte> bytes, std::string_view name,
                                   AudioFileOptions options) {
  Memory memory{.bytes = bytes};
  SF_VIRTUAL_IO io{.get_filelen = &Memory::length,
                   .seek = &Memory::seek,
                   .read = &Memory::read,
                   .write = &Memory::write,
                   .tell = &Memory::tell};
  SF_INFO info{};
  const Sound sound(sf_open_virtual(&io, SFM_READ, &info, &memory));
  if (sound == nullptr) return not_audio(name, sf_strerror(nullptr));
  return read_all(*sound, info, name, options);
}

}  // namespace parley::codec
