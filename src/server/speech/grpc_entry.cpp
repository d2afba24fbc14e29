// SPDX-License-Identifier: Apache-2.0
#include "server/speech/grpc_entry.h"

#include <utility>

#include "server/speech/grpc_status.h"

namespace parley::server {

using transport::Flow;
using transport::GrpcCall;
using transport::GrpcCode;
using transport::GrpcStatus;

namespace {

class AnswerSink final : public transport::GrpcSink {
 public:
  explicit AnswerSink(GrpcAnswer answer) : answer_(std::move(answer)) {}
  void on_open(std::shared_ptr<GrpcCall> call) override { call_ = std::move(call); }
  Flow on_message(std::string_view bytes) override {
    auto answer = answer_(bytes);
    if (auto* message = std::get_if<std::string>(&answer)) {
      call_->send(std::move(*message));
      call_->finish({});
    } else {
      call_->finish(grpc_status(std::get<protocol::ProtocolError>(answer)));
    }
    return Flow::wait;
  }
  void on_end_of_messages() override {
    call_->finish({GrpcCode::invalid_argument, "No request came.", {}});
  }
  void on_close(transport::GrpcEnd /*end*/) override {}

 private:
  const GrpcAnswer answer_;
  std::shared_ptr<GrpcCall> call_;  // shared with its stream
};

/// As the keys know requests.
transport::HttpRequest http_request(const transport::GrpcRequest& request) {
  transport::HttpRequest http;
  for (const auto& [name, value] : request.metadata) {
    http.headers.emplace_back(name == "x-api-key" ? "api-key" : name, value);
  }
  http.remote = request.remote;
  return http;
}

}  // namespace

std::variant<GrpcVisitor, GrpcStatus> grpc_visitor(const ApiKeys& keys, AddressLimits& addresses,
                                                   const transport::GrpcRequest& request) {
  if (const auto refused = addresses.take(request.remote)) return grpc_status(*refused);
  const transport::HttpRequest http = http_request(request);
  GrpcVisitor visitor{.key = keys.find(http), .owner = keys.owner_of(http), .id = request.id};
  if (!keys.is_open() && !visitor.key) {
    return GrpcStatus{
        GrpcCode::unauthenticated, "This needs a key, as metadata: authorization: Bearer KEY.", {}};
  }
  return visitor;
}

std::variant<GrpcEntry, GrpcStatus> grpc_enter(const KeyAccounts& accounts,
                                               const GrpcVisitor& visitor) {
  GrpcEntry entered;
  entered.index = visitor.key ? KeyAccounts::of_key(*visitor.key) : KeyAccounts::kEverybody;
  entered.account = accounts.at(entered.index);
  KeyAccount::Entry entry = KeyAccount::enter(entered.account);
  if (entry.refused) return grpc_status(*entry.refused);
  if (const auto refused = entered.account->take_request()) return grpc_status(*refused);
  entered.allowance = std::move(entry.allowance);
  return entered;
}

std::unique_ptr<transport::GrpcSink> grpc_answer(GrpcAnswer answer) {
  return std::make_unique<AnswerSink>(std::move(answer));
}

}  // namespace parley::server
