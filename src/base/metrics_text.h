// SPDX-License-Identifier: Apache-2.0
//
// The Prometheus text exposition format 0.0.4, line by line; used by Metrics::render only.
//
// Threads: any (pure functions).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/metrics.h"

namespace parley::metrics_text {

enum class Type : std::uint8_t { counter, gauge, histogram };

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`
[[nodiscard]] bool is_metric_name(std::string_view name) noexcept;

/// `a="1",b="2"`: sorted by name, values escaped, no braces; empty without labels.
[[nodiscard]] std::string label_text(const Labels& labels);

/// The `# HELP` and `# TYPE` lines.
void append_head(std::string& out, std::string_view name, std::string_view help, Type type);

/// `name{labels} value`; `labels` comes from `label_text`.
void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::string_view value);

/// Every bucket, then `_sum` and `_count`.
void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const Histogram::Snapshot& snapshot);

}  // namespace parley::metrics_text
