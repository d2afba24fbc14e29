// SPDX-License-Identifier: Apache-2.0
#include "service/speech/speech_stream.h"

#include <utility>

#include "base/trace.h"
#include "service/speech/speech_core.h"

namespace parley::service {

SpeechStream::SpeechStream(std::unique_ptr<Core> core) : core_(std::move(core)) {}

SpeechStream::~SpeechStream() = default;

AppendResult SpeechStream::append(std::string text) {
  PARLEY_HOP();
  return core_->append(std::move(text));
}

void SpeechStream::flush(std::uint64_t id) { core_->flush(id); }

void SpeechStream::finish() { core_->finish(); }

void SpeechStream::cancel() { core_->cancel(); }

void SpeechStream::resume() { core_->resume(); }

}  // namespace parley::service
