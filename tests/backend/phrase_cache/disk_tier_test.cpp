// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/disk_tier.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "exec/manual_executor.h"
#include "tests/backend/phrase_cache/phrases.h"
#include "tests/backend/phrase_cache/scratch_folder.h"

namespace parley::backend {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::files_in;
using test::key_of;
using ::testing::HasSubstr;

constexpr std::size_t kSamples = 1000;
constexpr std::size_t kFileBytes = 4096;  // that such a phrase takes on the disk

/// A process of its own, as far as a phrase cache can tell.
struct Process {
  explicit Process(const std::string& path, std::uint64_t bytes_max = 1U << 30U,
                   DiskOptions options = {}) {
    options.path = path;
    options.bytes_max = bytes_max;
    disk = std::make_unique<DiskTier>(
        options, DiskTier::Surroundings{runtime.executor, runtime.timers, runtime.clock, metrics});
  }
  void write(const std::string& text, std::size_t samples = kSamples) {
    disk->write(key_of(text), test::make_shared_phrase(buffers, samples));
    runtime.run_until_idle();
  }
  PhraseRef read(const std::string& text) {
    auto read = std::make_shared<PhraseRead>(key_of(text));
    read->begin({}, Instant::never());
    if (!disk->may_have(read->key) || !disk->read(read)) return nullptr;
    runtime.run_until_idle();
    EXPECT_TRUE(read->done());
    return read->phrase;
  }
  [[nodiscard]] std::string count(const std::string& name) const {
    const std::string text = metrics.render();
    const std::string series = "parley_tts_cache_" + name + "{tier=\"disk\"} ";
    const std::size_t at = text.find(series);
    if (at == std::string::npos) return "no " + series;
    return text.substr(at + series.size(), text.find('\n', at) - at - series.size());
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  std::unique_ptr<DiskTier> disk;
};

class DiskTierTest : public ::testing::Test {
 protected:
  std::string path_of(const std::string& text) const {
    const std::string hex = key_of(text).hex();
    return root + "/" + hex.substr(0, 2) + "/" + hex + ".phrase";
  }

