// SPDX-License-Identifier: Apache-2.0
//
// One record of an observer as one line of JSON:
//
//   {"time":1750000000,"session_ms":1234,"session":"sess_…","key":"web","model":"m","event":{…}}
//
// Threads: pure.
#pragma once

#include <string>

#include "service/realtime/session_observer.h"

namespace parley::server {

/// Without a line's end.
[[nodiscard]] std::string to_json(const service::SessionRecord& record);

}  // namespace parley::server
