// SPDX-License-Identifier: Apache-2.0
//
// Where a Redis server is: redis://[[user]:password@]host[:port][/database].
// Threads: value type; `parse` is pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::store {

struct RedisUrl {
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  int database = 0;

  /// Errors: invalid_argument; they never show the password.
  static Result<RedisUrl> parse(std::string_view url);
};

}  // namespace parley::store