  test::ScratchFolder scratch;
  const std::string root = scratch.file("phrases");
};

TEST_F(DiskTierTest, GivesBackWhatItWasGiven) {
  Process process(root);
  EXPECT_EQ(process.read("a"), nullptr);
  process.write("a");
  const PhraseRef back = process.read("a");
  ASSERT_NE(back, nullptr);
  const Phrase original = test::make_phrase(process.buffers, kSamples);
  EXPECT_TRUE(std::ranges::equal(back->audio.floats(), original.audio.floats()));
  EXPECT_EQ(back->words, original.words);
  EXPECT_EQ(process.count("bytes"), "4096");
  EXPECT_EQ(process.count("phrases"), "1");
}

TEST_F(DiskTierTest, KnowsAfterItsFirstLookWhatIsNotThere) {
  Process process(root);
  EXPECT_TRUE(process.disk->may_have(key_of("a")));  // nobody looked yet
  process.runtime.run_until_idle();
  EXPECT_FALSE(process.disk->may_have(key_of("a")));
}

TEST_F(DiskTierTest, ARestartFindsItAllBeforeAndAfterTheLook) {
  Process(root).write("a");
  Process second(root);
  auto early = std::make_shared<PhraseRead>(key_of("a"));
  early->begin({}, Instant::never());
  ASSERT_TRUE(second.disk->read(early));
  ASSERT_TRUE(second.runtime.executor.run_one());  // reads come before the look
  EXPECT_NE(early->phrase, nullptr);
  EXPECT_NE(second.read("a"), nullptr);
}

TEST_F(DiskTierTest, WritesWhatWaitsBeforeItGoes) {
  {
    Process process(root);
    process.disk->write(key_of("a"), test::make_shared_phrase(process.buffers, kSamples));
  }
  EXPECT_NE(Process(root).read("a"), nullptr);
}

TEST_F(DiskTierTest, EvictsTheLeastRecentlyUsed) {
  Process process(root, 3 * kFileBytes);
  for (const char* text : {"a", "b", "c"}) {
    process.write(text);
    process.runtime.run_for(1s);
  }
  EXPECT_NE(process.read("a"), nullptr);
  process.disk->used(key_of("b"));
  process.write("d");
  EXPECT_EQ(process.read("c"), nullptr);
  for (const char* text : {"a", "b", "d"}) EXPECT_NE(process.read(text), nullptr) << text;
  EXPECT_EQ(process.count("evicted_total"), "1");
  EXPECT_EQ(files_in(root).size(), 3U);
}

TEST_F(DiskTierTest, RemembersOverARestartWhatWasUsedLast) {
  {
    Process process(root);
    for (const char* text : {"a", "b", "c"}) {
      process.write(text);
      process.runtime.run_for(1s);
    }
    process.runtime.run_for(1h);
    EXPECT_NE(process.read("a"), nullptr);
    process.disk->used(key_of("b"));
  }
  Process smaller(root, 2 * kFileBytes);
  smaller.runtime.run_until_idle();
  EXPECT_EQ(smaller.read("c"), nullptr);
  EXPECT_NE(smaller.read("a"), nullptr);
  EXPECT_NE(smaller.read("b"), nullptr);
}

TEST_F(DiskTierTest, AUseWritesToTheDiskOnlyNowAndThen) {
  Process process(root);
  process.write("a");
  const auto first = fs::last_write_time(path_of("a"));
  process.runtime.run_for(60s);
  EXPECT_NE(process.read("a"), nullptr);
  EXPECT_EQ(fs::last_write_time(path_of("a")), first);
  process.runtime.run_for(600s);
  EXPECT_NE(process.read("a"), nullptr);
  process.runtime.run_until_idle();
  EXPECT_EQ(fs::last_write_time(path_of("a")), first + 660s);
}

TEST_F(DiskTierTest, ACorruptFileIsAMissIsRemovedAndCounted) {
  Process process(root);
  for (const auto& [name, damage] :
       std::initializer_list<std::pair<const char*, std::function<std::string(std::string)>>>{
           {"empty", [](const std::string&) { return std::string(); }},
           {"cut", [](std::string file) { return file.substr(0, file.size() / 2); }},
           {"flipped",
            [](std::string file) {
              for (char& byte : file) byte = static_cast<char>(byte ^ 1);
              return file;
            }},
           {"foreign", [](const std::string&) { return std::string(3000, 'x'); }}}) {
    process.write(name);
    test::overwrite(path_of(name), damage(test::contents_of(path_of(name))));
    EXPECT_EQ(process.read(name), nullptr) << name;
    EXPECT_FALSE(fs::exists(path_of(name))) << name;
    EXPECT_FALSE(process.disk->may_have(key_of(name))) << name;
    process.write(name);  // made anew, it is there again
    EXPECT_NE(process.read(name), nullptr) << name;
  }
  // Another phrase's file under this one's name.
  process.write("other");
  test::overwrite(path_of("empty"), test::contents_of(path_of("other")));
  EXPECT_EQ(process.read("empty"), nullptr);
  EXPECT_EQ(process.count("corrupt_total"), "5");
  EXPECT_EQ(process.count("healthy"), "1");
}

TEST_F(DiskTierTest, TwoThatShareAFolderSeeEachOthersFiles) {
  Process one(root);
  Process two(root);
  one.runtime.run_until_idle();
  two.runtime.run_until_idle();
  one.write("a");
  EXPECT_EQ(two.read("a"), nullptr);
  two.runtime.run_for(300s);  // it looks again
  EXPECT_NE(two.read("a"), nullptr);
  fs::remove(path_of("a"));  // the other one evicted it
  EXPECT_EQ(two.read("a"), nullptr);
  EXPECT_EQ(two.count("corrupt_total"), "0");
  one.runtime.run_for(300s);
  EXPECT_FALSE(one.disk->may_have(key_of("a")));
  EXPECT_EQ(one.count("bytes"), "0");
}

TEST_F(DiskTierTest, TwoProcessesWriteAndReadTheSameFolderAtOnce) {
  const auto work = [&] {
    Process process(root, 40 * kFileBytes);
    bool is_good = true;
    for (int i = 0; i < 300; ++i) {
      const std::string text = std::to_string(i % 60);
      const PhraseRef found = process.read(text);
      is_good = is_good && (found == nullptr || found->samples() == kSamples);
      if (found == nullptr) process.write(text);
      process.runtime.run_for(i % 50 == 0 ? 300s : 1s);
    }
    return is_good && process.count("corrupt_total") == "0" && !process.disk->trouble();
  };
  const pid_t child = fork();
  if (child == 0) _exit(work() ? 0 : 1);
  EXPECT_TRUE(work());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  Process after(root, 40 * kFileBytes);
  after.runtime.run_until_idle();
  EXPECT_EQ(after.count("phrases"), "40");
}

/// Files may grow to `bytes` at most, as on a disk that has no more.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : old_signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit small{.rlim_cur = bytes, .rlim_max = old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_signal_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit old_{};
  void (*const old_signal_)(int);
};

TEST_F(DiskTierTest, AFullDiskIsSaidOnceAndTriedAgainLater) {
  Process process(root);
  process.write("before");
  {
    const SmallDisk small(1000);
    process.write("a");
    ASSERT_TRUE(process.disk->trouble());
    EXPECT_THAT(*process.disk->trouble(), HasSubstr("File too large"));
    EXPECT_EQ(process.count("healthy"), "0");
    EXPECT_EQ(process.count("failures_total"), "1");
    process.write("b");  // not tried: the disk rests
    EXPECT_EQ(process.count("failures_total"), "1");
    EXPECT_EQ(process.count("dropped_total"), "1");
    EXPECT_NE(process.read("before"), nullptr);
    EXPECT_EQ(files_in(root).size(), 1U);  // nothing half written stays
    process.runtime.run_for(31s);
    process.write("b");
    EXPECT_EQ(process.count("failures_total"), "2");
  }
  process.runtime.run_for(31s);
  process.write("a");
  EXPECT_FALSE(process.disk->trouble());
  EXPECT_EQ(process.count("healthy"), "1");
  EXPECT_NE(process.read("a"), nullptr);
}

/// In a process of its own, so that nobody else sees the file system, and it goes with it.
int fill_a_real_disk(const std::string& root) {
  constexpr int kMayNot = 77;
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", root.c_str(), "tmpfs", 0, "size=64k") != 0) {
    return kMayNot;
  }
  Process process(root);
  for (int i = 0; i < 40; ++i) process.write(std::to_string(i));
  const std::optional<std::string> trouble = process.disk->trouble();
  if (!trouble || trouble->find("No space left") == std::string::npos) return 1;
  if (process.read("0") == nullptr) return 2;
  return process.count("corrupt_total") == "0" ? 0 : 3;
}

