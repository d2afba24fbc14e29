// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/onnx_tensor_model.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/onnx/ort_providers.h"
#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "exec/thread_executor.h"
#include "model/tensor_hosts.h"
#include "tests/backend/onnx/onnx_writer.h"

namespace parley::backend {
namespace {

using media::ElementType;
using media::TensorShape;
using testing::HasSubstr;

class OnnxTensorModelTest : public testing::Test {
 protected:
  OnnxTensorModelTest() : file_(testing::TempDir() + "parley_onnx_tensor_model_test.onnx") {}
  ~OnnxTensorModelTest() override { std::filesystem::remove(file_); }

  Result<std::unique_ptr<model::TensorModel>> load(const std::string& bytes) {
    std::ofstream(file_, std::ios::binary) << bytes;
    return OnnxTensorModel::load(file_, pool_);
  }
  model::Tensor floats(TensorShape shape, const std::vector<float>& values) {
    return {shape, ElementType::float32, pool_.copy_of(values)};
  }
  static void size(model::TensorCall& call, const model::TensorModel& model) {
    call.inputs.resize(model.inputs().size());
    call.outputs.resize(model.outputs().size());
  }

  const std::string file_;
  media::BufferPool pool_;
};

/// y = x + h, hn = y's running sum with factor (int64, a scalar) added; x [1, free], h [1, 1].
std::string counting_model() {
  test::OnnxWriter writer("counting");
  writer.input("x", test::kOnnxFloat, {1, -1}).input("h", test::kOnnxFloat, {1, 1});
  writer.input("factor", test::kOnnxInt64, {});
  writer.node("Cast", {"factor"}, {"step"}, {{"to", 1}});
  writer.node("Add", {"x", "h"}, {"y"}).node("Add", {"h", "step"}, {"hn"});
  writer.output("y", test::kOnnxFloat, {1, -1}).output("hn", test::kOnnxFloat, {1, 1});
  return writer.model();
}

TEST_F(OnnxTensorModelTest, SaysWhatTheFileDeclares) {
  const auto model = load(counting_model());
  ASSERT_TRUE(model) << model.error().message;
  const auto& inputs = (*model)->inputs();
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_EQ(inputs[0].name, "x");
  EXPECT_EQ(inputs[0].shape, (TensorShape{1, TensorShape::kAny}));
  EXPECT_EQ(inputs[2].element, ElementType::int64);
  EXPECT_EQ(inputs[2].shape.rank(), 0U);
  ASSERT_EQ((*model)->outputs().size(), 2U);
  EXPECT_EQ((*model)->outputs()[1].name, "hn");
}

TEST_F(OnnxTensorModelTest, RunsWithFreeAndFixedShapes) {
  const auto model = load(counting_model());
  ASSERT_TRUE(model) << model.error().message;
  model::TensorCall call;
  size(call, **model);
  const std::int64_t factor = 10;
  call.inputs[0] = floats({1, 3}, {1.0F, 2.0F, 3.0F});
  call.inputs[1] = floats({1, 1}, {0.5F});
  call.inputs[2] = {{}, ElementType::int64, pool_.copy_of(std::as_bytes(std::span(&factor, 1)))};
  (*model)->run(call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  EXPECT_EQ(call.outputs[0].shape, (TensorShape{1, 3}));
  EXPECT_EQ(call.outputs[0].data.floats()[2], 3.5F);
  EXPECT_EQ(call.outputs[1].data.floats()[0], 10.5F);
  // The state goes round without a copy.
  call.inputs[1] = call.outputs[1];
  (*model)->run(call);
  ASSERT_TRUE(call.status);
  EXPECT_EQ(call.outputs[0].data.floats()[0], 11.5F);
}

TEST_F(OnnxTensorModelTest, NamesTheInputThatDoesNotFit) {
  const auto model = load(counting_model());
  ASSERT_TRUE(model) << model.error().message;
  model::TensorCall call;
  size(call, **model);
  call.inputs[0] = floats({3}, {1.0F, 2.0F, 3.0F});
  (*model)->run(call);
  ASSERT_FALSE(call.status);
  EXPECT_THAT(call.status.error().message,
              HasSubstr("'x': a tensor of [3]; the model wants [1, any]"));
  call.inputs[0] = floats({1, 4}, {1.0F, 2.0F, 3.0F});
  (*model)->run(call);
  EXPECT_THAT(call.status.error().message, HasSubstr("less data"));
  call.inputs[0].element = ElementType::int32;
  (*model)->run(call);
  EXPECT_THAT(call.status.error().message, HasSubstr("another element type"));
}

TEST_F(OnnxTensorModelTest, RefusesFilesThatAreNoModels) {
  EXPECT_EQ(load("no model").error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(OnnxTensorModel::load("no/such.onnx", pool_).error().code, ErrorCode::not_found);
  test::OnnxWriter seven("seven");
  seven.input("x", test::kOnnxFloat, {1, 1, 1, 1, 1, 1, 1});
  seven.node("Identity", {"x"}, {"y"}).output("y", test::kOnnxFloat, {1, 1, 1, 1, 1, 1, 1});
  EXPECT_THAT(load(seven.model()).error().message, HasSubstr("6 dimensions"));
}

// The whole way: cores from a pool, a model placed on them, a host whose thread is pinned there.
TEST_F(OnnxTensorModelTest, RunsOnTheCoresItWasLent) {
  ASSERT_TRUE(load(counting_model()));  // writes the file
  const auto pool = exec::ResourcePool::make({}).value();
  const std::size_t cores = pool->stats().cores;
  const SteadyClock clock;
  Metrics metrics;
  for (std::size_t count = 1; count <= std::min<std::size_t>(cores, 2); ++count) {
    auto lease = pool->try_lease({.cores = count});
    ASSERT_TRUE(lease) << lease.error().message;
    auto placed = OnnxTensorModel::load(file_, pool_, model::placement_of(*lease));
    ASSERT_TRUE(placed) << placed.error().message;
    exec::ThreadExecutor thread("model", lease->cores());
    exec::Executor* const executors[] = {&thread};
    auto host = std::make_unique<model::TensorModelHost>(*std::move(placed), "counting", executors,
                                                         clock, metrics, *std::move(lease));
    EXPECT_EQ(pool->stats().cores_free, cores - count);
    const auto call = std::make_shared<model::TensorCall>();
    size(*call, host->model());
    const std::int64_t factor = 10;
    call->inputs[0] = floats({1, 2}, {1.0F, 2.0F});
    call->inputs[1] = floats({1, 1}, {0.5F});
    call->inputs[2] = {{}, ElementType::int64, pool_.copy_of(std::as_bytes(std::span(&factor, 1)))};
    call->begin(exec::Waker(), clock.now());
    ASSERT_TRUE(host->submit(call));
    while (!call->done()) std::this_thread::yield();
    ASSERT_TRUE(call->status) << call->status.error().message;
    EXPECT_EQ(call->outputs[0].data.floats()[1], 2.5F);
    host.reset();
    EXPECT_EQ(pool->stats().cores_free, cores);
  }
}

TEST_F(OnnxTensorModelTest, AProviderThatIsNotThereIsRefusedByName) {
  ASSERT_TRUE(load(counting_model()));
  const std::vector<std::string> available = available_providers();
  if (std::find(available.begin(), available.end(), "cuda") != available.end()) GTEST_SKIP();
  const auto by_onnx = [&](const std::string& file, const model::Placement& placement) {
    return OnnxTensorModel::load(file, pool_, placement);
  };
  const SteadyClock clock;
  Metrics metrics;
  exec::ManualRuntime runtime;
  exec::Executor* const executors[] = {&runtime.executor};
  // Without a pool the runtime says what it has,
  model::SharedTensorHosts free_hosts(by_onnx, executors, clock, metrics);
  EXPECT_THAT(free_hosts.open(file_, "cuda").error().message,
              AllOf(HasSubstr(file_), HasSubstr("provider 'cuda' is not in this build of ONNX "
                                                "Runtime; available: cpu")));
  EXPECT_TRUE(free_hosts.open(file_, "cpu"));
  // with one the pool does,
  const auto pool = exec::ResourcePool::make({}).value();
  model::SharedTensorHosts hosts(by_onnx, executors, clock, metrics, pool.get());
  EXPECT_THAT(hosts.open(file_, "cuda").error().message,
              HasSubstr("it has no provider 'cuda'; it has: cpu"));
  // and what a pool lends in error comes back.
  const exec::Machine with_gpu{.cores = exec::Machine::real().cores,
                               .has_gpu = [](int) { return true; }};
  const auto wrong =
      exec::ResourcePool::make({.gpu_devices = {0}, .providers = {{"cuda", 1}}}, with_gpu).value();
  model::SharedTensorHosts wrong_hosts(by_onnx, executors, clock, metrics, wrong.get());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(wrong_hosts.open(file_, "cuda").error().message,
                HasSubstr("available: cpu. Choose one of these"));
  }
  EXPECT_EQ(wrong->stats().granted, 2U);
}

TEST_F(OnnxTensorModelTest, RunsTheRealSilero) {
  const char* const cache = std::getenv("PARLEY_CACHE");
  const std::string file =
      std::string(cache == nullptr ? "" : cache) + "/models/silero-vad/silero_vad_16k_op15.onnx";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is missing";
  const auto model = OnnxTensorModel::load(file, pool_);
  ASSERT_TRUE(model) << model.error().message;
  model::TensorCall call;
  size(call, **model);
  const std::int64_t rate = 16'000;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const std::string& name = (*model)->inputs()[i].name;
    if (name == "input") call.inputs[i] = floats({1, 576}, std::vector<float>(576));
    if (name == "state") call.inputs[i] = floats({2, 1, 128}, std::vector<float>(256));
    if (name == "sr") {
      call.inputs[i] = {{}, ElementType::int64, pool_.copy_of(std::as_bytes(std::span(&rate, 1)))};
    }
  }
  (*model)->run(call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  EXPECT_LT(call.outputs[0].data.floats()[0], 0.2F);  // silence
}

}  // namespace
}  // namespace parley::backend
