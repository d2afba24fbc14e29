// SPDX-License-Identifier: Apache-2.0
//
// A client for tests of gRPC: one call at a time, in bytes, blocking. It is gRPC's own client
// below, so the server is not tested with itself. Calls give up after kPatienceSeconds.
//
// Threads: one owner.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/sync_stream.h>

#include "tests/support/socket_client.h"

namespace parley::test {

/// A connection of its own, not shared with other channels to the same port.
inline std::shared_ptr<grpc::Channel> grpc_channel(
    std::uint16_t port, const std::shared_ptr<grpc::ChannelCredentials>& credentials =
                            grpc::InsecureChannelCredentials()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), credentials, arguments);
}

class GrpcClientCall {
 public:
  GrpcClientCall(std::shared_ptr<grpc::Channel> channel, const std::string& path,
                 const Headers& metadata = {},
                 std::chrono::milliseconds limit = std::chrono::seconds(kPatienceSeconds))
      : channel_(std::move(channel)),
        path_(path),
        method_(path_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING) {
    for (const auto& [name, value] : metadata) context_.AddMetadata(name, value);
    context_.set_deadline(std::chrono::system_clock::now() + limit);
    stream_.reset(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
            channel_.get(), method_, &context_));
  }
  ~GrpcClientCall() {
    if (!is_finished_) {
      context_.TryCancel();
      finish();
    }
  }
  GrpcClientCall(const GrpcClientCall&) = delete;
  GrpcClientCall& operator=(const GrpcClientCall&) = delete;

  /// False when the call is over.
  bool write(std::string_view message) {
    const grpc::Slice slice(message.data(), message.size());
    return stream_->Write(grpc::ByteBuffer(&slice, 1));
  }
  void writes_done() { stream_->WritesDone(); }
  /// Nothing when the call is over.
  std::optional<std::string> read() {
    grpc::ByteBuffer buffer;
    if (!stream_->Read(&buffer)) return std::nullopt;
    grpc::Slice slice;
    if (!buffer.DumpToSingleSlice(&slice).ok()) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  void cancel() { context_.TryCancel(); }
  /// After reading to the end, unless it was cancelled.
  grpc::Status finish() {
    is_finished_ = true;
    return stream_->Finish();
  }
  /// Of the status; empty: there is none.
  std::string trailer(const std::string& name) {
    return one_of(context_.GetServerTrailingMetadata(), name);
  }
  /// Of what comes before the first message, likewise. After finish().
  std::string header(const std::string& name) {
    return one_of(context_.GetServerInitialMetadata(), name);
  }

 private:
  static std::string one_of(const std::multimap<grpc::string_ref, grpc::string_ref>& fields,
                            const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  const std::shared_ptr<grpc::Channel> channel_;  // shared by calls
  const std::string path_;
  const grpc::internal::RpcMethod method_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
  bool is_finished_ = false;
};

struct GrpcAnswer {
  grpc::Status status;
  std::string message;  // the last one
};

/// A unary call.
inline GrpcAnswer grpc_ask(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                           std::string_view request, const Headers& metadata = {}) {
  GrpcClientCall call(channel, path, metadata);
  call.write(request);
  call.writes_done();
  GrpcAnswer answer;
  while (auto message = call.read()) answer.message = std::move(*message);
  answer.status = call.finish();
  return answer;
}

}  // namespace parley::test
