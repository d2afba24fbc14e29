// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/recognition_stream.h"

#include <utility>

#include "base/trace.h"
#include "service/recognition/recognition_core.h"

namespace parley::service {

RecognitionStream::RecognitionStream(std::unique_ptr<Core> core) : core_(std::move(core)) {}

RecognitionStream::~RecognitionStream() = default;

AppendResult RecognitionStream::append(media::BufferRef bytes) {
  PARLEY_HOP();
  return core_->append(std::move(bytes));
}

void RecognitionStream::flush(std::uint64_t id) { core_->flush(id); }

void RecognitionStream::finish() { core_->finish(); }

void RecognitionStream::cancel() { core_->cancel(); }

}  // namespace parley::service
