// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace parley::graph {
namespace {

// What goes through the pipe: a record is its kind, a byte, the length of its text, and the text.
enum class Record : std::uint8_t { line, done, failed };

struct RecordHead {
  Record record = Record::line;
  ErrorCode code = ErrorCode::internal;
  std::uint32_t size = 0;
};

void write_all(int pipe, const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(pipe, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads any more
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void write_record(int pipe, Record record, ErrorCode code, std::string_view text) {
  const RecordHead head{record, code, static_cast<std::uint32_t>(text.size())};
  write_all(pipe, &head, sizeof(head));
  write_all(pipe, text.data(), text.size());
}

/// A crash is to look like one: no handlers of ours, and no core file for a plugin's mistake.
void become_expendable() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGPIPE}) {
    ::signal(signal, SIG_DFL);
  }
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::setpgid(0, 0);
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

[[noreturn]] void run_child(int pipe, const std::function<Status(const ChildSay&)>& body) {
  become_expendable();
  Status status;
  try {
    status = body([pipe](std::string_view line) { write_record(pipe, Record::line, {}, line); });
  } catch (const std::exception& thrown) {
    status = Error{.code = ErrorCode::internal, .message = std::string("threw: ") + thrown.what()};
  } catch (...) {
    status = Error{.code = ErrorCode::internal, .message = "threw something"};
  }
  if (status) {
    write_record(pipe, Record::done, {}, {});
  } else {
    write_record(pipe, Record::failed, status.error().code, status.error().message);
  }
  ::_exit(0);
}

/// The parent's end of the pipe, read until the child's last word.
class Reader {
 public:
  Reader(int pipe, ChildReport& report) : pipe_(pipe), report_(report) {}

  enum class End : std::uint8_t { answered, closed, late, too_much };

  End read_until(Instant deadline) {
    const SteadyClock clock;
    while (true) {
      const Nanos left = deadline - clock.now();
      if (left <= Nanos(0)) return End::late;
      pollfd wanted{.fd = pipe_, .events = POLLIN, .revents = 0};
      const auto left_ms = std::chrono::ceil<Millis>(left).count();
      const int ready =
          ::poll(&wanted, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 60'000)));
      if (ready <= 0) continue;  // time, or a signal
      std::array<char, 4096> block;
      const ssize_t size = ::read(pipe_, block.data(), block.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return End::closed;
      bytes_.append(block.data(), static_cast<std::size_t>(size));
      taken_ += static_cast<std::size_t>(size);
      if (taken_ > kChildReportBytesMax) return End::too_much;
      if (take_records()) return End::answered;
    }
  }

 private:
  /// True after the last one.
  bool take_records() {
    RecordHead head;
    while (bytes_.size() >= sizeof(head)) {
      std::memcpy(&head, bytes_.data(), sizeof(head));
      if (bytes_.size() - sizeof(head) < head.size) return false;
      std::string text = bytes_.substr(sizeof(head), head.size);
      bytes_.erase(0, sizeof(head) + head.size);
      if (head.record == Record::done) return true;
      if (head.record == Record::failed) {
        report_.status = Error{.code = head.code, .message = std::move(text)};
        return true;
      }
      report_.lines.push_back(std::move(text));
    }
    return false;
  }

  int pipe_;
  ChildReport& report_;
  std::string bytes_;
  std::size_t taken_ = 0;
};

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name;
}

/// Why the pipe closed before the last word.
Error death_of(int wait_status) {
  Error error;
  if (WIFSIGNALED(wait_status)) {
    error.message = "crashed (" + signal_name(WTERMSIG(wait_status)) + ")";
  } else {
    error.message = "called exit(" + std::to_string(WEXITSTATUS(wait_status)) + ")";
  }
  return error;
}

Error no_process(std::string_view what) {
  return {.code = ErrorCode::resource_exhausted,
          .message = std::string("cannot make a child process: ") + std::string(what) + ": " +
                     std::generic_category().message(errno)};
}

}  // namespace

ChildReport run_in_child(const std::function<Status(const ChildSay& say)>& body, Millis timeout) {
  ChildReport report;
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    report.status = no_process("pipe2");
    return report;
  }
  (void)std::fflush(nullptr);  // or the child writes it again when foreign code calls exit
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    run_child(pipe[1], body);
  }
  ::close(pipe[1]);
  if (child < 0) {
    report.status = no_process("fork");
    ::close(pipe[0]);
    return report;
  }
  const Reader::End end = Reader(pipe[0], report).read_until(SteadyClock().now() + timeout);
  ::close(pipe[0]);
  // Whatever it still does, it ends here, with its children; how it died already does not change.
  (void)::kill(-child, SIGKILL);
  (void)::kill(child, SIGKILL);
  int wait_status = 0;
  while (::waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
  }
  report.has_died = end != Reader::End::answered;
  if (end == Reader::End::closed) report.status = death_of(wait_status);
  if (end == Reader::End::late) {
    report.status =
        Error{.code = ErrorCode::deadline_exceeded,
              .message = "did not end within " + std::to_string(timeout.count()) + " ms"};
  }
  if (end == Reader::End::too_much) {
    report.status =
        Error{.code = ErrorCode::resource_exhausted, .message = "said too much and was ended"};
  }
  return report;
}

}  // namespace parley::graph
