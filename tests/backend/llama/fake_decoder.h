// SPDX-License-Identifier: Apache-2.0
//
// A language model of a few lines for tests of the scheduler: characters are tokens, and the next
// one is a function of the sequence's text so far. Its cache has cells that can run out and are
// shared by copies, and it checks that every token comes at its position.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "backend/llama/sequence_decoder.h"
#include "backend/llama/vocabulary.h"

namespace parley::backend {

inline constexpr Token kStartToken = 256;  // "<|im_start|>"
inline constexpr Token kEndToken = 257;    // "<|im_end|>"
inline constexpr std::size_t kFakeVocabulary = 258;

class FakeVocabulary final : public Vocabulary {
 public:
  void append_plain(std::string_view text, std::vector<Token>& out) const override {
    for (const char c : text) out.push_back(static_cast<unsigned char>(c));
  }
  void append_markup(std::string_view text, std::vector<Token>& out) const override {
    while (!text.empty()) {
      if (text.starts_with("<|im_start|>")) {
        out.push_back(kStartToken);
        text.remove_prefix(12);
      } else if (text.starts_with("<|im_end|>")) {
        out.push_back(kEndToken);
        text.remove_prefix(10);
      } else {
        append_plain(text.substr(0, 1), out);
        text.remove_prefix(1);
      }
    }
  }
  void append_piece(Token token, std::string& out) const override {
    if (token < kStartToken) out += static_cast<char>(token);
  }
  [[nodiscard]] bool ends_turn(Token token) const override { return token >= kStartToken; }
};

/// "<" and ">" stand for the control tokens.
inline std::string readable(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token token : tokens) {
    text += token == kStartToken ? '<' : token == kEndToken ? '>' : static_cast<char>(token);
  }
  return text;
}

class FakeDecoder final : public SequenceDecoder {
 public:
  /// Says which token follows a sequence's text.
  using Next = std::function<Token(const std::string& text)>;
  explicit FakeDecoder(Next next, std::size_t cells = 100'000)
      : next_(std::move(next)), cells_(cells) {}

  Outcome decode(std::span<const BatchEntry> batch,
                 const std::function<bool()>& should_stop) override {
    if (during_decode) during_decode();
    if (should_stop()) return Outcome::aborted;
    if (fails) return Outcome::failed;
    if (used_cells() + batch.size() > cells_) return Outcome::full;
    batches.emplace_back(batch.begin(), batch.end());
    logits_.clear();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& cells = sequences_[batch[i].sequence];
      EXPECT_EQ(static_cast<std::size_t>(batch[i].position), cells.size());
      cells.push_back(std::make_shared<Token>(batch[i].token));
      if (!batch[i].wants_logits) continue;
      std::vector<float> logits(kFakeVocabulary, 0.0F);
      logits[static_cast<std::size_t>(next_(text_of(batch[i].sequence)))] = 10.0F;
      logits_[i] = std::move(logits);
    }
    return Outcome::done;
  }
  [[nodiscard]] std::span<float> logits(std::size_t entry) override { return logits_.at(entry); }
  void remove(SequenceId sequence, std::size_t position) override {
    auto& cells = sequences_[sequence];
    cells.resize(std::min(position, cells.size()));
  }
  void copy(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) override {
    auto& target = sequences_[to];
    EXPECT_EQ(target.size(), begin);
    const auto& source = sequences_[from];
    target.insert(target.end(), source.begin() + static_cast<std::ptrdiff_t>(begin),
                  source.begin() + static_cast<std::ptrdiff_t>(end));
  }
  [[nodiscard]] std::unique_ptr<TokenGate> make_gate(const std::string& grammar) override {
    grammars.push_back(grammar);
    return nullptr;
  }

  [[nodiscard]] std::string text_of(SequenceId sequence) {
    std::vector<Token> tokens;
    for (const auto& cell : sequences_[sequence]) tokens.push_back(*cell);
    return readable(tokens);
  }
  [[nodiscard]] std::size_t used_cells() const {
    std::set<const Token*> cells;
    for (const auto& [id, sequence] : sequences_) {
      for (const auto& cell : sequence) cells.insert(cell.get());
    }
    return cells.size();
  }

  std::vector<std::vector<BatchEntry>> batches;
  std::vector<std::string> grammars;
  std::function<void()> during_decode;
  bool fails = false;

 private:
  Next next_;
  std::size_t cells_;
  std::map<SequenceId, std::vector<std::shared_ptr<Token>>> sequences_;  // shared as cells are
  std::map<std::size_t, std::vector<float>> logits_;
};

}  // namespace parley::backend
