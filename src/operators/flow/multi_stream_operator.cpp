// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/multi_stream_operator.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "graph/frame_type.h"
#include "graph/option_value.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

namespace {

MediaTime time_of(Millis ms) { return MediaTime::from_ms(ms.count()); }

MediaTime distance(MediaTime a, MediaTime b) { return a < b ? b - a : a - b; }

}  // namespace

Result<Progress> MultiStreamOperator::process(graph::ProcessContext& context) {
  while (true) {
    take_all();
    switch (step(context)) {
      case Step::nothing:
        return Progress::need_input;
      case Step::group:
        waiting_since_.reset();
        break;
      case Step::blocked:
        return Progress::blocked;
      case Step::finished:
        return Progress::finished;
    }
  }
}

void MultiStreamOperator::take_all() {
  for (const auto& stream : streams_) stream->take(oldest_);
}

MultiStreamOperator::Step MultiStreamOperator::step(graph::ProcessContext& context) {
  switch (options_.policy) {
    case AlignPolicy::immediate:
    case AlignPolicy::aligned:
      return lead_step(context);
    case AlignPolicy::barrier:
      return barrier_step();
    case AlignPolicy::window:
      break;
  }
  return window_step(context);
}

/// Policies `immediate` and `aligned`: one group for the lead's oldest frame.
MultiStreamOperator::Step MultiStreamOperator::lead_step(graph::ProcessContext& context) {
  AlignedStream& lead = *streams_.front();
  if (lead.held() == 0) {
    if (lead.has_ended()) return Step::finished;
    // What nobody can use any more makes room: all but the newest.
    if (options_.policy == AlignPolicy::immediate) {
      for (std::size_t i = 1; i < streams_.size(); ++i) {
        while (streams_[i]->held() == AlignedStream::kHeldMax) streams_[i]->drop();
      }
    }
    return Step::nothing;
  }
  const MediaTime at = lead.head(0).pts;
  if (options_.policy == AlignPolicy::aligned) {
    const bool waits = std::any_of(streams_.begin() + 1, streams_.end(),
                                   [&](const auto& stream) { return must_wait_for(*stream, at); });
    const bool lead_is_ahead =
        lead.newest() - at >= time_of(options_.wait_max) || lead.held() == AlignedStream::kHeldMax;
    if (waits && !lead_is_ahead && !is_overdue(context)) return Step::nothing;
  }
  if (!have_room()) return Step::blocked;
  lead.give(0, groups_);
  for (std::size_t i = 1; i < streams_.size(); ++i) {
    AlignedStream& other = *streams_[i];
    const std::optional<std::size_t> chosen = companion(other, at);
    if (!chosen) {
      ++other.counters.gaps;
      continue;
    }
    for (std::size_t older = 0; older < *chosen; ++older) other.drop();
    other.counters.skew = other.head(0).pts - at;
    other.give(0, groups_);
  }
  lead.drop();
  if (options_.policy == AlignPolicy::aligned) oldest_ = at - time_of(options_.tolerance);
  end_group();
  return Step::group;
}

std::optional<std::size_t> MultiStreamOperator::companion(const AlignedStream& other,
                                                          MediaTime at) const {
  std::optional<std::size_t> chosen;
  for (std::size_t i = 0; i < other.held(); ++i) {
    const MediaTime pts = other.head(i).pts;
    if (options_.policy == AlignPolicy::immediate) {
      if (pts > at) break;
      chosen = i;
      continue;
    }
    const MediaTime off = distance(pts, at);
    if (off > time_of(options_.tolerance)) continue;
    if (!chosen || off < distance(other.head(*chosen).pts, at)) chosen = i;
  }
  return chosen;
}

/// True while a nearer frame than those held may still come.
bool MultiStreamOperator::must_wait_for(const AlignedStream& other, MediaTime at) const {
  return !other.has_ended() && (!other.has_begun() || other.newest() < at);
}

bool MultiStreamOperator::is_overdue(graph::ProcessContext& context) {
  if (!waiting_since_) waiting_since_ = context.now();
  const Instant until = *waiting_since_ + options_.wait_max;
  if (context.now() >= until) return true;
  context.wake_at(until);
  return false;
}

