// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a frame of the socket between a worker and a LiveKit server: a message or an error,
// and what was taken keeps its limits and comes back the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include <google/protobuf/stubs/logging.h>

#include "protocol/room/worker_proto.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

// Its complaints about strings would fill the log.
const auto kBefore = google::protobuf::SetLogHandler(nullptr);

void require(bool condition) {
  if (!condition) std::abort();
}

void require_limits(const Job& job) {
  require(!job.id.empty() && job.id.size() <= kJobNameBytesMax);
  require(!job.room.empty() && job.room.size() <= kJobNameBytesMax);
  require(job.participant.size() <= kJobNameBytesMax);
  require(job.metadata.size() <= kJobMetadataBytesMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto from_server = parse_server_message(bytes);
  if (const auto* message = std::get_if<ServerMessage>(&from_server)) {
    if (const auto* offer = std::get_if<JobOffer>(message)) {
      require(!offer->job.id.empty());
      if (offer->trouble.empty()) require_limits(offer->job);
    } else if (const auto* assigned = std::get_if<JobAssigned>(message)) {
      require_limits(assigned->job);
    }
    const auto again = parse_server_message(to_proto(*message));
    require(std::get<ServerMessage>(again).index() == message->index());
  } else {
    require(!std::get<ProtocolError>(from_server).message.empty());
  }
  const auto from_worker = parse_worker_message(bytes);
  if (const auto* message = std::get_if<WorkerMessage>(&from_worker)) {
    const auto again = parse_worker_message(to_proto(*message));
    require(std::get<WorkerMessage>(again).index() == message->index());
  } else {
    require(!std::get<ProtocolError>(from_worker).message.empty());
  }
  return 0;
}
