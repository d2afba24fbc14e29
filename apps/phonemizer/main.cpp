// SPDX-License-Identifier: GPL-3.0-or-later
//
// parley-phonemizer: text in, phonemes out (README.md has the protocol and the reason why this is a
// program of its own).
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "clauses.h"

namespace {

using parley_phonemizer::initialize;
using parley_phonemizer::phonemes;
using parley_phonemizer::set_voice;

constexpr char kSeparator = '\x1F';  // between several texts, and between their phonemes
constexpr std::size_t kTextMax = 16'384;
constexpr std::size_t kReplyMax = 262'144;
constexpr std::size_t kHeadMax = 64;  // a voice of 32, a space, a number, a newline

constexpr int kExitUsage = 2;

struct Request {
  std::string voice;
  std::string text;
};

enum class Read { request, end, invalid };

Read read_request(Request& request) {
  char line[kHeadMax];
  if (std::fgets(line, sizeof line, stdin) == nullptr) return Read::end;
  const std::string_view head(line);
  const std::size_t space = head.find(' ');
  if (space == std::string_view::npos || !head.ends_with('\n')) return Read::invalid;
  const std::string_view digits = head.substr(space + 1, head.size() - space - 2);
  std::size_t size = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (code != std::errc() || end != digits.data() + digits.size() || size > kTextMax) {
    return Read::invalid;
  }
  request.voice = head.substr(0, space);
  request.text.assign(size, ' ');
  if (std::fread(request.text.data(), 1, size, stdin) != size) return Read::end;
  // espeak-ng takes a zero byte for the end of the text.
  for (char& byte : request.text) {
    if (byte == '\0') byte = ' ';
  }
  return Read::request;
}

void write_reply(bool is_ok, const std::string& text) {
  std::printf("%s %zu\n", is_ok ? "ok" : "error", text.size());
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void answer(const Request& request, std::string& voice) {
  if (request.voice != voice) {
    const std::string problem = set_voice(request.voice);
    if (!problem.empty()) return write_reply(false, problem);
    voice = request.voice;
  }
  std::string said;
  for (std::size_t at = 0; at <= request.text.size();) {
    const std::size_t end = std::min(request.text.find(kSeparator, at), request.text.size());
    if (at > 0) said.push_back(kSeparator);
    said += phonemes(request.text.substr(at, end - at));
    at = end + 1;
  }
  if (said.size() > kReplyMax) return write_reply(false, "the text has too many phonemes");
  write_reply(true, said);
}

}  // namespace

int main(int argc, char** argv) {
  const char* data = nullptr;
  if (argc == 3 && std::strcmp(argv[1], "--data") == 0) {
    data = argv[2];
  } else if (argc != 1) {
    std::fputs("usage: parley-phonemizer [--data FOLDER]\n", stderr);
    return kExitUsage;
  }
  // A failure is told in the replies: Parley reads those, and nobody reads our standard error.
  const std::string problem = initialize(data);
  std::string voice;
  Request request;
  while (true) {
    switch (read_request(request)) {
      case Read::end:
        return 0;
      case Read::invalid:
        return kExitUsage;
      case Read::request:
        if (problem.empty()) {
          answer(request, voice);
        } else {
          write_reply(false, problem);
        }
    }
  }
}
