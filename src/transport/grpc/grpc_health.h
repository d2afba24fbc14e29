// SPDX-License-Identifier: Apache-2.0
//
// gRPC's health checking protocol (grpc.health.v1), one state for the server and all its services.
// Ours instead of gRPC's own, which says SERVING from the start, and which reflection cannot
// describe.
//
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transport/grpc/grpc_call.h"

namespace parley::transport {

class GrpcHealth final : public GrpcHandler {
 public:
  /// `services`: the names that may be asked about.
  explicit GrpcHealth(std::vector<std::string> services);
  ~GrpcHealth() override;

  [[nodiscard]] GrpcService service();
  void set_serving(bool is_serving);
  /// Who watches is told that it is over.
  void stop();

  GrpcDecision on_call(const GrpcRequest& request) override;

 private:
  class Check;
  class Watch;
  [[nodiscard]] bool knows(const std::string& service) const;
  [[nodiscard]] bool is_serving() const;
  void add(const std::shared_ptr<GrpcCall>& watcher, bool is_known);
  void remove(const std::shared_ptr<GrpcCall>& watcher);

  const std::vector<std::string> services_;
  mutable std::mutex mutex_;
  bool is_serving_ = false;  // GUARDED_BY(mutex_)
  bool is_stopped_ = false;  // GUARDED_BY(mutex_)
  std::vector<std::shared_ptr<GrpcCall>>
      watchers_;  // GUARDED_BY(mutex_): shared with their streams
};

}  // namespace parley::transport
