// SPDX-License-Identifier: Apache-2.0
#include "cli/graph_models.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/portaudio_card.h"
#include "exec/thread_executor.h"
#include "model/model_host.h"
#include "model/tensor_hosts.h"
#include "operators/audio/echo_references.h"
#include "server/models.h"

namespace parley::cli {
namespace {

/// Calls that wait: a graph has few operators, each with few calls in flight.
constexpr std::size_t kQueueMax = 256;

/// Every kind that the file names, spares included.
std::set<std::string> kinds_of(const graph::GraphFile& file) {
  std::set<std::string> kinds;
  for (const graph::GraphFile::Node& node : file.nodes) {
    kinds.insert(node.kind.name);
    kinds.insert(node.spare.name);
  }
  return kinds;
}

}  // namespace

// In the order of use: what is below uses what is above, and goes first.
struct GraphModels::Parts {
  explicit Parts(Surroundings given) : around(given) {}

  [[nodiscard]] exec::Executor& executor(const char* name) {
    if (around.executor != nullptr) return *around.executor;
    threads.push_back(std::make_unique<exec::ThreadExecutor>(std::string("parley-") + name));
    return *threads.back();
  }

  const Surroundings around;
  media::BufferPool buffers;
  std::vector<std::unique_ptr<exec::ThreadExecutor>> threads;
  std::unique_ptr<model::VadModel> vad_model;
  std::unique_ptr<model::AsrModel> asr_model;
  std::unique_ptr<model::TtsModel> tts_model;
  std::unique_ptr<model::VadHost> vad;
  std::unique_ptr<model::AsrHost> asr;
  std::unique_ptr<model::TtsHost> tts;
  std::unique_ptr<model::LlmHost> llm;
  std::unique_ptr<model::SharedTensorHosts> tensors;
  exec::Executor* disk = nullptr;
  PortAudioCard card;
  operators::EchoReferences echo_references;
};

GraphModels::GraphModels(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
GraphModels::~GraphModels() = default;

Result<std::unique_ptr<GraphModels>> GraphModels::load(const graph::GraphFile& file,
                                                       const Config& config, Surroundings around) {
  const std::set<std::string> kinds = kinds_of(file);
  auto parts = std::make_unique<Parts>(around);
  Parts& p = *parts;
  if (kinds.contains("vad")) {
    PARLEY_TRY(p.vad_model, server::load_vad(config));
    p.vad = std::make_unique<model::VadModelHost>(
        *p.vad_model,
        model::HostOptions{
            .name = "vad", .queue_max = kQueueMax, .batch_max = p.vad_model->batch_max()},
        p.executor("vad"), around.clock, around.metrics);
  }
  if (kinds.contains("asr") && !config.asr.url.empty()) {
    PARLEY_TRY(p.asr, server::open_remote_asr(config, around.clock, around.metrics));
  } else if (kinds.contains("asr")) {
    PARLEY_TRY(p.asr_model, server::load_asr(config));
    exec::Executor* const executor = &p.executor("asr");
    p.asr = std::make_unique<model::AsrModelHost>(
        *p.asr_model, model::HostOptions{.name = "asr", .queue_max = kQueueMax},
        std::span(&executor, 1), around.clock, around.metrics);
  }
  if (kinds.contains("tts")) {
    PARLEY_TRY(p.tts_model, server::load_tts(config, around.metrics));
    exec::Executor* const executor = &p.executor("tts");
    p.tts = std::make_unique<model::TtsModelHost>(
        *p.tts_model, model::HostOptions{.name = "tts", .queue_max = kQueueMax},
        std::span(&executor, 1), around.clock, around.metrics);
  }
  if (kinds.contains("llm")) {
    PARLEY_TRY(p.llm, server::open_llm(config, {.executor = p.executor("llm"),
                                                .timers = around.timers,
                                                .clock = around.clock,
                                                .metrics = around.metrics}));
  }
  if (kinds.contains("onnx")) {
    exec::Executor* const executor = &p.executor("onnx");
    p.tensors = std::make_unique<model::SharedTensorHosts>(
        [&p](const std::string& path, const model::Placement& placement) {
          return server::load_tensor_model(path, p.buffers, placement);
        },
        std::span(&executor, 1), around.clock, around.metrics);
  }
  if (kinds.contains("file_sink")) p.disk = &p.executor("disk");
  return std::unique_ptr<GraphModels>(new GraphModels(std::move(parts)));
}

operators::OperatorBindings GraphModels::bindings() {
  Parts& p = *parts_;
  return {.buffers = p.buffers,
          .vad = p.vad.get(),
          .asr = p.asr.get(),
          .llm = p.llm.get(),
          .tts = p.tts.get(),
          .tensors = p.tensors.get(),
          .disk = p.disk,
          .card = &p.card,
          .echo_references = &p.echo_references};
}

}  // namespace parley::cli
