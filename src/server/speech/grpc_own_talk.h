// SPDX-License-Identifier: Apache-2.0
//
// Synthesize and SynthesizeStream of our own service (proto/parley/speech/v1/speech.proto).
//
// Threads: as a GrpcTalk.
#pragma once

#include <string_view>

#include "server/speech/grpc_talk.h"

namespace parley::server {

class SynthesizeTalk final : public GrpcTalk {
 public:
  using GrpcTalk::GrpcTalk;

 private:
  void hear(std::string_view bytes) override;
  void end() override;

  bool is_asked_ = false;
};

class SynthesizeStreamTalk final : public GrpcTalk {
 public:
  using GrpcTalk::GrpcTalk;

 private:
  void hear(std::string_view bytes) override;
  void end() override;
  void handle(const protocol::Speak& speak);

  bool is_configured_ = false;
};

}  // namespace parley::server
