// SPDX-License-Identifier: Apache-2.0
#include "service/speech/speech_metrics.h"

#include <chrono>
#include <string>
#include <vector>

namespace parley::service {

namespace {

const std::vector<double> kFirstAudio{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
                                      0.15,  0.2,    0.3,   0.5,  0.75,  1.0,  2.0,   5.0};
const std::vector<double> kStream{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0};

double seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

SpeechMetrics::SpeechMetrics(Metrics& metrics, std::string_view face)
    : streams(metrics.gauge("parley_tts_streams", "Streams of speech that are open",
                            {{"face", std::string(face)}})),
      characters(metrics.counter("parley_tts_characters_total", "Characters that came to be spoken",
                                 {{"face", std::string(face)}})),
      refused(metrics.counter("parley_tts_refused_total", "Requests refused because too much waits",
                              {{"face", std::string(face)}})),
      slow_readers(metrics.counter("parley_tts_slow_readers_total",
                                   "Streams given up because nobody took their audio",
                                   {{"face", std::string(face)}})),
      metrics_(metrics),
      face_(face),
      first_audio_(metrics.histogram("parley_tts_first_audio_seconds",
                                     "From a request to its first audio", kFirstAudio,
                                     {{"face", face_}})),
      stream_seconds_(metrics.histogram("parley_tts_stream_seconds",
                                        "From a request to its last audio", kStream,
                                        {{"face", face_}})),
      audio_milliseconds_(metrics.counter("parley_tts_audio_milliseconds_total",
                                          "Speech that was given out", {{"face", face_}})) {}

void SpeechMetrics::first_audio_after(Nanos time) noexcept { first_audio_.observe(seconds(time)); }

void SpeechMetrics::ended(const Status& status, Nanos took, Nanos audio) noexcept {
  stream_seconds_.observe(seconds(took));
  audio_milliseconds_.add(
      static_cast<std::uint64_t>(std::chrono::duration_cast<Millis>(audio).count()));
  const std::string_view code = status ? "ok" : to_string(status.error().code);
  metrics_
      .counter("parley_tts_requests_total", "Streams of speech that ended, and how",
               {{"face", face_}, {"code", std::string(code)}})
      .add();
}

}  // namespace parley::service
