// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/recognition_metrics.h"

#include <chrono>
#include <string>
#include <vector>

#include "operators/asr/partial_operator.h"

namespace parley::service {

namespace {

const std::vector<double> kFinal{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
                                 0.15,  0.2,    0.3,   0.5,  0.75,  1.0,  2.0,   5.0};

Labels of(std::string_view face) { return {{"face", std::string(face)}}; }

}  // namespace

RecognitionMetrics::RecognitionMetrics(Metrics& metrics, std::string_view face)
    : streams(
          metrics.gauge("parley_asr_streams", "Streams of recognition that are open", of(face))),
      partials(metrics.counter("parley_asr_partials_total",
                               "Words told while they were being spoken", of(face))),
      partials_left_out(operators::partials_left_out(metrics, face)),
      refused(metrics.counter("parley_asr_refused_total",
                              "Streams refused because there were too many", of(face))),
      metrics_(metrics),
      face_(face),
      final_seconds_(metrics.histogram("parley_asr_final_seconds",
                                       "From the end of an utterance to its words", kFinal,
                                       of(face))),
      audio_milliseconds_(
          metrics.counter("parley_asr_audio_milliseconds_total", "Audio that came", of(face))) {}

void RecognitionMetrics::final_after(Nanos time) noexcept {
  final_seconds_.observe(std::chrono::duration<double>(time).count());
}

void RecognitionMetrics::ended(const Status& status, Nanos audio) noexcept {
  audio_milliseconds_.add(
      static_cast<std::uint64_t>(std::chrono::duration_cast<Millis>(audio).count()));
  const std::string_view code = status ? "ok" : to_string(status.error().code);
  metrics_
      .counter("parley_asr_streams_total", "Streams of recognition that ended, and how",
               {{"face", face_}, {"code", std::string(code)}})
      .add();
}

}  // namespace parley::service
