// SPDX-License-Identifier: Apache-2.0
#include "server/speech/grpc_speech_sink.h"

#include <algorithm>
#include <utility>

#include "server/speech/grpc_status.h"

namespace parley::server {

using service::SpeechFlow;

SpeechFlow GrpcSpeechSink::send(std::string message) {
  const bool has_room = call_->send(std::move(message)) == transport::SendResult::sent;
  return has_room ? SpeechFlow::more : SpeechFlow::wait;
}

std::vector<media::WordTime> GrpcSpeechSink::from(media::MediaTime begin,
                                                  std::vector<media::WordTime> times) {
  for (media::WordTime& one : times) {
    one.begin += begin;
    one.end += begin;
  }
  return times;
}

void GrpcSpeechSink::on_finished(const Status& status, const service::SpeechTotals& totals,
                                 std::string rest) {
  if (!status) {
    // Who did not read its audio would not read a status behind it either.
    if (status.error().code == ErrorCode::deadline_exceeded) return call_->abort();
    return call_->finish(grpc_status(status.error(), std::max(totals.retry_seconds, 1)));
  }
  on_spoken(totals, std::move(rest));
  const bool is_all = !is_cut_short_.load(std::memory_order_acquire);
  call_->finish(is_all ? transport::GrpcStatus{} : grpc_unavailable("shutting down"));
}

}  // namespace parley::server
