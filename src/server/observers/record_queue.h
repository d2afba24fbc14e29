// SPDX-License-Identifier: Apache-2.0
//
// What every observer has between sessions and its own slow work: a bounded queue. A session only
// moves a pointer into it; when it is full the record is lost, and counted.
//
// Threads: `observe` any; `pop` the observer's strand.
#pragma once

#include <memory>
#include <string>

#include "base/metrics.h"
#include "exec/mailbox.h"
#include "service/realtime/session_observer.h"

namespace parley::server {

/// Records that wait for an observer, of all sessions. Policy when full: the newest is lost.
inline constexpr std::size_t kRecordsWaitingMax = 8192;

using RecordPtr = std::shared_ptr<const service::SessionRecord>;

/// "queue": no room; "disk": not written; "webhook": not delivered; "end": the server ended first.
inline Counter& records_lost(Metrics& metrics, const char* observer, const char* why) {
  return metrics.counter("parley_observer_lost_total", "Records that an observer lost, and why",
                         {{"observer", observer}, {"why", why}});
}
inline Counter& records_kept(Metrics& metrics, const char* observer) {
  return metrics.counter("parley_observer_records_total", "Records that an observer has delivered",
                         {{"observer", observer}});
}

using RecordQueue = exec::Mailbox<RecordPtr>;

}  // namespace parley::server
