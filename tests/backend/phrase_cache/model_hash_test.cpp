// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/model_hash.h"

#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "tests/backend/phrase_cache/scratch_folder.h"

namespace parley::backend {
namespace {

TEST(ModelHash, ChangesWithEachFilesNameAndContents) {
  test::ScratchFolder scratch;
  std::set<std::string> seen;
  const auto is_new = [&] {
    const Result<std::string> hash = hash_of_model(scratch.path());
    EXPECT_TRUE(hash && is_sha256(*hash));
    return seen.insert(*hash).second;
  };
  EXPECT_TRUE(is_new());
  test::overwrite(scratch.file("voice.onnx"), "weights");
  EXPECT_TRUE(is_new());
  EXPECT_FALSE(is_new());
  test::overwrite(scratch.file("voice.onnx"), "weightz");  // of the same size
  EXPECT_TRUE(is_new());
  test::overwrite(scratch.file("voice.json"), "{}");
  EXPECT_TRUE(is_new());
  std::filesystem::rename(scratch.file("voice.json"), scratch.file("voice.yaml"));
  EXPECT_TRUE(is_new());
  std::filesystem::create_directory(scratch.file("folder"));
  test::overwrite(scratch.file(".deps.json"), "when it was fetched");
  EXPECT_FALSE(is_new());
}

TEST(ModelHash, SaysWhatIsMissing) {
  test::ScratchFolder scratch;
  const Result<std::string> hash = hash_of_model(scratch.file("nowhere"));
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace parley::backend
