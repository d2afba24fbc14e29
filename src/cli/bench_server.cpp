// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_server.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace parley::cli {
namespace {

constexpr std::string_view kListening = "parley listening on ";

Error failed(const char* what) {
  return {ErrorCode::unavailable, std::string("starting a server: ") + what + ": " +
                                      std::generic_category().message(errno)};
}

/// In the child: only calls that are safe between fork and exec.
[[noreturn]] void become_server(const char* program, char* const* arguments, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a bench that dies leaves no server behind
  ::dup2(output, STDOUT_FILENO);
  ::execv(program, arguments);
  ::_exit(127);
}

}  // namespace

Result<BenchServer> BenchServer::start(const std::string& program,
                                       const std::vector<std::string>& arguments, Millis patience) {
  // What benches say is not worth keeping, and what was kept would be measured instead of what is
  // made; whoever measures that says where.
  std::vector<std::string> words{program, "serve",       "--port", "0",
                                 "--set", "store.path=", "--set",  "tts.cache.use=off"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe");
  const pid_t pid = ::fork();
  if (pid == 0) become_server(program.c_str(), pointers.data(), ends[1]);
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return failed("fork");
  }
  BenchServer server(pid, ends[0]);
  PARLEY_TRY_STATUS(server.wait_until_listening(patience));
  return server;
}

BenchServer::BenchServer(BenchServer&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      port_(other.port_) {}

BenchServer::~BenchServer() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (output_ >= 0) ::close(output_);
}

Status BenchServer::wait_until_listening(Millis patience) {
  const SteadyClock clock;
  const Instant deadline = clock.now() + patience;
  std::string said;
  while (said.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<Millis>(deadline - clock.now()).count();
    pollfd entry{.fd = output_, .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) == 0) {
      return Error{ErrorCode::unavailable, "the server that was started says nothing"};
    }
    std::array<char, 256> chunk{};
    const ssize_t got = ::read(output_, chunk.data(), chunk.size());
    if (got == 0) {
      return Error{ErrorCode::unavailable, "the server that was started has ended (see above)"};
    }
    if (got > 0) said.append(chunk.data(), static_cast<std::size_t>(got));
  }
  const std::size_t colon = said.rfind(':');
  const int port = colon == std::string::npos ? 0 : std::atoi(said.c_str() + colon + 1);
  if (!said.starts_with(kListening) || port <= 0 || port > 65'535) {
    return Error{ErrorCode::unavailable, "the server that was started said: " + said};
  }
  port_ = static_cast<std::uint16_t>(port);
  return {};
}

std::string own_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

Result<std::uint64_t> resident_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return Error{ErrorCode::not_found, "there is no process " + std::to_string(pid)};
}

}  // namespace parley::cli
