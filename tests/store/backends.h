// SPDX-License-Identifier: Apache-2.0
//
// Every backend, for the tests that all of them must pass, and short forms of what they write.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/store_backend.h"

namespace parley::test {

/// A folder of this test alone, gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-store-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline store::Change put(std::string id, std::int64_t position, std::string json) {
  return store::PutItem{{std::move(id), position, std::move(json)}};
}

inline store::Batch batch_of(std::string conversation, std::vector<store::Change> changes,
                             std::uint64_t epoch = 1) {
  store::Batch batch;
  batch.conversation = std::move(conversation);
  batch.epoch = epoch;
  batch.at = 1000;
  batch.changes = std::move(changes);
  return batch;
}

/// The first one of a conversation.
inline store::Batch birth_of(std::string conversation, std::vector<store::Change> changes,
                             std::string owner = "") {
  store::Batch batch = batch_of(std::move(conversation), std::move(changes));
  batch.birth = store::Birth{.owner = std::move(owner), .model = "m"};
  return batch;
}

inline Status write_one(store::StoreBackend& backend, const store::Batch& batch) {
  Status outcome;
  backend.write({&batch, 1}, {&outcome, 1});
  return outcome;
}

/// "a=1 b=2": ids and JSON in their order.
inline std::string items_of(const store::Conversation& conversation) {
  std::string line;
  for (const store::Item& item : conversation.items) {
    line += (line.empty() ? "" : " ") + item.id + "=" + item.json;
  }
  return line;
}

}  // namespace parley::test
