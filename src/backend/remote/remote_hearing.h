// SPDX-License-Identifier: Apache-2.0
//
// One utterance on its way to a recogniser elsewhere and back, whatever it travels by: cancel,
// asking once more, and the answer's way into the call. An utterance that is heard twice does no
// harm, so that one that was lost is sent once more; what was refused is not.
//
// Threads: the client's I/O thread, apart from `on_cancel`.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "backend/remote/heard_answer.h"
#include "base/clock.h"
#include "model/asr_model.h"

namespace parley::backend {

class RemoteHearing : public model::CancelHook, public std::enable_shared_from_this<RemoteHearing> {
 public:
  using OnDone = std::function<void(RemoteHearing& hearing, const Status& status)>;
  /// Runs on the I/O thread.
  using Post = std::function<void(std::function<void()>)>;

  /// `on_done` is called once.
  RemoteHearing(std::shared_ptr<model::AsrCall> call, Post post, OnDone on_done)
      : call_(std::move(call)), post_(std::move(post)), on_done_(std::move(on_done)) {}

  void begin();
  /// From outside: the host goes away. After the I/O thread has ended.
  void fail(Error error) { end(std::move(error)); }

 protected:
  /// Sends the utterance; once more when it was lost.
  virtual void ask() = 0;
  /// Closes what `ask` has opened: nothing that still comes matters.
  virtual void hang_up() = 0;
  /// Forgets it: each holds the other.
  virtual void let_go() = 0;

  [[nodiscard]] const model::AsrCall& call() const noexcept { return *call_; }
  [[nodiscard]] media::MediaTime length() const noexcept;
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  void succeed(HeardAnswer answer);
  /// Asks once more where that may help.
  void lose(Error error);
  void end(Status status);

 private:
  void on_cancel(model::Call& call) noexcept override;

  const std::shared_ptr<model::AsrCall> call_;  // shared with its caller, who may end first
  const Post post_;
  const OnDone on_done_;
  bool was_asked_again_ = false;
  bool is_over_ = false;
};

}  // namespace parley::backend
