// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/kaldi_cmvn.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kFile =
    "<Nnet>\n<Splice> 2 2\n[ 0 ]\n<AddShift> 2 2\n<LearnRateCoef> 0 [ -8.5 1e1 ]\n"
    "<Rescale> 2 2\r\n<LearnRateCoef> 0 [ 0.5 2 ]\r\n</Nnet>\n";

TEST(KaldiCmvn, ReadsShiftAndScale) {
  const auto cmvn = read_kaldi_cmvn(kFile, 2);
  ASSERT_TRUE(cmvn) << cmvn.error().message;
  EXPECT_THAT(cmvn->shift, ElementsAre(-8.5F, 10.0F));
  EXPECT_THAT(cmvn->scale, ElementsAre(0.5F, 2.0F));
  std::vector<float> row{10.5F, -9.0F};
  cmvn->apply(row);
  EXPECT_THAT(row, ElementsAre(1.0F, 2.0F));
}

TEST(KaldiCmvn, RefusesWhatIsNotThat) {
  for (const std::string& text : {
           std::string(),
           kFile.substr(0, kFile.find("<Rescale>")),
           kFile.substr(0, kFile.find(" ]\r")),
           std::string("<AddShift> [ 1 two ] <Rescale> [ 1 1 ]"),
           std::string("<AddShift> [ 1 nan ] <Rescale> [ 1 1 ]"),
           std::string("<AddShift> [ 1 ] <Rescale> [ 1 1 ]"),
           std::string("<AddShift> [ 1 1 1 ] <Rescale> [ 1 1 ]"),
       }) {
    const auto cmvn = read_kaldi_cmvn(text, 2);
    ASSERT_FALSE(cmvn) << text;
    EXPECT_EQ(cmvn.error().code, ErrorCode::data_corrupt);
    EXPECT_THAT(cmvn.error().message, HasSubstr("not 2 numbers in brackets after <"));
  }
}

}  // namespace
}  // namespace parley::backend
