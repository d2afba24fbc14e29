// SPDX-License-Identifier: Apache-2.0
//
// What must hold for every server frame of any session, whatever it is about (openai-realtime
// reference, §0 and checks P02, P20 to P23): unique event ids, the opening and closing of items and
// parts, deltas that add up, integers where clients want integers, no audio bytes in items.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace parley::test {

class Auditor {
 public:
  /// One frame, in order of arrival.
  void see(const boost::json::value& frame);
  /// At the end of a scenario: whatever was opened and whose response is done must be closed.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

 private:
  struct Part {
    std::string transcript;
    std::string text;
    bool is_audio = false;
    bool audio_done = false;
    bool text_done = false;
    bool closed = false;
  };
  struct Item {
    std::map<std::int64_t, Part> parts;
    std::string arguments;
    bool closed = false;
  };
  struct Response {
    std::map<std::string, Item> items;
    bool done = false;
  };

  void fault(const std::string& what);
  void see_response(const std::string& type, const boost::json::object& frame);
  void see_part(const std::string& type, const boost::json::object& frame, Item& item);
  void see_delta(const std::string& type, const boost::json::object& frame, Part& part);
  void finish_response(const boost::json::object& frame);
  void check_item(const boost::json::object& item, bool audio_allowed);
  void check_usage(const boost::json::object& usage);

  std::string current_;  // the frame, for messages
  std::set<std::string> event_ids_;
  std::map<std::string, Response> responses_;
  std::vector<std::string> faults_;
};

}  // namespace parley::test
