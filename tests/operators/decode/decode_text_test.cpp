// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/registry.h"
#include "operators/decode/ctc_greedy.h"
#include "operators/decode/decode_text_operator.h"
#include "operators/decode/labels_operator.h"
#include "operators/decode/symbols.h"
#include "operators/decode/transcript_labels.h"
#include "operators/register_all.h"
#include "tests/operators/decode/fst_file.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::TensorFrame;
using media::Transcript;
using test::OperatorHarness;
using testing::HasSubstr;

constexpr std::string_view kSymbols =
    "<blk> 0\n\xE2\x96\x81he 1\nllo 2\n\xE2\x96\x81you 3\n<|en|> 4\n<|HAPPY|> 5\n";
constexpr std::size_t kTokens = 6;

class DecodeText : public testing::Test {
 protected:
  DecodeText() : folder_(std::filesystem::path(testing::TempDir()) / "parley_decode_text_test") {
    std::filesystem::create_directories(folder_);
    write("tokens.txt", std::string(kSymbols));
    register_decode_operators(registry_, {.buffers = pool_});
  }
  ~DecodeText() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  Status open(const std::string& kind, graph::OptionMap options) {
    auto made = registry_.make(kind, options);
    if (!made) return made.error();
    harness_.emplace(std::move(*made));
    return harness_->open();
  }
  /// One row per token, as logits or as logarithms.
  void feed(const std::vector<int>& tokens, bool is_last, float high = -0.01F, float low = -9.0F) {
    std::vector<float> values;
    for (const int token : tokens) {
      for (std::size_t i = 0; i < kTokens; ++i) {
        values.push_back(static_cast<int>(i) == token ? high : low);
      }
    }
    TensorFrame frame;
    frame.shape = {static_cast<std::int64_t>(tokens.size()), kTokens};
    if (!values.empty()) frame.data = pool_.copy_of(values);
    frame.head.pts = MediaTime::from_ms(10 * fed_);
    frame.head.duration = MediaTime::from_ms(10 * static_cast<std::int64_t>(tokens.size()));
    frame.head.is_last = is_last;
    fed_ += static_cast<std::int64_t>(tokens.size());
    ASSERT_TRUE(harness_->feed("scores", std::move(frame)));
    harness_->run();
  }
  std::vector<Transcript> read() { return harness_->read<Transcript>("transcript"); }

  const std::filesystem::path folder_;
  media::BufferPool pool_;
  graph::Registry registry_;
  std::int64_t fed_ = 0;
  std::optional<OperatorHarness> harness_;
};

TEST_F(DecodeText, GivesPartialsWhenTheTextChangesAndTheEnd) {
  for (const char* search : {"greedy", "beam"}) {
    fed_ = 0;
    ASSERT_TRUE(
        open("ctc_decode", {{"symbols", path("tokens.txt")}, {"search", std::string(search)}}));
    feed({0, 1, 1}, false);
    feed({0, 0}, false);
    feed({2}, false);
    feed({0, 3}, true);
    const auto transcripts = read();
    ASSERT_EQ(transcripts.size(), 3U) << search;
    EXPECT_EQ(transcripts[0].text, "he");
    EXPECT_EQ(transcripts[1].text, "hello");
    EXPECT_EQ(transcripts[2].text, "hello you");
    EXPECT_FALSE(transcripts[1].is_final);
    EXPECT_TRUE(transcripts[2].is_final);
    EXPECT_TRUE(transcripts[2].head.is_last);
    EXPECT_EQ(transcripts[2].head.pts, MediaTime{});
    EXPECT_EQ(transcripts[2].head.duration, MediaTime::from_ms(80));
    feed({3}, false);
    feed({}, true);  // the end alone
    const auto next = read();
    ASSERT_EQ(next.size(), 2U);
    EXPECT_EQ(next[1].text, "you");
    EXPECT_EQ(next[1].head.pts, MediaTime::from_ms(80));
  }
}

TEST_F(DecodeText, TakesLogitsAndPassesLabelsOn) {
  ASSERT_TRUE(
      open("ctc_decode", {{"symbols", path("tokens.txt")}, {"logits", true}, {"partials", false}}));
  feed({4, 5, 1, 2}, true, 20.0F, 3.0F);
  const auto transcripts = read();
  ASSERT_EQ(transcripts.size(), 1U);
  EXPECT_EQ(transcripts[0].text, "hello");
  EXPECT_EQ(transcripts[0].language, "en");
  EXPECT_EQ(transcripts[0].emotion, "HAPPY");
}

