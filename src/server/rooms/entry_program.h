// SPDX-License-Identifier: Apache-2.0
//
// A program of another process, in whatever language, that does the jobs of this worker: what its
// entry points are told and what they want goes over a socket that it made when it started us, line
// by line. Here it is an EntryPoint like any other.
//
//   PARLEY_TRY(auto program, EntryProgram::adopt(descriptor, [] { … }));
//   Rooms::make(config, engine, metrics, true, program->entry_point());
//
// A program that goes away takes its jobs with it: they fail, and their agents leave.
//
// Threads: any; construction and destruction one owner.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/room/entry_command.h"
#include "service/dispatch/entry_point.h"
#include "transport/lines/line_socket.h"

namespace parley::server {

class EntryProgram final : private transport::LineListener {
 public:
  /// `gone` is called once, on a thread of the socket, if the program goes away before `close`.
  /// Errors: those of LineSocket.
  static Result<std::unique_ptr<EntryProgram>> adopt(int descriptor, std::function<void()> gone);
  ~EntryProgram() override;
  EntryProgram(const EntryProgram&) = delete;
  EntryProgram& operator=(const EntryProgram&) = delete;

  /// It outlives whoever has it. Its prewarm waits for the program's.
  [[nodiscard]] service::EntryPoint entry_point();
  /// No entry point waits any more: the worker ends. Idempotent.
  void close();
  /// Why the program has gone.
  [[nodiscard]] std::optional<Error> trouble() const;

 private:
  /// One job, while its entry point runs over there.
  struct Running {
    service::EntryJob& job;
    std::optional<Status> outcome = {};
  };

  explicit EntryProgram(std::function<void()> gone) : gone_(std::move(gone)) {}
  void on_line(std::string_view line) override;
  void on_end(const Error& why) override;

  Status prewarm();
  Status run(service::EntryJob& job);
  void follow(protocol::EntryCommand command);                    // with the lock
  void follow(Running& running, protocol::EntryCommand command);  // with the lock
  void dismiss_all(const Error& why);                             // with the lock
  void lose(Error why);

  const std::function<void()> gone_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Status> prewarmed_;                // GUARDED_BY(mutex_) as all below
  std::map<std::string, Running*> running_;        // by the job's id; on the stacks of `run`
  std::optional<Error> over_;                      // nothing is asked of it any more: why
  bool is_lost_ = false;                           // by no doing of ours
  std::unique_ptr<transport::LineSocket> socket_;  // made once; last: its thread uses the others
};

}  // namespace parley::server
