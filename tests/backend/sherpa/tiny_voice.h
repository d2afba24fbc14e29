// SPDX-License-Identifier: Apache-2.0
//
// Voices and recognisers that make_tiny_voice.py and make_tiny_recognizers.py made for these tests,
// and where sherpa's library is.
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
inline std::string check_program() {
  const char* const programs = std::getenv("PARLEY_BIN_DIR");
  return std::string(programs == nullptr ? "." : programs) + "/parley-sherpa-check";
}

/// A folder that a script filled; empty where it cannot be made.
inline std::string make_tiny(const std::string& script) {
  std::string name = (std::filesystem::temp_directory_path() / "parley-tiny-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return {};
  const std::string command =
      cache_path("venv/convert/bin/python") + " -B tests/backend/sherpa/" + script + " " + name;
  return std::system(command.c_str()) == 0 ? name : std::string();
}

/// A folder with the voices `good` and `bad`.
inline const std::string& tiny_voices() {
  static const std::string folder = make_tiny("make_tiny_voice.py");
  return folder;
}
/// A folder with the recognisers and the model of speakers.
inline const std::string& tiny_recognizers() {
  static const std::string folder = make_tiny("make_tiny_recognizers.py");
  return folder;
}

/// They go with the program.
class TinyModels : public ::testing::Environment {
 public:
  void TearDown() override {
    std::error_code ignored;
    for (const std::string& folder : {tiny_voices(), tiny_recognizers()}) {
      if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
    }
  }
};

struct NeedsTinyModels : ::testing::Test {
  void SetUp() override {
    const char* const required = std::getenv("PARLEY_REQUIRE_MODELS");
    const bool has_all = std::filesystem::exists(sherpa_library()) && !tiny_voices().empty() &&
                         !tiny_recognizers().empty();
    if (has_all) return;
    if (required != nullptr) FAIL() << "tools/deps has not fetched what this needs";
    GTEST_SKIP() << "sherpa-onnx or the environment `convert` is not there (tools/deps)";
  }
};

}  // namespace parley::backend
