// SPDX-License-Identifier: Apache-2.0
//
// What only a file can do: last, be damaged, be full, belong to others.
#include "store/sqlite/sqlite_backend.h"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/store/backends.h"

namespace parley::test {
namespace {

using store::SqliteBackend;
using ::testing::HasSubstr;

std::unique_ptr<SqliteBackend> open(const std::string& path) {
  auto opened = SqliteBackend::open({.path = path});
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(*opened) : nullptr;
}

Error refusal(const std::string& path) {
  const auto opened = SqliteBackend::open({.path = path});
  EXPECT_FALSE(opened);
  return opened ? Error{} : opened.error();
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
}

TEST(SqliteBackend, MakesFolderAndFileForItsOwnerOnly) {
  const ScratchFolder folder;
  const std::string path = folder.file("a/b/c.db");
  const auto backend = open(path);
  ASSERT_TRUE(write_one(*backend, birth_of("conv_1", {put("a", 1, "1")})));
  for (const char* ending : {"", "-wal"}) {
    const auto rights = std::filesystem::status(path + ending).permissions();
    EXPECT_EQ(static_cast<int>(rights) & 077, 0) << ending;
  }
}

TEST(SqliteBackend, TakesAFolderForTheFileInIt) {
  const ScratchFolder folder;
  open(folder.file(""));
  EXPECT_TRUE(std::filesystem::exists(folder.file(SqliteBackend::kDefaultName)));
}

// Each line that the child prints stands for a write that was acknowledged.
TEST(SqliteBackend, HasEverythingAfterKill9) {
  const ScratchFolder folder;
  const std::string path = folder.file("c.db");
  for (int round = 0; round < 5; ++round) {
    int line[2];
    ASSERT_EQ(pipe(line), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto backend = SqliteBackend::open({.path = path});
      if (!backend) std::_Exit(1);
      const std::string id = "conv_" + std::to_string(round);
      Status kept = write_one(**backend, birth_of(id, {}));
      for (int i = 0; kept; ++i) {
        const std::string item = "item_" + std::to_string(i);
        kept = write_one(**backend, batch_of(id, {put(item, i, "{}"), put("last", 1 << 20, item)}));
        const char done = 'x';
        if (!kept || ::write(line[1], &done, 1) != 1) break;
      }
      std::_Exit(1);
    }
    close(line[1]);
    std::size_t acknowledged = 0;
    char done = 0;
    while (acknowledged < 20U + 13U * static_cast<unsigned>(round) &&
           read(line[0], &done, 1) == 1) {
      ++acknowledged;
    }
    kill(child, SIGKILL);
    while (read(line[0], &done, 1) == 1) ++acknowledged;
    close(line[0]);
    waitpid(child, nullptr, 0);
    const auto kept = open(path)->load({"conv_" + std::to_string(round), ""});
    ASSERT_TRUE(kept) << kept.error().message;
    // What was written, but not yet said, may be there too: one batch, whole.
    ASSERT_GE(kept->items.size(), acknowledged + 1);
    EXPECT_LE(kept->items.size(), acknowledged + 2);
    EXPECT_EQ(kept->items.back().json, "item_" + std::to_string(kept->items.size() - 2));
  }
}

TEST(SqliteBackend, RefusesAFileThatIsNoDatabase) {
  const ScratchFolder folder;
  const std::string path = folder.file("c.db");
  std::ofstream(path) << std::string(4096, 'x');
  const Error error = refusal(path);
  EXPECT_EQ(error.code, ErrorCode::data_corrupt);
  EXPECT_THAT(error.message, HasSubstr(path));
  EXPECT_THAT(error.message, HasSubstr("Move the file away"));
}

TEST(SqliteBackend, FindsDamageInTheMiddle) {
  const ScratchFolder folder;
  const std::string path = folder.file("c.db");
  {
    const auto backend = open(path);
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(write_one(
          *backend, birth_of("conv_" + std::to_string(i), {put("a", 1, std::string(500, 'j'))})));
    }
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (int page = 2; page < 30; ++page) {
    file.seekp(page * 4096);
    file << std::string(512, '\x7F');
  }
  file.close();
  EXPECT_EQ(refusal(path).code, ErrorCode::data_corrupt);
}

TEST(SqliteBackend, RefusesTheFilesOfOthers) {
  const ScratchFolder folder;
  run_sql(folder.file("other.db"), "CREATE TABLE theirs(x)");
  EXPECT_THAT(refusal(folder.file("other.db")).message, HasSubstr("another program"));
  open(folder.file("newer.db"));
  run_sql(folder.file("newer.db"), "PRAGMA user_version=99");
  EXPECT_THAT(refusal(folder.file("newer.db")).message, HasSubstr("newer Parley (schema 99"));
}

TEST(SqliteBackend, SaysWhenTheFileCannotBeMade) {
  const ScratchFolder folder;
  std::ofstream(folder.file("file")) << "x";
  EXPECT_THAT(refusal(folder.file("file/c.db")).message, HasSubstr("choose another file"));
}

/// Writes until it fails; the file sizes of this process are limited meanwhile.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

TEST(SqliteBackend, FailsOnAFullDiskAndGoesOnWhenThereIsRoom) {
  const ScratchFolder folder;
  const auto backend = open(folder.file("c.db"));
  ASSERT_TRUE(write_one(*backend, birth_of("conv_1", {put("a", 1, "1")})));
  Status failed;
  int written = 0;
  {
    const FullDisk disk(512 << 10);
    while (failed && written < 1000) {
      failed = write_one(*backend, batch_of("conv_1", {put("i" + std::to_string(written), written,
                                                           std::string(10'000, 'x'))}));
      if (failed) ++written;
    }
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr("c.db"));
    // Reading still works, and what was kept is all there.
    EXPECT_EQ(backend->load({"conv_1", ""})->items.size(), static_cast<std::size_t>(written) + 1);
  }
  EXPECT_TRUE(write_one(*backend, batch_of("conv_1", {put("z", 99'999, "room")})));
  EXPECT_EQ(backend->load({"conv_1", ""})->items.back().json, "room");
}

TEST(SqliteBackend, SharesItsFileWithAnotherProcess) {
  const ScratchFolder folder;
  const auto one = open(folder.file("c.db"));
  const auto other = open(folder.file("c.db"));
  ASSERT_TRUE(write_one(*one, birth_of("conv_1", {put("a", 1, "1")})));
  const auto taken = other->take({"conv_1", ""});
  ASSERT_TRUE(taken);
  EXPECT_FALSE(write_one(*one, batch_of("conv_1", {put("b", 2, "2")})));
  EXPECT_TRUE(write_one(*other, batch_of("conv_1", {put("b", 2, "2")}, taken->epoch)));
  EXPECT_EQ(items_of(*one->load({"conv_1", ""})), "a=1 b=2");
}

TEST(SqliteBackend, KeepsItsLogShort) {
  const ScratchFolder folder;
  const auto backend = open(folder.file("c.db"));
  ASSERT_TRUE(write_one(*backend, birth_of("conv_1", {})));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(write_one(*backend, batch_of("conv_1", {put("a", 1, std::string(100'000, 'x'))})));
    backend->rest();
  }
  EXPECT_LT(std::filesystem::file_size(folder.file("c.db-wal")), 8U << 20U);
}

}  // namespace
}  // namespace parley::test
