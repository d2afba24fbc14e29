// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/onnx_tensors.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/onnx/onnx_writer.h"

namespace parley::backend {
namespace {

using test::Protobuf;
using testing::HasSubstr;

Protobuf tensor(const std::string& name, std::uint64_t type, std::string_view raw) {
  return Protobuf().number(1, 2).number(1, 3).number(2, type).text(8, name).text(9, raw);
}
std::string file_of(const Protobuf& graph) {
  return Protobuf().number(1, 8).text(2, "pytorch").message(7, graph).bytes;
}

TEST(OnnxTensors, ReadsTheFloatsThatAreRaw) {
  const Protobuf typed = Protobuf().number(2, 1).text(8, "typed").text(4, "12345678");
  const std::string file = file_of(Protobuf()
                                       .text(2, "main_graph")
                                       .message(5, tensor("a", 1, "0123456789abcdef01234567"))
                                       .message(5, tensor("whole numbers", 7, "01234567"))
                                       .message(5, typed)
                                       .message(5, tensor("b", 1, "zzzz")));
  const auto tensors = read_onnx_tensors(file);
  ASSERT_TRUE(tensors) << tensors.error().message;
  ASSERT_EQ(tensors->size(), 2U);
  const OnnxTensor& a = tensors->front();
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.rank, 2U);
  EXPECT_EQ(a.dims[0], 2);
  EXPECT_EQ(a.dims[1], 3);
  EXPECT_EQ(a.raw, "0123456789abcdef01234567");
  EXPECT_EQ(tensors->back().name, "b");
}

TEST(OnnxTensors, ReadsPackedDimensions) {
  const std::string packed("\x81\x02\x01", 3);  // 257, 1
  const Protobuf one = Protobuf().text(1, packed).number(2, 1).text(8, "p").text(9, "abcd");
  const std::string file = file_of(Protobuf().message(5, one));
  const auto tensors = read_onnx_tensors(file);
  ASSERT_TRUE(tensors);
  ASSERT_EQ(tensors->size(), 1U);
  EXPECT_EQ(tensors->front().rank, 2U);
  EXPECT_EQ(tensors->front().dims[0], 257);
}

TEST(OnnxTensors, RefusesAFileThatWasCut) {
  const std::string whole = file_of(Protobuf().message(5, tensor("a", 1, "01234567")));
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto tensors = read_onnx_tensors(std::string_view(whole).substr(0, size));
    if (tensors) {
      EXPECT_TRUE(tensors->empty()) << size;  // cut between two fields of the model
    } else {
      EXPECT_EQ(tensors.error().code, ErrorCode::data_corrupt);
      EXPECT_THAT(tensors.error().message, HasSubstr("not an ONNX file"));
      ++refused;
    }
  }
  EXPECT_GT(refused, 30);
}

TEST(OnnxTensors, RefusesWhatIsNoMessage) {
  for (const std::string& bytes :
       {std::string("\x0B\x01"), std::string(20, '\xFF'), std::string("hello")}) {
    EXPECT_FALSE(read_onnx_tensors(bytes)) << bytes;
  }
  Protobuf deep;
  for (std::uint64_t i = 0; i <= OnnxTensor::kRankMax; ++i) deep.number(1, i);
  EXPECT_THAT(read_onnx_tensors(file_of(Protobuf().message(5, deep))).error().message,
              HasSubstr("dimensions"));
}

}  // namespace
}  // namespace parley::backend
