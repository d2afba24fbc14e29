// SPDX-License-Identifier: Apache-2.0
//
// A registry with the whole box, on models that are not loaded, a card that is none, and a disk
// that works when it is told to.
#pragma once

#include <string_view>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "graph/registry.h"
#include "media/buffer_pool.h"
#include "model/unloaded_hosts.h"
#include "operators/audio/echo_references.h"
#include "operators/flow/print_operator.h"
#include "operators/register_all.h"
#include "tests/operators/device/fake_card.h"

namespace parley::test {

class BoxFixture : public ::testing::Test {
 protected:
  BoxFixture() {
    operators::register_all_operators(registry, {.buffers = buffers,
                                                 .lines = &lines,
                                                 .vad = &vad,
                                                 .asr = &asr,
                                                 .llm = &llm,
                                                 .tts = &tts,
                                                 .tensors = &tensors,
                                                 .disk = &disk.executor,
                                                 .card = &card,
                                                 .echo_references = &echo_references});
  }

  class Nowhere final : public operators::LineWriter {
    void write(std::string_view /*line*/) override {}
  };
  media::BufferPool buffers;
  Nowhere lines;
  model::UnloadedVadHost vad;
  model::UnloadedAsrHost asr;
  model::UnloadedLlmHost llm;
  model::UnloadedTtsHost tts;
  model::UnloadedTensorHosts tensors;
  exec::ManualRuntime disk;
  FakeCard card;
  operators::EchoReferences echo_references;
  graph::Registry registry;
};

}  // namespace parley::test
