// SPDX-License-Identifier: Apache-2.0
//
// GStreamer: the same frame through a chain of `identity` elements on one thread, and through one
// `queue` to the thread behind it, at the pace of live audio. Linked dynamically, LGPL-2.1.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <gst/gst.h>

#include "base/clock.h"
#include "bench/engine/frame_value.h"
#include "exec/parker.h"

namespace parley::bench {
namespace {

std::int64_t now_nanos() { return SteadyClock().now().since_zero.count(); }

/// elements between a pad of ours and a sink that looks at each buffer.
class Chain {
 public:
  Chain(const char* element, std::size_t count) {
    pipeline_ = gst_pipeline_new(nullptr);
    GstElement* last = nullptr;
    for (std::size_t i = 0; i < count; ++i) {
      GstElement* const one = make(element);
      if (std::strcmp(element, "identity") == 0) {
        g_object_set(one, "signal-handoffs", FALSE, nullptr);
      }
      if (last == nullptr) {
        first_ = one;
      } else {
        gst_element_link(last, one);
      }
      last = one;
    }
    GstElement* const sink = make("fakesink");
    g_object_set(sink, "sync", FALSE, "signal-handoffs", TRUE, nullptr);
    g_signal_connect(sink, "handoff", G_CALLBACK(on_handoff), this);
    gst_element_link(last, sink);
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    begin_stream();
  }
  ~Chain() {
    gst_pad_set_active(source_, FALSE);
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(source_);
    gst_object_unref(pipeline_);
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  void push(float value) {
    GstBuffer* const buffer = gst_buffer_new_allocate(nullptr, kSamples * sizeof(float), nullptr);
    gst_buffer_fill(buffer, (kSamples - 1) * sizeof(float), &value, sizeof(value));
    if (gst_pad_push(source_, buffer) != GST_FLOW_OK) give_up("gstreamer: push failed");
  }
  [[nodiscard]] float seen() const { return seen_; }
  std::atomic<std::int64_t> ran_at{0};

 private:
  GstElement* make(const char* element) {
    GstElement* const made = gst_element_factory_make(element, nullptr);
    if (made == nullptr) give_up("gstreamer: an element is missing");
    gst_bin_add(GST_BIN(pipeline_), made);
    return made;
  }
  void begin_stream() {
    source_ = gst_pad_new("src", GST_PAD_SRC);
    GstPad* const to = gst_element_get_static_pad(first_, "sink");
    gst_pad_set_active(source_, TRUE);
    gst_pad_link(source_, to);
    gst_object_unref(to);
    gst_pad_push_event(source_, gst_event_new_stream_start("bench"));
    GstCaps* const caps = gst_caps_new_simple(
        "audio/x-raw", "format", G_TYPE_STRING, "F32LE", "layout", G_TYPE_STRING, "interleaved",
        "rate", G_TYPE_INT, 16'000, "channels", G_TYPE_INT, 1, nullptr);
    gst_pad_push_event(source_, gst_event_new_caps(caps));
    gst_caps_unref(caps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(source_, gst_event_new_segment(&segment));
  }
  static void on_handoff(GstElement* /*sink*/, GstBuffer* buffer, GstPad* /*pad*/, gpointer self) {
    auto& chain = *static_cast<Chain*>(self);
    const std::int64_t began = now_nanos();
    gst_buffer_extract(buffer, (kSamples - 1) * sizeof(float), &chain.seen_, sizeof(float));
    chain.ran_at.store(began, std::memory_order_release);
  }

  GstElement* pipeline_ = nullptr;
  GstElement* first_ = nullptr;
  GstPad* source_ = nullptr;
  float seen_ = -1;
};

double nanos_of(std::size_t operators) {
  constexpr int kFrames = 5'000;
  Chain chain("identity", operators);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kFrames; ++i) {
    chain.push(static_cast<float>(i));
    if (chain.seen() != static_cast<float>(i)) give_up("gstreamer: wrong frame");
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / kFrames;
}

void crossings(Nanos gap, int count, const std::string& name) {
  const SteadyClock steady;
  exec::Parker rest;
  Chain chain("queue", 1);
  std::vector<double> nanos;
  constexpr int kWarmUp = 10;
  for (int i = 0; i < kWarmUp + count; ++i) {
    const std::int64_t pushed = now_nanos();
    chain.push(static_cast<float>(i));
    const Instant until = steady.now() + gap;
    while (steady.now() < until) rest.park_until(until);
    while (chain.ran_at.load(std::memory_order_acquire) < pushed) std::this_thread::yield();
    if (chain.seen() != static_cast<float>(i)) give_up("gstreamer: wrong frame");
    if (i >= kWarmUp) nanos.push_back(static_cast<double>(chain.ran_at.load() - pushed));
  }
  tell_percentiles("gstreamer.queue_" + name, nanos);
}

}  // namespace
}  // namespace parley::bench

int main() {
  gst_init(nullptr, nullptr);
  using namespace parley;
  using namespace parley::bench;
  tell("gstreamer.identity.hop_ns", hop_nanos(nanos_of));
  crossings(Millis(2), 500, "2ms");
  crossings(Millis(20), 60, "20ms");
}
