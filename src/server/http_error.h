// SPDX-License-Identifier: Apache-2.0
//
// Errors of HTTP requests in the shape that OpenAI's clients read: {"error":{message,type,code}}.
//
// Threads: any (pure function).
#pragma once

#include <string_view>

#include "transport/http/http_message.h"

namespace parley::server {

[[nodiscard]] transport::HttpResponse http_error(int status, std::string_view type,
                                                 std::string_view code, std::string_view message);

}  // namespace parley::server
