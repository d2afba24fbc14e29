// SPDX-License-Identifier: Apache-2.0
//
// A command as a user types it, in this process: what it returned and printed.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/cli.h"

namespace parley::test {

struct CommandOutcome {
  int status = 0;
  std::string out;
  std::string err;
};

/// `parley <words>`.
inline CommandOutcome run_command(const std::vector<std::string>& words) {
  std::vector<const char*> arguments{"parley"};
  for (const std::string& word : words) arguments.push_back(word.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  CommandOutcome outcome;
  outcome.status = cli::run(static_cast<int>(arguments.size()), arguments.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

}  // namespace parley::test
