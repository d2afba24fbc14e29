// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "operators/audio/echo_references.h"
#include "operators/device/capture_source.h"
#include "operators/device/file_sink.h"
#include "operators/device/file_source.h"
#include "operators/device/playback_sink.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

constexpr int kRateMin = 8'000;  // Hz
constexpr int kRateMax = 48'000;
constexpr const char* kDeviceHelp = "Part of the device's name; empty: the default";

struct SpeakerOptions {
  std::string device = {};
  int rate_hz = 24'000;
  int lead_ms = 100;
  std::string reference = {};
};

graph::OptionTable<FileSource::Options> file_source_options() {
  using Options = FileSource::Options;
  graph::OptionTable<Options> table;
  table.text("path", &Options::path, "WAV, FLAC, Ogg or MP3").required();
  table.whole("rate_hz", &Options::rate_hz, kRateMin, kRateMax, "Sample rate to bring it to")
      .whole("frame_ms", &Options::frame_ms, 1, 1'000, "Length of a frame")
      .flag("paced", &Options::paced, "In real time; else as fast as it is taken")
      .flag("loop", &Options::loop, "Begin again at the end")
      .whole("seconds_max", &Options::seconds_max, 1, FileSource::kSecondsMax,
             "A longer recording is refused");
  return table;
}

void register_files(graph::Registry& registry, const OperatorBindings& bindings) {
  using Sink = FileSink::Options;
  registry.add("file_source", "A recording as a stream", file_source_options(),
               [buffers = &bindings.buffers](const FileSource::Options& options) {
                 return std::make_unique<FileSource>(options, *buffers);
               });
  graph::OptionTable<Sink> sink;
  sink.text("path", &Sink::path, "The WAV file; it is replaced").required();
  sink.whole("rate_hz", &Sink::rate_hz, kRateMin, kRateMax, "Sample rate of the audio");
  registry.add("file_sink", "A stream into a WAV file", std::move(sink),
               [disk = bindings.disk](const Sink& options) -> Result<std::unique_ptr<FileSink>> {
                 if (disk == nullptr) return not_bound("a thread that writes files");
                 return std::make_unique<FileSink>(options, *disk);
               });
}

}  // namespace

void register_device_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  using Capture = CaptureSource::Options;
  register_files(registry, bindings);
  registry.add("microphone", "What the microphone hears",
               graph::OptionTable<Capture>()
                   .text("device", &Capture::device, kDeviceHelp)
                   .whole("rate_hz", &Capture::rate_hz, kRateMin, kRateMax, "Sample rate")
                   .whole("frame_ms", &Capture::frame_ms, 5, 100, "Length of a frame"),
               [card = bindings.card, buffers = &bindings.buffers](
                   const Capture& options) -> Result<std::unique_ptr<CaptureSource>> {
                 if (card == nullptr) return not_bound("a sound card");
                 return std::make_unique<CaptureSource>(options, *card, *buffers);
               });
  registry.add(
      "speaker", "Plays what it gets",
      graph::OptionTable<SpeakerOptions>()
          .text("device", &SpeakerOptions::device, kDeviceHelp)
          .whole("rate_hz", &SpeakerOptions::rate_hz, kRateMin, kRateMax, "Sample rate")
          .whole("lead_ms", &SpeakerOptions::lead_ms, 20, 2'000,
                 "How much audio lies ready for the card")
          .text("reference", &SpeakerOptions::reference,
                "Name of the echo reference to fill; empty: none"),
      [card = bindings.card, references = bindings.echo_references](
          const SpeakerOptions& options) -> Result<std::unique_ptr<PlaybackSink>> {
        if (card == nullptr) return not_bound("a sound card");
        EchoReference* reference = nullptr;
        if (!options.reference.empty()) {
          if (references == nullptr) return not_bound("a place for echo references");
          PARLEY_TRY(reference, references->get(options.reference, options.rate_hz));
        }
        return std::make_unique<PlaybackSink>(
            PlaybackSink::Options{
                .device = options.device, .rate_hz = options.rate_hz, .lead_ms = options.lead_ms},
            *card, reference);
      });
}

}  // namespace parley::operators