TEST_F(DecodeText, FindsWordsThroughAGraph) {
  // "1 2" is word 1, "3" word 2; any number of words.
  const auto bytes = test::vector_fst(
      {{.final_cost = 0.0F, .arcs = {{2, 0, 0.0F, 1}, {4, 2, 0.0F, 0}, {1, 0, 0.0F, 0}}},
       {.arcs = {{3, 1, 0.0F, 0}, {2, 0, 0.0F, 1}}}});
  write("graph.fst", std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  write("words.txt", "<eps> 0\nhello 1\nyou 2\n");
  ASSERT_TRUE(open("wfst_decode", {{"symbols", path("words.txt")},
                                   {"graph", path("graph.fst")},
                                   {"tokens", std::int64_t{kTokens}}}));
  feed({0, 1, 1, 2, 3}, true);
  const auto transcripts = read();
  ASSERT_EQ(transcripts.size(), 1U);
  EXPECT_EQ(transcripts[0].text, "hello you");
  EXPECT_TRUE(transcripts[0].is_final);
}

TEST_F(DecodeText, SaysWhatIsWrongWithItsFiles) {
  const auto message = [&](const std::string& kind, graph::OptionMap options) {
    const Status status = open(kind, std::move(options));
    return status ? std::string("accepted") : status.error().message;
  };
  EXPECT_THAT(message("ctc_decode", {{"symbols", path("none.txt")}}), HasSubstr("none.txt"));
  EXPECT_THAT(message("ctc_decode", {}), HasSubstr("symbols"));
  write("bad.txt", "a 1\nb\n");
  EXPECT_THAT(message("ctc_decode", {{"symbols", path("bad.txt")}}), HasSubstr("bad.txt:2"));
  const auto bytes = test::vector_fst({{.arcs = {{9, 0, 0.0F, 0}}}});
  write("graph.fst", std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  EXPECT_THAT(message("wfst_decode", {{"symbols", path("tokens.txt")},
                                      {"graph", path("graph.fst")},
                                      {"tokens", std::int64_t{5}}}),
              HasSubstr("input label 9"));
}

TEST_F(DecodeText, RefusesScoresThatAreNone) {
  ASSERT_TRUE(open("ctc_decode", {{"symbols", path("tokens.txt")}}));
  TensorFrame frame;
  frame.shape = {2, 3, 4};
  frame.data = pool_.copy_of(std::vector<float>(24));
  ASSERT_TRUE(harness_->feed("scores", frame));
  harness_->run();
  frame.shape = {2, 6};  // does not fit its data
  ASSERT_TRUE(harness_->feed("scores", frame));
  harness_->run();
  EXPECT_EQ(harness_->errors().size(), 1U);  // the first one ends the node
}

TEST(Symbols, ReadsNumbersInAnyOrderAndJoinsPieces) {
  const Result<Symbols> symbols = Symbols::parse("b 2\r\na 0\n\nd 5", "s");
  ASSERT_TRUE(symbols) << symbols.error().message;
  EXPECT_EQ(symbols->count(), 6U);
  EXPECT_EQ(symbols->of(0), "a");
  EXPECT_EQ(symbols->of(1), "");
  EXPECT_EQ(symbols->of(2), "b");
  EXPECT_EQ(symbols->of(5), "d");
  EXPECT_EQ(symbols->of(6), "");
  EXPECT_EQ(symbols->of(-1), "");
  std::string text;
  symbols->append(std::vector<std::int32_t>{0, 2, 7, 5}, SymbolKind::words, text);
  EXPECT_EQ(text, "a b d");
}

TEST(Symbols, RefusesWhatItCannotRead) {
  for (const char* text : {"", "\n", "a", "a b", "a 1\nb 1", "a 99999999999", "a 900000"}) {
    EXPECT_FALSE(Symbols::parse(text, "s")) << text;
  }
}

TEST(TranscriptLabels, TakesTagsOut) {
  std::string text = "<|en|><|HAPPY|><|Speech|><|withitn|> Hello <|world|>.";
  const TranscriptLabels labels = take_labels(text);
  EXPECT_EQ(text, "Hello .");
  EXPECT_EQ(labels.language, "en");
  EXPECT_EQ(labels.emotion, "HAPPY");
  EXPECT_EQ(labels.event, "Speech");
}

TEST(TranscriptLabels, TakesTheFirstOfEachKindAndGuessesNothing) {
  std::string text = "<|startoftranscript|><|yue|><|en|><|EMO_UNKNOWN|><|nospeech|>ok";
  const TranscriptLabels labels = take_labels(text);
  EXPECT_EQ(text, "ok");
  EXPECT_EQ(labels.language, "yue");
  EXPECT_EQ(labels.emotion, "");
  EXPECT_EQ(labels.event, "");
}

TEST(TranscriptLabels, TextThatOnlyLooksLikeATagStays) {
  for (const std::string whole :
       {"a < b", "<|", "x <|no end", "<|this is far too long to be a tag of any model|>", "", "|>",
        "<<||>"}) {
    std::string text = whole;
    static_cast<void>(take_labels(text));
    EXPECT_EQ(text, whole == "<<||>" ? "<" : whole);
  }
}

TEST(LabelsOperator, KeepsLabelsThatAreThere) {
  OperatorHarness harness(std::make_unique<LabelsOperator>());
  ASSERT_TRUE(harness.open());
  Transcript transcript;
  transcript.text = "<|zh|><|SAD|>hm";
  transcript.language = "de";
  ASSERT_TRUE(harness.feed("transcript", transcript));
  harness.run();
  const auto out = harness.read_one<Transcript>("transcript");
  EXPECT_EQ(out.text, "hm");
  EXPECT_EQ(out.language, "de");
  EXPECT_EQ(out.emotion, "SAD");
}

}  // namespace
}  // namespace parley::operators
