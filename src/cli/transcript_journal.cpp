// SPDX-License-Identifier: Apache-2.0
#include "cli/transcript_journal.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "protocol/transcription/kept_utterance.h"

namespace parley::cli {
namespace {

using protocol::KeptUtterance;
using service::RecognizedText;

constexpr std::size_t kReadBytes = 65'536;

Error file_error(const std::string& path, int number) {
  return {ErrorCode::unavailable, path + ": " + std::strerror(number)};
}

Result<std::string> read_all(const std::string& path, int descriptor) {
  std::string bytes;
  std::array<char, kReadBytes> block{};
  for (;;) {
    const ssize_t count = ::read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path, errno);
    if (count == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
}

RecognizedText from(KeptUtterance kept, std::uint64_t number) {
  return {.utterance = number,
          .begin = kept.begin,
          .end = kept.end,
          .text = std::move(kept.text),
          .language = std::move(kept.language),
          .words = std::move(kept.words)};
}

}  // namespace

Result<TranscriptJournal> TranscriptJournal::open(const std::string& path, const std::string& key) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_error(path, errno);
  TranscriptJournal journal(path, descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::already_exists, path + " is being written by another process"};
  }
  PARLEY_TRY_STATUS(journal.read(key + '\n'));
  return journal;
}

TranscriptJournal::TranscriptJournal(TranscriptJournal&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      heard_(std::move(other.heard_)) {}

TranscriptJournal::~TranscriptJournal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

/// Leaves the file as far as it is good, ready for more.
Status TranscriptJournal::read(const std::string& key) {
  PARLEY_TRY(const std::string bytes, read_all(path_, descriptor_));
  const bool is_ours = bytes.starts_with(key);
  std::size_t good = is_ours ? key.size() : 0;
  while (is_ours) {
    const std::size_t end = bytes.find('\n', good);
    if (end == std::string::npos) break;
    auto kept = protocol::read_kept_utterance(std::string_view(bytes).substr(good, end - good));
    if (!kept) break;
    heard_.push_back(from(std::move(*kept), heard_.size() + 1));
    good = end + 1;
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(good)) != 0 ||
      ::lseek(descriptor_, static_cast<off_t>(good), SEEK_SET) < 0) {
    return file_error(path_, errno);
  }
  return is_ours ? Status() : write(key);
}

Status TranscriptJournal::add(const RecognizedText& utterance) {
  std::string line;
  protocol::append_kept_utterance(line, {.begin = utterance.begin,
                                         .end = utterance.end,
                                         .text = utterance.text,
                                         .language = utterance.language,
                                         .words = utterance.words});
  return write(line);
}

Status TranscriptJournal::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

void TranscriptJournal::remove() const { ::unlink(path_.c_str()); }

}  // namespace parley::cli
