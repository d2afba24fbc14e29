// SPDX-License-Identifier: Apache-2.0
//
// Tests of real models need their files: without them they are skipped, and say so, unless
// PARLEY_REQUIRE_MODELS=1 makes that a failure.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/backend/onnx/recording.h"

namespace parley::backend {

inline bool models_required() {
  const char* value = std::getenv("PARLEY_REQUIRE_MODELS");
  return value != nullptr && std::string(value) == "1";
}

}  // namespace parley::backend

/// In SetUp or at the start of a test.
#define PARLEY_NEED_FILE(path)                                                         \
  if (const std::string needed_file = (path); !std::filesystem::exists(needed_file)) { \
    if (parley::backend::models_required()) FAIL() << needed_file << " is missing";    \
    GTEST_SKIP() << needed_file << " is missing";                                      \
  }
