// SPDX-License-Identifier: Apache-2.0
#include "backend/ffmpeg/ffmpeg_audio.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec/audio_kind.h"
#include "exec/child_process.h"

namespace parley::backend {
namespace {

constexpr std::string_view kProgram = "ffmpeg";
constexpr const char* kShell = "/bin/sh";
constexpr std::string_view kGoodEnd = "exit status 0";

Error failure(ErrorCode code, std::string_view name, std::string_view why) {
  return {code, std::string(name) + ": " + std::string(why)};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  const int number_;
};

bool write_all(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// The name that ffmpeg has for it.
std::string demuxer_of(codec::AudioKind kind) {
  switch (kind) {
    case codec::AudioKind::webm:
      return "matroska";
    case codec::AudioKind::aac:
      return "aac";
    case codec::AudioKind::amr:
      return "amr";
    default:
      return "mov";
  }
}

/// An MP4 has its index at its end as often as not, so that it cannot be read from a pipe: the
/// program opens its standard input, which is a file, again.
std::vector<std::string> arguments_of(codec::AudioKind kind, int rate, double seconds_max) {
  const auto seconds = static_cast<std::int64_t>(seconds_max) + 1;
  return {"-nostdin",
          "-hide_banner",
          "-loglevel",
          "error",
          "-threads",
          "1",
          "-f",
          demuxer_of(kind),
          "-protocol_whitelist",
          "file",
          "-i",
          "/proc/self/fd/0",
          "-map",
          "0:a:0",
          "-t",
          std::to_string(seconds),
          "-ac",
          "1",
          "-ar",
          std::to_string(rate),
          "-f",
          "f32le",
          "pipe:1"};
}

/// The same by way of a shell, which sets the limits before there is a program that could break
/// them.
std::vector<std::string> limited(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"-c",
                    "ulimit -v " + std::to_string(kFfmpegMemoryMax / 1024) + " && ulimit -t " +
                        std::to_string(kFfmpegCpuMax) + R"( && exec "$0" "$@")",
                    program});
  return arguments;
}

class FfmpegAudio final : public codec::AudioSource {
 public:
  FfmpegAudio(exec::ChildProcess child, std::string name, int rate, double seconds_max)
      : child_(std::move(child)),
        name_(std::move(name)),
        rate_(rate),
        seconds_max_(seconds_max),
        samples_left_(static_cast<std::int64_t>(seconds_max * rate)) {}

  Result<std::size_t> read(std::span<float> block) override;
  [[nodiscard]] int rate() const override { return rate_; }
  [[nodiscard]] std::optional<double> stated_seconds() const override { return std::nullopt; }

  /// Waits for more samples, or finds that there are none.
  Status refill();

 private:
  std::size_t take(std::span<float> block);
  Error fail(Error error) {
    failed_ = error;
    return error;
  }

