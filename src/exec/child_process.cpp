// SPDX-License-Identifier: Apache-2.0
#include "exec/child_process.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace parley::exec {
namespace {

constexpr std::size_t kReadBytes = 16'384;

std::string describe(int error) { return std::system_category().message(error); }

Error gone(int error) {
  return {ErrorCode::unavailable,
          error == 0 ? std::string("the program has ended") : describe(error)};
}

// What posix_spawn wants to know, freed at the end.
class SpawnPlan {
 public:
  SpawnPlan(int input, int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    if (errors < 0) {
      posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    }

    // Libraries open sockets without close-on-exec: in a child they would stay open when we are
    // gone.
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);

    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int spawn(pid_t& pid, const std::string& program, std::vector<char*>& arguments) {
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

std::string program_beside(const std::string& name) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
}

Result<ChildProcess> ChildProcess::start(const std::string& program,
                                         const std::vector<std::string>& arguments, int input,
                                         int errors) {
  std::array<int, 2> sockets{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    return Error{ErrorCode::unavailable, program + ": socketpair: " + describe(errno)};
  }
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  pid_t pid = -1;
  const int failure =
      SpawnPlan(input < 0 ? sockets[1] : input, sockets[1], errors).spawn(pid, program, pointers);
  ::close(sockets[1]);
  if (failure != 0) {
    ::close(sockets[0]);
    return Error{failure == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
                 program + ": cannot be started: " + describe(failure)};
  }
  return ChildProcess(pid, sockets[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), socket_(std::exchange(other.socket_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  stop();
  pid_ = std::exchange(other.pid_, -1);
  socket_ = std::exchange(other.socket_, -1);
  return *this;
}

ChildProcess::~ChildProcess() { stop(); }

std::string ChildProcess::stop() noexcept {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (pid_ < 0) return "not running";
  const pid_t pid = std::exchange(pid_, -1);
  // One that has ended by itself keeps its own end: a zombie cannot be killed again.
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return "unknown";
  }
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit status " + std::to_string(WEXITSTATUS(status));
}

Status ChildProcess::wait_for(short events, const Clock& clock, Instant deadline) const {
  pollfd entry{socket_, events, 0};
  while (true) {
    const auto left = std::chrono::ceil<Millis>(deadline - clock.now()).count();
    if (left <= 0) return Error{ErrorCode::deadline_exceeded, "no answer in time"};
    const int ready = ::poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return gone(errno);
  }
}

Status ChildProcess::write_all(std::string_view bytes, const Clock& clock, Instant deadline) {
  while (!bytes.empty()) {
    PARLEY_TRY_STATUS(wait_for(POLLOUT, clock, deadline));
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EINTR && errno != EAGAIN) return gone(errno);
  }
  return {};
}

Status ChildProcess::read_some(std::string& to, const Clock& clock, Instant deadline) {
  std::array<char, kReadBytes> buffer;
  while (true) {
    PARLEY_TRY_STATUS(wait_for(POLLIN, clock, deadline));
    const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) {
      to.append(buffer.data(), static_cast<std::size_t>(count));
      return {};
    }
    if (count == 0) return gone(0);
    if (errno != EINTR && errno != EAGAIN) return gone(errno);
  }
}

}  // namespace parley::exec
