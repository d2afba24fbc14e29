// SPDX-License-Identifier: Apache-2.0
//
// Synthesize and SynthesizeOnline as Riva's clients know them (proto/riva/riva_tts.proto).
//
// Threads: as a GrpcTalk.
#pragma once

#include <string_view>

#include "protocol/speech/riva_proto.h"
#include "server/speech/grpc_talk.h"

namespace parley::server {

class RivaTalk final : public GrpcTalk {
 public:
  using GrpcTalk::GrpcTalk;

 private:
  void hear(std::string_view bytes) override;
  void end() override;

  bool is_asked_ = false;
};

/// Each request is a text of its own; the settings of the first one count for all.
class RivaOnlineTalk final : public GrpcTalk {
 public:
  using GrpcTalk::GrpcTalk;

 private:
  void hear(std::string_view bytes) override;
  void end() override;
  bool begin(const protocol::RivaOrder& order);

  std::uint64_t texts_ = 0;
  bool is_asked_ = false;
};

}  // namespace parley::server
