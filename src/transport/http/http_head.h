// SPDX-License-Identifier: Apache-2.0
//
// The status line and fields of an answer, but for those that say how long its body is. Private to
// src/transport; includes Beast.
//
// Threads: any.
#pragma once

#include <string>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "transport/http/http_message.h"

namespace parley::transport {

using WireResponse = boost::beast::http::response<boost::beast::http::string_body>;

/// The body stays where it is.
[[nodiscard]] WireResponse wire_head(const HttpResponse& response, bool keep_alive);

/// As it goes out, up to and including the empty line.
[[nodiscard]] std::string head_text(const WireResponse& response);

}  // namespace parley::transport
