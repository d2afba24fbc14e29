// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics_text.h"

namespace parley {
namespace {

TEST(Metrics, RendersCountersAndGaugesInExpositionFormat) {
  Metrics metrics;
  metrics.counter("parley_b_total", "Frames", {{"port", "audio"}}).add(3);
  metrics.counter("parley_b_total", "Frames", {{"port", "text"}}).add();
  metrics.gauge("parley_a", "Sessions now").set(-2);
  EXPECT_EQ(metrics.render(),
            "# HELP parley_a Sessions now\n"
            "# TYPE parley_a gauge\n"
            "parley_a -2\n"
            "# HELP parley_b_total Frames\n"
            "# TYPE parley_b_total counter\n"
            "parley_b_total{port=\"audio\"} 3\n"
            "parley_b_total{port=\"text\"} 1\n");
}

TEST(Metrics, EscapesHelpAndLabelValues) {
  Metrics metrics;
  metrics.counter("x_total", "a\\b\n\"c\"", {{"l", "a\\b\n\"c\""}}).add();
  EXPECT_EQ(metrics.render(),
            "# HELP x_total a\\\\b\\n\"c\"\n"
            "# TYPE x_total counter\n"
            "x_total{l=\"a\\\\b\\n\\\"c\\\"\"} 1\n");
}

TEST(Metrics, HistogramBucketsAreCumulativeAndInclusive) {
  Metrics metrics;
  Histogram& wait = metrics.histogram("wait_ms", "Wait", {0.5, 10.0}, {{"stage", "asr"}});
  wait.observe(0.5);
  wait.observe(0.6);
  wait.observe(100.0);
  EXPECT_EQ(metrics.render(),
            "# HELP wait_ms Wait\n"
            "# TYPE wait_ms histogram\n"
            "wait_ms_bucket{stage=\"asr\",le=\"0.5\"} 1\n"
            "wait_ms_bucket{stage=\"asr\",le=\"10\"} 2\n"
            "wait_ms_bucket{stage=\"asr\",le=\"+Inf\"} 3\n"
            "wait_ms_sum{stage=\"asr\"} 101.1\n"
            "wait_ms_count{stage=\"asr\"} 3\n");
}

TEST(Metrics, HistogramCountsNanAndInfinityLast) {
  Histogram histogram({1.0});
  histogram.observe(std::numeric_limits<double>::quiet_NaN());
  histogram.observe(std::numeric_limits<double>::infinity());
  const Histogram::Snapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.cumulative, (std::vector<std::uint64_t>{0, 2}));
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetricInAnyOrder) {
  Metrics metrics;
  Counter& first = metrics.counter("c_total", "C", {{"a", "1"}, {"b", "2"}});
  Counter& second = metrics.counter("c_total", "C", {{"b", "2"}, {"a", "1"}});
  EXPECT_EQ(&first, &second);
  EXPECT_NE(&first, &metrics.counter("c_total", "C"));
}

TEST(Metrics, LabelSetsBeyondTheLimitShareOneSeries) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kSeriesPerNameMax + 5; ++i) {
    metrics.counter("c_total", "C", {{"peer", std::to_string(i)}}).add();
  }
  EXPECT_NE(metrics.render().find("c_total{overflow=\"true\"} 5\n"), std::string::npos);
}

TEST(Metrics, BumpsFromManyThreadsAreAllCounted) {
  Metrics metrics;
  constexpr int kThreads = 4;
  constexpr int kBumps = 5000;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kBumps; ++i) {
          metrics.counter("c_total", "C").add();
          metrics.histogram("h", "H", {1.0}).observe(1.0);
        }
      });
    }
  }
  EXPECT_EQ(metrics.counter("c_total", "C").value(), std::uint64_t{kThreads * kBumps});
  const Histogram::Snapshot snapshot = metrics.histogram("h", "H", {1.0}).snapshot();
  EXPECT_EQ(snapshot.cumulative.back(), std::uint64_t{kThreads * kBumps});
  EXPECT_DOUBLE_EQ(snapshot.sum, kThreads * kBumps);
}

TEST(MetricsText, NamesFollowTheFormat) {
  EXPECT_TRUE(metrics_text::is_metric_name("parley_frames_total"));
  EXPECT_TRUE(metrics_text::is_metric_name(":rule9"));
  for (const std::string_view bad : {"", "9a", "a-b", "a b", "ä"}) {
    EXPECT_FALSE(metrics_text::is_metric_name(bad)) << bad;
  }
}

TEST(MetricsText, LabelsAreSortedAndBucketsNamedByTheirBound) {
  EXPECT_EQ(metrics_text::label_text({}), "");
  EXPECT_EQ(metrics_text::label_text({{"b", "2"}, {"a", "1"}}), "a=\"1\",b=\"2\"");
  std::string text;
  metrics_text::append_histogram(text, "h", "",
                                 {.bounds = {0.25}, .cumulative = {1, 1}, .sum = 0.1});
  EXPECT_EQ(text, "h_bucket{le=\"0.25\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 0.1\nh_count 1\n");
}

TEST(MetricsDeathTest, NamesThatBreakTheFormatAreOurMistake) {
  Metrics metrics;
  EXPECT_DEATH(metrics.counter("1bad", "B"), "check failed");
  EXPECT_DEATH(metrics.counter("c_total", "C", {{"le", "1"}}), "check failed");
  metrics.counter("twice", "T");
  EXPECT_DEATH(metrics.gauge("twice", "T"), "check failed");
}

}  // namespace
}  // namespace parley
