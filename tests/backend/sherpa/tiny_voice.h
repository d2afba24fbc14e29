// SPDX-License-Identifier: Apache-2.0
//
// Voices that make_tiny_voice.py made for these tests, and where sherpa's library is.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace parley::backend {

inline std::string cache_path(const std::string& below) {
  const char* const cache = std::getenv("PARLEY_CACHE");
  return std::string(cache == nullptr ? "" : cache) + "/" + below;
}
inline std::string sherpa_library() {
  return cache_path("sdk/onnxruntime/lib/libsherpa-onnx-c-api.so");
}

/// A folder with the voices `good` and `bad`; empty where it cannot be made.
inline const std::string& tiny_voices() {
  static const std::string folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "parley-voices-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return std::string();
    const std::string command = cache_path("venv/convert/bin/python") +
                                " -B tests/backend/sherpa/make_tiny_voice.py " + name;
    return std::system(command.c_str()) == 0 ? name : std::string();
  }();
  return folder;
}

/// They go with the program.
class TinyVoices : public ::testing::Environment {
 public:
  void TearDown() override {
    std::error_code ignored;
    if (!tiny_voices().empty()) std::filesystem::remove_all(tiny_voices(), ignored);
  }
};

struct NeedsTinyVoices : ::testing::Test {
  void SetUp() override {
    const char* const required = std::getenv("PARLEY_REQUIRE_MODELS");
    const bool has_all = std::filesystem::exists(sherpa_library()) && !tiny_voices().empty();
    if (has_all) return;
    if (required != nullptr) FAIL() << "tools/deps has not fetched what this needs";
    GTEST_SKIP() << "sherpa-onnx or the environment `convert` is not there (tools/deps)";
  }
};

}  // namespace parley::backend
