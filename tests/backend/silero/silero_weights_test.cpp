// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/silero_weights.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/silero/sample_weights.h"

namespace parley::backend {
namespace {

using testing::HasSubstr;

struct SileroWeightsTest : testing::Test {
  SileroWeights weights = test::sample_silero_weights(1);
  test::NamedTensors tensors = test::silero_tensors(weights);

  void replace(const std::string& name, const test::Protobuf& with) {
    for (auto& [known, tensor] : tensors) {
      if (known == name) tensor = with;
    }
  }
  [[nodiscard]] std::string refusal() const {
    const auto read = read_silero_weights(test::silero_file(tensors));
    if (read) return "accepted";
    EXPECT_EQ(read.error().code, ErrorCode::data_corrupt);
    return read.error().message;
  }
};

TEST_F(SileroWeightsTest, AreThoseOfTheFile) {
  const auto read = read_silero_weights(test::silero_file(tensors));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->window, weights.window);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(read->encoder[i].weights, weights.encoder[i].weights);
    EXPECT_EQ(read->encoder[i].bias, weights.encoder[i].bias);
  }
  EXPECT_EQ(read->input_weights, weights.input_weights);
  EXPECT_EQ(read->hidden_weights, weights.hidden_weights);
  EXPECT_EQ(read->gate_bias, weights.gate_bias);
  EXPECT_EQ(read->out_weights, weights.out_weights);
  EXPECT_EQ(read->out_bias, weights.out_bias);
}

TEST_F(SileroWeightsTest, NameWhatIsMissing) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    test::NamedTensors fewer = tensors;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    const auto read = read_silero_weights(test::silero_file(fewer));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("no weights '" + tensors[i].first + "'"));
  }
}

TEST_F(SileroWeightsTest, RefuseAnotherShape) {
  const std::string name = "model.decoder.decoder.2.weight";
  replace(name, test::silero_tensor(name, {128}, weights.out_weights));
  EXPECT_THAT(refusal(), HasSubstr("the shape of '" + name + "'"));
  replace(name, test::silero_tensor(name, {1, 128, 1}, std::vector<float>(127)));
  EXPECT_THAT(refusal(), HasSubstr("the shape of '" + name + "'"));
}

TEST_F(SileroWeightsTest, RefuseWhatIsNoNumber) {
  const std::string name = "model.encoder.2.reparam_conv.bias";
  std::vector<float> bias = weights.encoder[2].bias;
  bias[5] = std::numeric_limits<float>::quiet_NaN();
  replace(name, test::silero_tensor(name, {64}, bias));
  EXPECT_THAT(refusal(), HasSubstr(name));
}

TEST_F(SileroWeightsTest, RefuseAnotherTransform) {
  const std::string name = "model.stft.forward_basis_buffer";
  std::vector<float> basis = test::silero_basis(weights.window);
  basis[200 * 256 + 7] += 1e-4F;
  replace(name, test::silero_tensor(name, {258, 1, 256}, basis));
  EXPECT_THAT(refusal(), HasSubstr("not a windowed Fourier transform"));
}

}  // namespace
}  // namespace parley::backend