TEST_F(DiskTierTest, ARealFullDiskIsTheSame) {
  fs::create_directories(root);
  const pid_t child = fork();
  if (child == 0) _exit(fill_a_real_disk(root));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "may not mount a small file system here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(DiskTierTest, AFolderThatCannotBeMadeIsTheSame) {
  test::overwrite(root, "a file");
  Process process(root);
  EXPECT_EQ(process.read("a"), nullptr);
  process.write("a");
  ASSERT_TRUE(process.disk->trouble());
  EXPECT_THAT(*process.disk->trouble(), HasSubstr("Not a directory"));
}

TEST_F(DiskTierTest, QueuesAreBounded) {
  DiskOptions options;
  options.reads_waiting_max = 1;
  options.writes_waiting_max = 1;
  Process process(root, 1U << 30U, options);
  for (const char* text : {"a", "b"}) {
    process.disk->write(key_of(text), test::make_shared_phrase(process.buffers, kSamples));
  }
  const auto read = std::make_shared<PhraseRead>(key_of("x"));
  const auto refused = std::make_shared<PhraseRead>(key_of("y"));
  read->begin({}, Instant::never());
  EXPECT_TRUE(process.disk->read(read));
  EXPECT_FALSE(process.disk->read(refused));
  EXPECT_EQ(process.count("dropped_total"), "2");
  process.runtime.run_until_idle();
  EXPECT_NE(process.read("a"), nullptr);
  EXPECT_EQ(process.read("b"), nullptr);
  EXPECT_TRUE(read->done());
}

TEST_F(DiskTierTest, WhatNobodyWantsAnyMoreIsNotRead) {
  Process process(root);
  process.write("a");
  const auto read = std::make_shared<PhraseRead>(key_of("a"));
  read->begin({}, Instant::never());
  ASSERT_TRUE(process.disk->read(read));
  read->cancel();
  process.runtime.run_until_idle();
  EXPECT_TRUE(read->done());
  EXPECT_EQ(read->phrase, nullptr);
}

}  // namespace
}  // namespace parley::backend
