// SPDX-License-Identifier: Apache-2.0
#include "server/speech/grpc_status.h"

#include <string>

#include "server/speech/speech_framing.h"

namespace parley::server {

using transport::GrpcCode;
using transport::GrpcStatus;

namespace {

constexpr std::int64_t kUnavailableRetrySeconds = 5;

GrpcCode code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::data_corrupt:
      return GrpcCode::invalid_argument;
    case ErrorCode::not_found:
      return GrpcCode::not_found;
    case ErrorCode::already_exists:
      return GrpcCode::already_exists;
    case ErrorCode::failed_precondition:
      return GrpcCode::failed_precondition;
    case ErrorCode::resource_exhausted:
      return GrpcCode::resource_exhausted;
    case ErrorCode::cancelled:
      return GrpcCode::cancelled;
    case ErrorCode::deadline_exceeded:
      return GrpcCode::deadline_exceeded;
    case ErrorCode::unavailable:
      return GrpcCode::unavailable;
    case ErrorCode::permission_denied:
      return GrpcCode::permission_denied;
    case ErrorCode::internal:
      break;
  }
  return GrpcCode::internal;
}

GrpcStatus status(GrpcCode code, std::string message, const std::string& field,
                  std::int64_t retry_seconds) {
  GrpcStatus status{code, std::move(message), {}};
  if (!field.empty()) status.trailers.emplace_back("field", field);
  if (retry_seconds > 0) status.trailers.emplace_back("retry-after", std::to_string(retry_seconds));
  return status;
}

}  // namespace

GrpcStatus grpc_status(const Error& error, std::int64_t retry_seconds) {
  const bool is_temporary =
      error.code == ErrorCode::resource_exhausted || error.code == ErrorCode::unavailable;
  return status(code_of(error.code), error.message, std::string(field_of(error)),
                is_temporary ? retry_seconds : 0);
}

GrpcStatus grpc_status(const protocol::ProtocolError& error) {
  return status(GrpcCode::invalid_argument, error.message, error.param.value_or(""), 0);
}

GrpcStatus grpc_status(const KeyAccount::Refusal& refusal) {
  return status(GrpcCode::resource_exhausted, refusal.message, "", refusal.retry_seconds);
}

GrpcStatus grpc_unavailable(std::string_view why) {
  return status(GrpcCode::unavailable, "The server is " + std::string(why) + ": try again later.",
                "", kUnavailableRetrySeconds);
}

}  // namespace parley::server
