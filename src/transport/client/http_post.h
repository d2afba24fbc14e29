// SPDX-License-Identifier: Apache-2.0
//
// One POST with a whole answer: what webhooks need of HttpClient. Threads: `http_post` any.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "transport/client/http_client.h"

namespace parley::transport {

/// A longer answer fails with resource_exhausted.
inline constexpr std::size_t kPostAnswerBytesMax = 256U << 10U;

struct HttpPost {
  HttpUrl url;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  Millis timeout{10'000};  // for the whole of it, connecting included
};
struct HttpAnswer {
  int status = 0;
  std::string body{};
};
/// Once, on the client's I/O thread; never when the client is stopped before. Errors: those of
/// HttpListener::on_end.
using HttpPostDone = std::function<void(Result<HttpAnswer>)>;

void http_post(HttpClient& client, HttpPost post, HttpPostDone done);

/// How it is posted; tests have one without a network.
using Poster = std::function<void(HttpPost post, HttpPostDone done)>;

}  // namespace parley::transport
