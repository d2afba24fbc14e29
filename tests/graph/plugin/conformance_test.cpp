// SPDX-License-Identifier: Apache-2.0
//
// The samples pass; each thing that can be wrong is found, and named.

#include "graph/plugin/conformance.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/plugin/test_plugins.h"

namespace parley::graph {
namespace {

using testing::ElementsAre;

std::vector<std::string> findings(const ConformanceReport& report) {
  std::vector<std::string> all;
  for (const ConformanceReport::Check& check : report.checks) {
    if (!check.finding.empty()) all.push_back(check.what + ": " + check.finding);
  }
  EXPECT_EQ(all.size(), report.findings());
  return all;
}

std::vector<std::string> findings_of_fault(std::string_view fault,
                                           Millis timeout = Millis(60'000)) {
  return findings(check_conformance(
      test::plugin_path("faulty"),
      {.timeout = timeout, .options = {{"faulty", {{"fault", std::string(fault)}}}}}));
}

TEST(Conformance, TheSamplesPass) {
  for (const char* name : {"sample", "delay"}) {
    const ConformanceReport report = check_conformance(test::plugin_path(name));
    EXPECT_THAT(findings(report), ElementsAre());
    EXPECT_EQ(report.name, name);
    EXPECT_EQ(report.version, "1.0.0");
    EXPECT_GE(report.checks.size(), 9U);
    EXPECT_EQ(report.checks.front().what, "is loaded");
  }
  EXPECT_THAT(findings_of_fault(""), ElementsAre());
}

TEST(Conformance, SaysWhyItIsNotLoaded) {
  const std::string path = test::plugin_path("entry_aborts");
  EXPECT_THAT(findings(check_conformance(path)),
              ElementsAre("is loaded: plugin '" + path + "': loading it: crashed (SIGABRT)"));
}

TEST(Conformance, FindsCrashesAndGoesOnWithNothingLost) {
  EXPECT_THAT(findings_of_fault("create crashes"),
              ElementsAre("is made and destroyed, many times: crashed (SIGSEGV)"));
  EXPECT_THAT(findings_of_fault("process crashes"), ElementsAre("works: crashed (SIGSEGV)"));
  EXPECT_THAT(findings_of_fault("close crashes"),
              ElementsAre("opens and closes, twice: crashed (SIGSEGV)"));
  EXPECT_THAT(findings_of_fault("process hangs", Millis(500)),
              ElementsAre("works: did not end within 500 ms"));
}

TEST(Conformance, FindsBrokenPromises) {
  EXPECT_THAT(findings_of_fault("create fails"),
              testing::Contains("is made and destroyed, many times: create: no such model"));
  EXPECT_THAT(findings_of_fault("open fails"),
              testing::Contains("opens and closes, twice: node 'op': no device"));
  EXPECT_THAT(findings_of_fault("nonsense"),
              testing::Contains("works: process returned 77, which is no parley_progress"));
  EXPECT_THAT(findings_of_fault("pushes without room"),
              testing::Contains("waits for room: pushed to output 'audio': there is no room; ask "
                                "has_room, and return PARLEY_BLOCKED"));
  EXPECT_THAT(findings_of_fault("forgets to release"),
              testing::Contains("works: kept 200 buffers beyond close"));
}

TEST(Conformance, KnowsTheKindsThatOptionsAreFor) {
  const ConformanceReport report = check_conformance(
      test::plugin_path("sample"), {.options = {{"sample_gian", {{"gain_db", 1.0}}}}});
  EXPECT_THAT(findings(report),
              ElementsAre("is there: there is no kind of operator 'sample_gian'; did you mean "
                          "'sample_gain'?"));
}

}  // namespace
}  // namespace parley::graph
