// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/readiness.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "base/json_text.h"
#include "server/http_error.h"

namespace parley::server {

using service::RecognitionLoad;
using service::RecognitionRefusal;
using transport::HttpResponse;

namespace {

constexpr std::size_t kReasonBytesMax = 200;

std::string decimal(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

void append_host(std::string& body, std::string_view name, const model::HostLoad& load) {
  body.append(",\"").append(name).append("\":{\"busy\":").append(decimal(load.busy));
  body +=
      ",\"wait_ms\":" + std::to_string(std::chrono::duration_cast<Millis>(load.wait).count()) + "}";
}

void append_metric(std::string& text, const std::string& name, const std::string& help,
                   const std::string& samples) {
  text += "# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n" + samples;
}

}  // namespace

HttpResponse readiness(const RecognitionLoad& load,
                       const std::optional<RecognitionRefusal>& refusal) {
  std::string body = refusal ? "{\"status\":\"busy\",\"why\":" : "{\"status\":\"ready\"";
  if (refusal) json_text::append_string(body, refusal->message, kReasonBytesMax);
  body += ",\"streams\":" + std::to_string(load.streams);
  append_host(body, "asr", load.asr);
  append_host(body, "vad", load.vad);
  HttpResponse response{.status = refusal ? 503 : 200,
                        .content_type = "application/json",
                        .body = body + "}\n",
                        .headers = {{"Cache-Control", "no-store"}}};
  if (refusal) {
    response.headers.emplace_back("Retry-After", std::to_string(refusal->retry_seconds));
  }
  return response;
}

HttpResponse overloaded(const RecognitionRefusal& refusal) {
  HttpResponse response = http_error(503, "server_error", "overloaded", refusal.message);
  response.headers.emplace_back("Retry-After", std::to_string(refusal.retry_seconds));
  return response;
}

std::string load_metrics_text(const RecognitionLoad& load, bool is_ready) {
  const auto both = [&](const std::string& name, double asr, double vad) {
    return name + "{model=\"asr\"} " + decimal(asr) + "\n" + name + "{model=\"vad\"} " +
           decimal(vad) + "\n";
  };
  const auto seconds = [](Nanos time) { return std::chrono::duration<double>(time).count(); };
  std::string text;
  append_metric(text, "parley_asr_busy_share",
                "Of the model's time, lately: the share of what somebody waits for",
                both("parley_asr_busy_share", load.asr.busy, load.vad.busy));
  append_metric(text, "parley_asr_wait_seconds",
                "How long what somebody waits for would wait for the model now",
                both("parley_asr_wait_seconds", seconds(load.asr.wait), seconds(load.vad.wait)));
  append_metric(text, "parley_asr_ready", "1: one more stream of recognition would be let in",
                std::string("parley_asr_ready ") + (is_ready ? "1" : "0") + "\n");
  return text;
}

}  // namespace parley::server