  exec::ChildProcess child_;
  const SteadyClock clock_;
  const std::string name_;
  const int rate_;
  const double seconds_max_;
  std::int64_t samples_left_;  // until the limit
  std::string bytes_;          // that came, float32 of this machine
  std::size_t taken_ = 0;      // of them
  bool at_end_ = false;
  std::optional<Error> failed_;
};

Result<std::size_t> FfmpegAudio::read(std::span<float> block) {
  if (failed_) return *failed_;
  std::size_t count = 0;
  while (count < block.size()) {
    const std::size_t more = take(block.subspan(count));
    count += more;
    if (more > 0) continue;
    if (at_end_) break;
    PARLEY_TRY_STATUS(refill());
  }
  samples_left_ -= static_cast<std::int64_t>(count);
  if (samples_left_ < 0) return fail(codec::longer_than(seconds_max_, name_));
  return count;
}

std::size_t FfmpegAudio::take(std::span<float> block) {
  const std::size_t count = std::min(block.size(), (bytes_.size() - taken_) / sizeof(float));
  std::memcpy(block.data(), bytes_.data() + taken_, count * sizeof(float));
  taken_ += count * sizeof(float);
  for (float& sample : block.first(count)) sample = codec::plain_sample(sample);
  return count;
}

Status FfmpegAudio::refill() {
  bytes_.erase(0, taken_);
  taken_ = 0;
  const Status got = child_.read_some(bytes_, clock_, clock_.now() + kFfmpegSilenceMax);
  if (got) return {};
  const std::string end = child_.stop();
  if (got.error().code == ErrorCode::deadline_exceeded) {
    return fail(failure(ErrorCode::deadline_exceeded, name_, "ffmpeg gives no audio"));
  }
  if (end != kGoodEnd) {
    return fail(failure(ErrorCode::data_corrupt, name_,
                        "not a file that ffmpeg can read, or one without audio (" + end + ")"));
  }
  at_end_ = true;
  return {};
}

Result<std::unique_ptr<codec::AudioSource>> start(const std::string& ffmpeg, int input,
                                                  codec::AudioKind kind, std::string_view name,
                                                  const codec::AudioFileOptions& options) {
  const int rate = options.rate == 0 ? kFfmpegRate : options.rate;
  if (::access(ffmpeg.c_str(), X_OK) != 0) {
    return failure(ErrorCode::not_found, ffmpeg, std::system_category().message(errno));
  }
  PARLEY_TRY(exec::ChildProcess child,
             exec::ChildProcess::start(
                 kShell, limited(ffmpeg, arguments_of(kind, rate, options.seconds_max)), input));
  auto source =
      std::make_unique<FfmpegAudio>(std::move(child), std::string(name), rate, options.seconds_max);
  PARLEY_TRY_STATUS(source->refill());  // a file that it cannot read is known by now
  return std::unique_ptr<codec::AudioSource>(std::move(source));
}

codec::AudioKind kind_of_file(int file) {
  std::array<std::byte, codec::kAudioKindBytes> begin{};
  const ssize_t count = ::pread(file, begin.data(), begin.size(), 0);
  return codec::audio_kind_of(
      std::span(begin).first(static_cast<std::size_t>(std::max<ssize_t>(count, 0))));
}

}  // namespace

Result<std::string> find_ffmpeg() {
  const char* const held = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  std::string_view folders = held == nullptr ? "" : held;
  while (!folders.empty()) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    const std::filesystem::path path = std::filesystem::path(folders.substr(0, end)) / kProgram;
    if (path.is_absolute() && ::access(path.c_str(), X_OK) == 0) return path.string();
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return Error{ErrorCode::not_found, "ffmpeg: there is no such program in $PATH"};
}

Result<std::unique_ptr<codec::AudioSource>> open_any_audio(std::span<const std::byte> bytes,
                                                           std::string_view name,
                                                           codec::AudioFileOptions options,
                                                           const std::string& ffmpeg) {
  const codec::AudioKind kind = codec::audio_kind_of(bytes);
  if (ffmpeg.empty() || !needs_ffmpeg(kind)) return codec::open_audio_bytes(bytes, name, options);
  const Descriptor file(::memfd_create("parley-audio", MFD_CLOEXEC));
  if (file.number() < 0 || !write_all(file.number(), bytes)) {
    return failure(ErrorCode::unavailable, name, std::system_category().message(errno));
  }
  return start(ffmpeg, file.number(), kind, name, options);
}

Result<std::unique_ptr<codec::AudioSource>> open_any_audio_file(const std::filesystem::path& path,
                                                                codec::AudioFileOptions options,
                                                                const std::string& ffmpeg) {
  std::error_code failed;
  // What can be read only once must not be opened twice.
  if (!ffmpeg.empty() && std::filesystem::is_regular_file(path, failed)) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const codec::AudioKind kind = kind_of_file(file.number());
    if (needs_ffmpeg(kind)) return start(ffmpeg, file.number(), kind, path.string(), options);
  }
  return codec::open_audio_file(path, options);
}

}  // namespace parley::backend
