// SPDX-License-Identifier: Apache-2.0
//
// Compares a server frame with what a transcript expects of it.
//
// An expected object names the keys that matter: others may be there. Arrays have equal length.
// Strings that begin with these mean more than themselves:
//   "$name"            the first time: any value, remembered; later: that value
//   "?any" "?absent"   there, with any value; not there
//   "?string" "?int" "?text"   a string; an integer; a string that is not empty
//   "?starts:x" "?contains:x"  a string that does so
//   "?min:5" "?max:9"  a number that is not less, not more
//   "?base64:480"      base64 of exactly (without a number: any even count of) bytes
//   "?base64max:480"   base64 of at most so many bytes
#pragma once

#include <map>
#include <optional>
#include <string>

#include <boost/json.hpp>

namespace parley::test {

using Bindings = std::map<std::string, boost::json::value>;

/// Nothing when they match, else what differs and where. New names are bound on success only.
std::optional<std::string> mismatch(const boost::json::value& expected,
                                    const boost::json::value& actual, Bindings& bindings);

/// `frame` with every bound `$name` replaced by its value.
std::string substitute(std::string frame, const Bindings& bindings);

}  // namespace parley::test