MultiStreamOperator::Step MultiStreamOperator::barrier_step() {
  MediaTime newest{INT64_MIN};
  for (const auto& stream : streams_) {
    if (stream->held() == 0) return stream->has_ended() ? Step::finished : Step::nothing;
    newest = std::max(newest, stream->head(0).pts);
  }
  bool dropped = false;
  for (const auto& stream : streams_) {
    if (newest - stream->head(0).pts <= time_of(options_.tolerance)) continue;
    stream->drop();
    dropped = true;
  }
  if (dropped) return Step::group;  // look again
  if (!have_room()) return Step::blocked;
  const MediaTime at = streams_.front()->head(0).pts;
  for (const auto& stream : streams_) {
    stream->counters.skew = stream->head(0).pts - at;
    stream->give(0, groups_);
    stream->drop();
  }
  end_group();
  return Step::group;
}

MultiStreamOperator::Step MultiStreamOperator::window_step(graph::ProcessContext& context) {
  if (!window_end_) {
    std::optional<MediaTime> first;
    bool all_ended = true;
    for (const auto& stream : streams_) {
      all_ended = all_ended && stream->has_ended();
      if (stream->held() > 0)
        first = std::min(first.value_or(MediaTime{INT64_MAX}), stream->head(0).pts);
    }
    if (!first) return all_ended ? Step::finished : Step::nothing;
    const std::int64_t length = time_of(options_.window).flicks;
    const std::int64_t index = first->flicks / length - (first->flicks % length < 0 ? 1 : 0);
    window_end_ = MediaTime{(index + 1) * length};
  }
  if (!is_closing_) {
    bool complete = true;
    bool overdue = false;
    for (const auto& stream : streams_) {
      const bool is_past = stream->has_begun() && stream->newest() >= *window_end_;
      complete = complete && (stream->has_ended() || is_past);
      overdue = overdue || stream->held() == AlignedStream::kHeldMax ||
                (is_past && stream->newest() - *window_end_ >= time_of(options_.wait_max));
    }
    if (!complete && !overdue && !is_overdue(context)) return Step::nothing;
    is_closing_ = true;
    oldest_ = *window_end_;
    for (const auto& stream : streams_) {
      if (stream->held() == 0 || stream->head(0).pts >= *window_end_) ++stream->counters.gaps;
    }
  }
  for (const auto& stream : streams_) {
    while (stream->held() > 0 && stream->head(0).pts < *window_end_) {
      if (!stream->has_room()) return Step::blocked;
      stream->give(0, groups_);
      stream->drop();
    }
  }
  if (!group_.has_room()) return Step::blocked;
  is_closing_ = false;
  window_end_.reset();
  end_group();
  return Step::group;
}

bool MultiStreamOperator::have_room() const {
  return group_.has_room() && std::all_of(streams_.begin(), streams_.end(),
                                          [](const auto& stream) { return stream->has_room(); });
}

void MultiStreamOperator::end_group() {
  media::Control control;
  control.name = "group";
  control.value = static_cast<std::int64_t>(groups_);
  group_.push(std::move(control));
  ++groups_;
}

Result<std::unique_ptr<MultiStreamOperator>> MultiStreamOperator::make(
    const MultiStreamOptions& options) {
  if (options.streams.size() < 2 || options.streams.size() > kStreamsMax) {
    return Error{ErrorCode::invalid_argument, "streams: " + std::to_string(options.streams.size()) +
                                                  " of them; give 2 to " +
                                                  std::to_string(kStreamsMax)};
  }
  std::unique_ptr<MultiStreamOperator> made(new MultiStreamOperator(options));
  std::vector<std::string> names{"group"};
  for (const std::string& text : options.streams) {
    const std::size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    if (colon == std::string::npos || name.empty() || name.find('.') != std::string::npos) {
      return Error{ErrorCode::invalid_argument,
                   "streams: '" + text + "'; give name:kind, such as audio:AudioFrame"};
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return Error{ErrorCode::invalid_argument, "streams: there are two ports '" + name + "'"};
    }
    names.push_back(name);
    const std::string_view kind = std::string_view(text).substr(colon + 1);
    const std::optional<std::size_t> type = graph::frame_type_of(kind);
    if (!type) return graph::unknown_name("frame kind", kind, graph::frame_type_names());
    made->streams_.push_back(graph::with_frame_type(
        *type, [&]<typename T>(std::type_identity<T>) -> std::unique_ptr<AlignedStream> {
          return std::make_unique<AlignedStreamOf<T>>(*made, name);
        }));
  }
  return made;
}

}  // namespace parley::operators
