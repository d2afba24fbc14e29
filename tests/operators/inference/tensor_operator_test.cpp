// SPDX-License-Identifier: Apache-2.0
#include "operators/inference/tensor_operator.h"

#include <cstring>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "model/fakes/fake_tensor.h"
#include "model/tensor_hosts.h"
#include "operators/inference/tensor_binding.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::ElementType;
using media::TensorFrame;
using media::TensorShape;
using model::FakeTensorModel;
using model::Tensor;
using model::TensorCall;
using test::OperatorHarness;
using testing::HasSubstr;

constexpr std::int64_t kAny = TensorShape::kAny;

/// y = x * factor + h, hn = h + 1; x [1, ?], h [2], factor int64.
std::unique_ptr<model::TensorModel> counting_model(media::BufferPool& pool) {
  return std::make_unique<FakeTensorModel>(
      std::vector<model::TensorPort>{{"factor", ElementType::int64, {}},
                                     {"x", ElementType::float32, {1, kAny}},
                                     {"h", ElementType::float32, {2}}},
      std::vector<model::TensorPort>{{"y", ElementType::float32, {1, kAny}},
                                     {"hn", ElementType::float32, {2}}},
      [&pool](TensorCall& call) -> Status {
        std::int64_t factor = 0;
        std::memcpy(&factor, call.inputs[0].data.bytes().data(), sizeof(factor));
        const Tensor& x = call.inputs[1];
        if (x.shape.rank() != 2) return Error{ErrorCode::invalid_argument, "x: not of rank 2"};
        std::vector<float> y(x.data.floats().begin(), x.data.floats().end());
        const float h = call.inputs[2].data.floats()[1];
        for (float& value : y) {
          if (value < 0.0F) return Error{ErrorCode::internal, "x is negative"};
          value = value * static_cast<float>(factor) + h;
        }
        call.outputs[0] = {x.shape, ElementType::float32, pool.copy_of(y)};
        call.outputs[1] = {
            {2}, ElementType::float32, pool.copy_of(std::vector<float>(2, h + 1.0F))};
        return {};
      });
}

class TensorOperatorTest : public testing::Test {
 protected:
  TensorOperatorTest()
      : hosts_(
            [this](const std::string& file) -> Result<std::unique_ptr<model::TensorModel>> {
              ++loads_;
              if (file != "counting.onnx") return Error{ErrorCode::not_found, file + ": no file"};
              return counting_model(pool_);
            },
            executors_, model_runtime_.clock, metrics_) {}

  TensorOperatorOptions options() const {
    return {.model = "counting.onnx",
            .inputs = {"x:1x?"},
            .outputs = {"y"},
            .state = {"h:hn"},
            .constants = {"factor:int64:10"}};
  }
  Status open(const TensorOperatorOptions& options) {
    auto made = TensorOperator::make(options, hosts_, pool_);
    if (!made) return made.error();
    harness_.emplace(std::move(*made));
    return harness_->open();
  }
  std::string refusal(const TensorOperatorOptions& options) {
    const Status status = open(options);
    return status ? "accepted" : status.error().message;
  }
  void feed(std::vector<float> values, bool is_last = false) {
    TensorFrame frame;
    frame.shape = {static_cast<std::int64_t>(values.size())};
    frame.data = pool_.copy_of(values);
    frame.head.pts = media::MediaTime::from_ms(fed_++);
    frame.head.is_last = is_last;
    ASSERT_TRUE(harness_->feed("x", std::move(frame)));
    run();
  }
  void run() {
    for (int i = 0; i < 10; ++i) {
      harness_->run();
      model_runtime_.run_until_idle();
    }
    harness_->run();
  }
  std::vector<float> firsts() {
    std::vector<float> values;
    for (const TensorFrame& frame : harness_->read<TensorFrame>("y")) {
      EXPECT_EQ(frame.shape.rank(), 2U);
      values.push_back(frame.data.floats()[0]);
    }
    return values;
  }

  media::BufferPool pool_;
  Metrics metrics_;
  exec::ManualRuntime model_runtime_;
  exec::Executor* executors_[1] = {&model_runtime_.executor};
  int loads_ = 0;
  std::int64_t fed_ = 0;
  model::SharedTensorHosts hosts_;
  std::optional<OperatorHarness> harness_;
};

TEST_F(TensorOperatorTest, CarriesStateFromRunToRun) {
  ASSERT_TRUE(open(options()));
  feed({1.0F, 2.0F});
  feed({1.0F});
  feed({2.0F}, true);
  EXPECT_EQ(firsts(), (std::vector<float>{10.0F, 11.0F, 22.0F}));
  feed({1.0F});  // after the end the state begins anew
  EXPECT_EQ(firsts(), std::vector<float>{10.0F});
}

TEST_F(TensorOperatorTest, ResultsKeepTheInputsHeader) {
  ASSERT_TRUE(open(options()));
  feed({1.0F}, true);
  const auto out = harness_->read_one<TensorFrame>("y");
  EXPECT_EQ(out.head.pts, media::MediaTime{});
  EXPECT_TRUE(out.head.is_last);
  EXPECT_EQ(out.shape, (TensorShape{1, 1}));
}

TEST_F(TensorOperatorTest, AFailedRunIsReportedAndCostsItsFrames) {
  ASSERT_TRUE(open(options()));
  feed({1.0F});
  feed({-1.0F});
  feed({1.0F});
  EXPECT_EQ(firsts(), (std::vector<float>{10.0F, 10.0F}));  // the state began anew
  const auto errors = harness_->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.message, "x is negative");
}

