// SPDX-License-Identifier: Apache-2.0
//
// Lets a GA client talk over the beta wire: what it sends is put into beta words, what comes back
// into GA words. So every transcript says what the beta dialect must do, too. It shares no code
// with the server's own translation.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace parley::test {

class BetaAdapter {
 public:
  /// A client's GA frame as a beta client would write it; what is not JSON stays as it is.
  static std::string to_beta(const std::string& frame);
  /// What a GA server would have sent for this beta frame: none, one or two frames.
  std::vector<std::string> to_ga(const std::string& frame);

 private:
  std::map<std::string, boost::json::value> announced_;  // previous ids, by item
};

}  // namespace parley::test
