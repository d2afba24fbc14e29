// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/token_table.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

std::string record(const std::string& bytes) {
  std::string out;
  if (bytes.size() < 128) {
    out.push_back(static_cast<char>(bytes.size()));
  } else {
    out.push_back(static_cast<char>(128 + bytes.size() % 128));
    out.push_back(static_cast<char>(bytes.size() / 128));
  }
  return out + bytes;
}

std::string table(std::initializer_list<std::string> pieces) {
  std::string out = record("<unk>") + record("<s>") + record("</s>");
  for (const std::string& piece : pieces) out += record(piece);
  return out;
}

TEST(TokenTable, JoinsPiecesAndTurnsItsMarkIntoSpaces) {
  const auto tokens = TokenTable::parse(table({"\u2581Hello", ",", "\u2581wor", "ld", "<<ST_0>>"}));
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->size(), 8U);
  const std::int64_t ids[] = {1, 3, 4, 5, 6, 7, 2};
  EXPECT_EQ(tokens->text(ids), "Hello, world");
}

TEST(TokenTable, TrimsAndIgnoresUnknownIds) {
  const auto tokens = TokenTable::parse(table({"\u2581", "", "a"}));
  ASSERT_TRUE(tokens);
  const std::int64_t ids[] = {3, 5, 3, 4, -1, 99};
  EXPECT_EQ(tokens->text(ids), "a");
  EXPECT_EQ(tokens->text({}), "");
  EXPECT_EQ(tokens->bytes(3), "\u2581") << "as it is in the file";
  EXPECT_EQ(tokens->bytes(1), "<s>");
  EXPECT_EQ(tokens->bytes(-1), "");
  EXPECT_EQ(tokens->bytes(99), "");
}

TEST(TokenTable, ReadsLongRecords) {
  const std::string piece(300, 'x');
  const auto tokens = TokenTable::parse(table({piece}));
  ASSERT_TRUE(tokens);
  const std::int64_t ids[] = {3};
  EXPECT_EQ(tokens->text(ids), piece);
}

TEST(TokenTable, RefusesWhatIsCutOff) {
  const std::string whole = table({std::string(200, 'x')});
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{3}, whole.size() - 201, whole.size() - 1}) {
    const auto tokens = TokenTable::parse(whole.substr(0, length));
    ASSERT_FALSE(tokens) << length;
    EXPECT_EQ(tokens.error().code, ErrorCode::data_corrupt);
  }
  EXPECT_EQ(TokenTable::load("/nowhere/tokenizer.bin").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace parley::backend
