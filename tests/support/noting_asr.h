// SPDX-License-Identifier: Apache-2.0
//
// A recogniser that notes which hot words it is told, for tests of those who tell it.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "model/asr_model.h"

namespace parley::test {

class NotingAsr final : public model::AsrHost {
 public:
  /// What was noted; shared with the test, which may outlive the recogniser.
  struct Notes {
    std::mutex mutex;
    std::vector<std::string> hot_words;  // GUARDED_BY(mutex): of the last call
  };

  /// Hears as `host` does, which outlives it.
  NotingAsr(model::AsrHost& host, std::shared_ptr<Notes> notes)
      : host_(host), notes_(std::move(notes)) {}

  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    {
      const std::lock_guard lock(notes_->mutex);
      notes_->hot_words =
          call->hints == nullptr ? std::vector<std::string>() : call->hints->hot_words;
    }
    return host_.submit(std::move(call));
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return host_.samples_max(); }

 private:
  model::AsrHost& host_;
  const std::shared_ptr<Notes> notes_;
};

/// The hot words of the last call of a server whose recognition hears by a NotingAsr.
class HotWordNotes {
 public:
  /// As SpeechServer::wrap_asr.
  [[nodiscard]] auto wrap() const {
    return [notes = notes_](model::AsrHost& host) -> std::unique_ptr<model::AsrHost> {
      return std::make_unique<NotingAsr>(host, notes);
    };
  }
  [[nodiscard]] std::vector<std::string> last() const {
    const std::lock_guard lock(notes_->mutex);
    return notes_->hot_words;
  }

 private:
  const std::shared_ptr<NotingAsr::Notes> notes_ = std::make_shared<NotingAsr::Notes>();
};

}  // namespace parley::test