TEST_F(TensorOperatorTest, AFrameThatDoesNotFitIsAnErrorThatNamesTheInput) {
  TensorOperatorOptions wanted = options();
  wanted.inputs = {"x:1x2"};
  ASSERT_TRUE(open(wanted));
  feed({1.0F, 2.0F, 3.0F});
  const auto errors = harness_->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].error.message, HasSubstr("input 'x': 3 elements"));
  EXPECT_THAT(errors[0].error.message, HasSubstr("[1, 2]"));
}

TEST_F(TensorOperatorTest, ProcessNeverWaitsForTheModel) {
  ASSERT_TRUE(open(options()));
  TensorFrame frame;
  frame.shape = {1};
  frame.data = pool_.copy_of(std::vector<float>{1.0F});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(harness_->feed("x", frame));
    harness_->run();
  }
  EXPECT_TRUE(firsts().empty());
  run();
  EXPECT_EQ(firsts().size(), 3U);
}

TEST_F(TensorOperatorTest, TwoNodesShareOneModel) {
  ASSERT_TRUE(open(options()));
  auto other = TensorOperator::make(options(), hosts_, pool_);
  ASSERT_TRUE(other);
  OperatorHarness second(std::move(*other));
  ASSERT_TRUE(second.open());
  EXPECT_EQ(loads_, 1);
}

TEST_F(TensorOperatorTest, AsksForTheModelOnItsProvider) {
  std::vector<std::string> asked;
  model::SharedTensorHosts placing(
      [&](const std::string&, const model::Placement& placement) {
        asked.push_back(placement.provider);
        return Result<std::unique_ptr<model::TensorModel>>(counting_model(pool_));
      },
      executors_, model_runtime_.clock, metrics_);
  TensorOperatorOptions on_gpu = options();
  on_gpu.provider = "cuda";
  std::vector<std::unique_ptr<OperatorHarness>> nodes;
  for (const auto& wanted : {options(), on_gpu, on_gpu}) {
    auto made = TensorOperator::make(wanted, placing, pool_);
    ASSERT_TRUE(made);
    nodes.push_back(std::make_unique<OperatorHarness>(*std::move(made)));
    ASSERT_TRUE(nodes.back()->open());
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"cpu", "cuda"}));  // one model for each
  EXPECT_THAT(refusal(on_gpu), HasSubstr("counting.onnx: provider 'cuda': this program runs "
                                         "models on cpu only"));
}

TEST_F(TensorOperatorTest, SaysWhatDoesNotFitTheModel) {
  TensorOperatorOptions wrong = options();
  wrong.model = "other.onnx";
  EXPECT_THAT(refusal(wrong), HasSubstr("other.onnx"));
  wrong = options();
  wrong.inputs = {"xx"};
  EXPECT_THAT(refusal(wrong), HasSubstr("'xx'"));
  wrong = options();
  wrong.outputs = {"z"};
  EXPECT_THAT(refusal(wrong), HasSubstr("output"));
  wrong = options();
  wrong.constants = {};
  EXPECT_THAT(refusal(wrong), HasSubstr("nobody gives the model's input 'factor'"));
  wrong = options();
  wrong.state = {"x:y"};
  EXPECT_THAT(refusal(wrong), HasSubstr("twice"));
  wrong = options();
  wrong.inputs = {};
  EXPECT_THAT(refusal(wrong), HasSubstr("1 to 64"));
  wrong = options();
  wrong.inputs = {"h:2"};
  wrong.state = {"x:y"};  // its shape is open
  EXPECT_THAT(refusal(wrong), HasSubstr("[1, ?]"));
}

TEST(TensorBinding, ReadsShapes) {
  EXPECT_EQ(*read_shape("1x?x80"), (TensorShape{1, kAny, 80}));
  EXPECT_EQ(*read_shape("scalar"), TensorShape{});
  for (const char* text : {"", "1x", "x", "-1", "0", "1xa", "1x1x1x1x1x1x1", "99999999x99999999"}) {
    EXPECT_FALSE(read_shape(text)) << text;
  }
  EXPECT_EQ(shape_text({1, kAny}), "[1, ?]");
}

TEST(TensorBinding, ReadsInputsStatesAndConstants) {
  EXPECT_EQ(read_input("x")->name, "x");
  EXPECT_EQ(read_input("a/b:c:1x2")->name, "a/b:c");
  EXPECT_FALSE(read_input(""));
  EXPECT_FALSE(read_input(":1"));
  EXPECT_EQ(read_state("h:hn:2x1x128")->shape, (TensorShape{2, 1, 128}));
  EXPECT_FALSE(read_state("h"));
  EXPECT_FALSE(read_state("h:hn:?"));
  EXPECT_EQ(read_constant("sr:int64:16000")->value, 16'000.0);
  EXPECT_FALSE(read_constant("sr:int65:16000"));
  EXPECT_FALSE(read_constant("sr:int64:"));
}

TEST(TensorBinding, WorksOutTheOpenDimension) {
  EXPECT_EQ(*reshaped({1, kAny, 4}, 12), (TensorShape{1, 3, 4}));
  EXPECT_FALSE(reshaped({1, kAny, 5}, 12));
  EXPECT_FALSE(reshaped({kAny, kAny}, 12));
  EXPECT_FALSE(reshaped({3}, 12));
}

}  // namespace
}  // namespace parley::operators
