// SPDX-License-Identifier: Apache-2.0
//
// A small reader of GBNF for tests: does a text match, and what does a random sentence look like?
// Understands what json_grammar writes: literals, classes, groups, rules, |, ?, {n} and {m,n}.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace parley::backend {

class Gbnf {
 public:
  explicit Gbnf(const std::string& grammar) : text_(grammar) {
    while (at_ < text_.size()) {
      const std::string name = word();
      expect("::=");
      rules_[name] = alternatives();
      skip_blanks();
      if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    }
  }

  [[nodiscard]] bool matches(std::string_view text) const {
    return match(*rules_.at("root"), text, [](std::string_view rest) { return rest.empty(); });
  }

  /// A sentence; optional parts come less often the deeper it is, so it ends.
  [[nodiscard]] std::string sentence(Random& random) const {
    std::string out;
    write(*rules_.at("root"), random, 0, out);
    return out;
  }

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Node {
    enum class Kind { literal, set, rule, sequence, choice, repeat } kind{};
    std::string text;  // literal; rule's name
    std::vector<std::pair<unsigned char, unsigned char>> ranges;
    bool is_negated = false;
    std::vector<NodePtr> parts;
    std::int64_t least = 0;
    std::int64_t most = 0;
  };
  using Then = std::function<bool(std::string_view)>;

  [[nodiscard]] bool match(const Node& node, std::string_view text, const Then& then) const {
    switch (node.kind) {
      case Node::Kind::literal:
        return text.starts_with(node.text) && then(text.substr(node.text.size()));
      case Node::Kind::set:
        return !text.empty() && has(node, text[0]) && then(text.substr(1));
      case Node::Kind::rule:
        return match(*rules_.at(node.text), text, then);
      case Node::Kind::choice:
        for (const NodePtr& part : node.parts) {
          if (match(*part, text, then)) return true;
        }
        return false;
      case Node::Kind::sequence:
        return match_from(node, 0, text, then);
      case Node::Kind::repeat:
        return match_times(node, 0, text, then);
    }
    return false;
  }
  [[nodiscard]] bool match_from(const Node& node, std::size_t i, std::string_view text,
                                const Then& then) const {
    if (i == node.parts.size()) return then(text);
    return match(*node.parts[i], text,
                 [&](std::string_view rest) { return match_from(node, i + 1, rest, then); });
  }
  [[nodiscard]] bool match_times(const Node& node, std::int64_t done, std::string_view text,
                                 const Then& then) const {
    if (done < node.most && match(
                                *node.parts[0], text,
                                [&](std::string_view rest) {
                                  return rest.size() < text.size() &&
                                         match_times(node, done + 1, rest, then);
                                })) {
      return true;
    }
    return done >= node.least && then(text);
  }
  static bool has(const Node& node, char c) {
    const auto byte = static_cast<unsigned char>(c);
    bool found = false;
    for (const auto& [low, high] : node.ranges) found = found || (byte >= low && byte <= high);
    return found != node.is_negated;
  }

  void write(const Node& node, Random& random, int depth, std::string& out) const {
    const auto pick = [&](std::size_t count) { return random.next() % count; };
    switch (node.kind) {
      case Node::Kind::literal:
        out += node.text;
        break;
      case Node::Kind::set: {
        char c = 0;
        do {
          c = static_cast<char>(' ' + pick(95));
        } while (!has(node, c));
        out += c;
        break;
      }
      case Node::Kind::rule:
        write(*rules_.at(node.text), random, depth + 1, out);
        break;
      case Node::Kind::sequence:
        for (const NodePtr& part : node.parts) write(*part, random, depth, out);
        break;
      case Node::Kind::choice:
        write(*node.parts[pick(node.parts.size())], random, depth, out);
        break;
      case Node::Kind::repeat: {
        std::int64_t times = node.least;
        while (times < node.most && pick(static_cast<std::size_t>(depth) + 2) == 0) ++times;
        for (std::int64_t i = 0; i < times; ++i) write(*node.parts[0], random, depth, out);
        break;
      }
    }
  }

  NodePtr alternatives() {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::choice;
    for (;;) {
      node->parts.push_back(sequence());
      skip_blanks();
      if (at_ >= text_.size() || text_[at_] != '|') return node;
      ++at_;
    }
  }
  NodePtr sequence() {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::sequence;
    for (;;) {
      skip_blanks();
      if (at_ >= text_.size() || text_[at_] == '|' || text_[at_] == ')' || text_[at_] == '\n') {
        return node;
      }
      node->parts.push_back(repeated(atom()));
    }
  }
  NodePtr atom() {
    auto node = std::make_shared<Node>();
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      while (text_[at_] != '"') node->text += character();
      ++at_;
    } else if (c == '[') {
      ++at_;
      node->kind = Node::Kind::set;
      node->is_negated = text_[at_] == '^';
      if (node->is_negated) ++at_;
      while (text_[at_] != ']') {
        const auto low = static_cast<unsigned char>(character());
        auto high = low;
        if (text_[at_] == '-') {
          ++at_;
          high = static_cast<unsigned char>(character());
        }
        node->ranges.emplace_back(low, high);
      }
      ++at_;
    } else if (c == '(') {
      ++at_;
      node = alternatives();
      expect(")");
    } else {
      node->kind = Node::Kind::rule;
      node->text = word();
    }
    return node;
  }
  NodePtr repeated(NodePtr inner) {
    if (at_ >= text_.size() || (text_[at_] != '?' && text_[at_] != '{')) return inner;
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::repeat;
    node->most = 1;
    if (text_[at_++] == '{') {
      node->least = number();
      node->most = node->least;
      if (text_[at_] == ',') {
        ++at_;
        node->most = number();
      }
      expect("}");
    }
    node->parts.push_back(std::move(inner));
    return node;
  }
  char character() {
    if (text_[at_] != '\\') return text_[at_++];
    ++at_;
    const char c = text_[at_++];
    if (c != 'x') return c;
    const std::string hex = text_.substr(at_, 2);
    at_ += 2;
    return static_cast<char>(std::strtol(hex.c_str(), nullptr, 16));
  }
  std::int64_t number() {
    std::size_t end = 0;
    const std::int64_t value = std::stoll(text_.substr(at_), &end);
    at_ += end;
    return value;
  }
  std::string word() {
    skip_blanks();
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0)) ++at_;
    if (at_ == begin) throw std::runtime_error("no name at: " + text_.substr(at_, 40));
    return text_.substr(begin, at_ - begin);
  }
  void expect(std::string_view what) {
    skip_blanks();
    if (text_.compare(at_, what.size(), what) != 0) {
      throw std::runtime_error("expected " + std::string(what) + " at: " + text_.substr(at_, 40));
    }
    at_ += what.size();
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string text_;
  std::size_t at_ = 0;
  std::map<std::string, NodePtr> rules_;
};

}  // namespace parley::backend
