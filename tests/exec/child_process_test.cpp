// SPDX-License-Identifier: Apache-2.0
#include "exec/child_process.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace parley::exec {
namespace {

constexpr Nanos kLong = std::chrono::seconds(20);

struct ChildProcessTest : testing::Test {
  SteadyClock clock;
  Instant later() const { return clock.now() + kLong; }
  static Result<ChildProcess> shell(const std::string& script) {
    return ChildProcess::start("/bin/sh", {"-c", script});
  }
  std::string read_all(ChildProcess& child) {
    std::string all;
    while (child.read_some(all, clock, later())) {
    }
    return all;
  }
};

TEST_F(ChildProcessTest, TalksOverItsInputAndOutput) {
  auto child = shell("cat");
  ASSERT_TRUE(child) << child.error().message;
  ASSERT_TRUE(child->write_all("hello", clock, later()));
  std::string heard;
  while (heard.size() < 5) ASSERT_TRUE(child->read_some(heard, clock, later()));
  EXPECT_EQ(heard, "hello");
}

TEST_F(ChildProcessTest, TakesMoreThanAPipeHolds) {
  auto child = shell("cat >/dev/null; echo done");
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->write_all(std::string(1U << 20U, 'x'), clock, later()));
}

TEST_F(ChildProcessTest, SaysHowItEndedAndLeavesNoZombie) {
  auto ended = shell("exit 3");
  ASSERT_TRUE(ended);
  EXPECT_EQ(read_all(*ended), "");
  EXPECT_EQ(ended->stop(), "exit status 3");

  auto running = shell("cat");
  ASSERT_TRUE(running);
  EXPECT_EQ(running->stop(), "signal 9");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(ChildProcessTest, GivesUpAtTheDeadline) {
  auto child = shell("cat");
  ASSERT_TRUE(child);
  std::string heard;
  const Status status = child->read_some(heard, clock, clock.now());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::deadline_exceeded);
}

TEST_F(ChildProcessTest, WritingToADeadOneIsAnErrorNotASignal) {
  auto child = shell("exit 0");
  ASSERT_TRUE(child);
  read_all(*child);
  const Status status = child->write_all("x", clock, later());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::unavailable);
}

TEST_F(ChildProcessTest, InheritsNothingOfOtherChildrenAndNoBlockedSignal) {
  constexpr const char* kReport = "ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status";
  auto first = shell(kReport);
  ASSERT_TRUE(first);
  const std::string alone = read_all(*first);
  auto other = shell("cat");
  const int left_open = ::dup(STDERR_FILENO);  // without close-on-exec
  auto second = shell(kReport);
  ::close(left_open);
  ASSERT_TRUE(other && second);
  EXPECT_EQ(read_all(*second), alone);
  EXPECT_NE(alone.find("0000000000000000"), std::string::npos) << alone;
}

TEST_F(ChildProcessTest, ReadsAFileThatItIsGiven) {
  const int file = ::memfd_create("test", MFD_CLOEXEC);
  ASSERT_EQ(::write(file, "hello", 5), 5);
  auto child = ChildProcess::start("/bin/sh", {"-c", "cat; cat /proc/self/fd/0"}, file);
  ::close(file);
  ASSERT_TRUE(child);
  EXPECT_EQ(read_all(*child), "hello") << "from where it is: the end; opened again: all of it";
}

TEST_F(ChildProcessTest, ItsErrorsGoWhereTheyAreWanted) {
  std::array<int, 2> pipe{-1, -1};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  auto child = ChildProcess::start("/bin/sh", {"-c", "echo out; echo err >&2"}, -1, pipe[1]);
  ::close(pipe[1]);
  ASSERT_TRUE(child);
  EXPECT_EQ(read_all(*child), "out\n");
  std::array<char, 16> errors{};
  EXPECT_EQ(::read(pipe[0], errors.data(), errors.size()), 4);
  EXPECT_STREQ(errors.data(), "err\n");
  ::close(pipe[0]);
}

TEST_F(ChildProcessTest, NamesAProgramThatIsNotThere) {
  const auto child = ChildProcess::start("/nowhere/program", {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace parley::exec
