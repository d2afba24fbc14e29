// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "backend/onnx/onnx_tensor_model.h"
#include "backend/silero/silero_vad.h"
#include "failure.h"
#include "model/model_host.h"
#include "operators/register_all.h"

namespace parley::python {

namespace {

constexpr std::size_t kVadQueueMax = 1024;  // windows that wait

/// As tools/deps has it.
std::filesystem::path cache_root() {
  if (const char* const cache = std::getenv("PARLEY_CACHE")) return cache;
  const char* const home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "." : home) / ".cache/parley";
}

}  // namespace

Engine& Engine::instance() {
  static auto* const engine = std::unique_ptr<Engine>(new Engine()).release();
  return *engine;
}

Engine::Engine() {
  const std::array<exec::Executor*, 1> executors{&model_thread_};
  const auto load = [this](const std::string& file, const model::Placement& placement) {
    return backend::OnnxTensorModel::load(file, buffers_, placement);
  };
  tensors_ = std::make_unique<model::SharedTensorHosts>(load, executors, clock_, metrics_);
  operators::register_all_operators(
      registry_,
      {.buffers = buffers_, .vad = &vad_, .tensors = tensors_.get(), .disk = &disk_thread_});
}

Result<std::unique_ptr<graph::Operator>> Engine::make(const std::string& kind,
                                                      const graph::OptionMap& options) {
  PARLEY_TRY_STATUS(prepare(kind));
  return registry_.make(kind, options);
}

Status Engine::prepare(const std::string& kind) {
  if (kind == "vad" && !vad_.is_open()) return load_vad();
  return {};
}

graph::RunnerContext Engine::context() {
  return {.clock = clock_, .timers = timers_, .metrics = metrics_};
}

std::unique_ptr<graph::Runner> Engine::open(graph::GraphSpec spec,
                                            const graph::RunnerOptions& options,
                                            graph::RunnerContext context,
                                            graph::ErrorHandler handler) {
  auto opened = [&] {
    const py::gil_scoped_release released;
    auto runner = graph::Runner::open(std::move(spec), options, std::move(context));
    if (runner) (*runner)->set_error_handler(std::move(handler));
    return runner;
  }();
  if (!opened) raise(opened.error());
  return *std::move(opened);
}

Status Engine::load_vad() {
  const auto file = cache_root() / "models/silero-vad/silero_vad_16k_op15.onnx";
  PARLEY_TRY(vad_model_, backend::SileroVad::load(file.string()));
  const model::HostOptions options{
      .name = "vad", .queue_max = kVadQueueMax, .batch_max = vad_model_->batch_max()};
  vad_.open(
      std::make_unique<model::VadModelHost>(*vad_model_, options, model_thread_, clock_, metrics_));
  return {};
}

}  // namespace parley::python
