// SPDX-License-Identifier: Apache-2.0
//
// The registry is our own: metrics are bumped on the audio path and must be one relaxed atomic,
// and the text format is small. Format: Prometheus text exposition 0.0.4.
#include "base/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "base/check.h"
#include "base/metrics_text.h"

namespace parley {

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)) {
  PARLEY_CHECK(std::is_sorted(bounds_.begin(), bounds_.end()));
  counts_ = std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1);
}

void Histogram::observe(double value) noexcept {
  // A bound is inclusive ("le"); NaN compares false with every bound and would land in the first.
  const auto bucket =
      std::isnan(value) ? bounds_.end() : std::lower_bound(bounds_.begin(), bounds_.end(), value);
  const auto index = static_cast<std::size_t>(bucket - bounds_.begin());
  counts_[index].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot result{.bounds = bounds_, .cumulative = {}, .sum = sum_.load(std::memory_order_relaxed)};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    result.cumulative.push_back(total);
  }
  return result;
}

struct Metrics::Impl {
  /// All series of one name. Exactly one of the three maps is used, by `type`.
  struct Family {
    std::string help;
    metrics_text::Type type;
    // Keyed by the label set as it is printed. Values are pointers so that references stay valid.
    std::map<std::string, std::unique_ptr<Counter>> counters;
    std::map<std::string, std::unique_ptr<Gauge>> gauges;
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
  };

  Family& family(std::string_view name, std::string_view help, metrics_text::Type type);

  mutable std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;  // GUARDED_BY(mutex)
};

Metrics::Impl::Family& Metrics::Impl::family(std::string_view name, std::string_view help,
                                             metrics_text::Type type) {
  PARLEY_CHECK(metrics_text::is_metric_name(name));
  const auto found = families.find(name);
  if (found != families.end()) {
    PARLEY_CHECK(found->second.type == type);  // one name has one type
    return found->second;
  }
  Family made{
      .help = std::string(help), .type = type, .counters = {}, .gauges = {}, .histograms = {}};
  return families.emplace(std::string(name), std::move(made)).first->second;
}

namespace {

/// Finds or makes one series. Labels may carry what a peer sent, so their number is limited; what
/// comes later is counted together under `overflow="true"` rather than lost.
template <typename Metric, typename Make>
Metric& series(std::map<std::string, std::unique_ptr<Metric>>& all, const Labels& labels,
               Make make) {
  std::string key = metrics_text::label_text(labels);
  if (const auto found = all.find(key); found != all.end()) return *found->second;
  if (all.size() >= Metrics::kSeriesPerNameMax) {
    key = metrics_text::label_text({{"overflow", "true"}});
  }
  auto& slot = all[key];
  if (slot == nullptr) slot = make();
  return *slot;
}

}  // namespace

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& family = impl_->family(name, help, metrics_text::Type::counter);
  return series(family.counters, labels, [] { return std::make_unique<Counter>(); });
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& family = impl_->family(name, help, metrics_text::Type::gauge);
  return series(family.gauges, labels, [] { return std::make_unique<Gauge>(); });
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::vector<double> bounds, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& family = impl_->family(name, help, metrics_text::Type::histogram);
  return series(family.histograms, labels,
                [&] { return std::make_unique<Histogram>(std::move(bounds)); });
}

std::string Metrics::render() const {
  const std::lock_guard lock(impl_->mutex);
  std::string text;
  for (const auto& [name, family] : impl_->families) {
    metrics_text::append_head(text, name, family.help, family.type);
    for (const auto& [labels, metric] : family.counters) {
      metrics_text::append_sample(text, name, labels, std::to_string(metric->value()));
    }
    for (const auto& [labels, metric] : family.gauges) {
      metrics_text::append_sample(text, name, labels, std::to_string(metric->value()));
    }
    for (const auto& [labels, metric] : family.histograms) {
      metrics_text::append_histogram(text, name, labels, metric->snapshot());
    }
  }
  return text;
}

}  // namespace parley
