// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_folder.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/phrase_cache/phrase_file.h"

namespace parley::backend {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".phrase";
constexpr std::string_view kTemporary = ".new-";
/// A write takes milliseconds: a temporary file so old belongs to nobody.
constexpr std::int64_t kTemporarySeconds = 3600;
constexpr mode_t kFolderMode = 0700;

/// Closes what it was given.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// False: what was written may not have arrived.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

Error failure(const std::string& path, int code) {
  const ErrorCode kind = code == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
  return {kind, path + ": " + std::generic_category().message(code)};
}

std::array<timespec, 2> times(std::int64_t last_use) {
  const timespec at{.tv_sec = static_cast<time_t>(last_use), .tv_nsec = 0};
  return {at, at};
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool read_all(int file, std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = ::read(file, bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) bytes.resize(at);  // it became shorter: its reader will notice
    at += static_cast<std::size_t>(count);
  }
  return true;
}

/// Makes a temporary file in `folder`, and the folder if need be.
Descriptor open_temporary(const std::string& folder, std::string& name) {
  for (const bool is_first : {true, false}) {
    name = folder + "/" + std::string(kTemporary) + "XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file >= 0 || errno != ENOENT || !is_first) return Descriptor(file);
    std::error_code ignored;  // the second try tells
    fs::create_directories(fs::path(folder).parent_path(), ignored);
    ::mkdir(folder.c_str(), kFolderMode);
  }
  return Descriptor(-1);
}

std::optional<PhraseKey> key_in(std::string_view name) {
  if (!name.ends_with(kEnding)) return std::nullopt;
  return PhraseKey::from_hex(name.substr(0, name.size() - kEnding.size()));
}

}  // namespace

Result<std::string> PhraseFolder::read(const PhraseKey& key) const {
  const std::string path = path_of(key);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && errno == ELOOP) return Error{ErrorCode::data_corrupt, path + ": it is a link"};
  if (!file) return failure(path, errno);
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return failure(path, errno);
  const bool is_good = S_ISREG(status.st_mode) && status.st_size >= 0 &&
                       static_cast<std::size_t>(status.st_size) <= kPhraseFileBytesMax;
  if (!is_good) return Error{ErrorCode::data_corrupt, path + ": no file, or too long a one"};
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (!read_all(file.number(), bytes)) return failure(path, errno);
  return bytes;
}

Status PhraseFolder::write(const PhraseKey& key, std::string_view bytes,
                           std::int64_t last_use) const {
  const std::string folder = folder_of(std::to_integer<std::size_t>(key.digest[0]));
  std::string temporary;
  Descriptor file = open_temporary(folder, temporary);
  if (!file) return Error{ErrorCode::unavailable, failure(folder, errno).message};
  const auto at = times(last_use);
  // No wait for the disk: a file that a power cut left incomplete is found out when it is read.
  const bool is_written = write_all(file.number(), bytes) &&
                          ::futimens(file.number(), at.data()) == 0 && file.close() &&
                          std::rename(temporary.c_str(), path_of(key).c_str()) == 0;
  if (is_written) return {};
  const Error error{ErrorCode::unavailable, failure(folder, errno).message};
  ::unlink(temporary.c_str());
  return error;
}

Status PhraseFolder::remove(const PhraseKey& key) const {
  std::error_code error;
  fs::remove_all(path_of(key), error);  // all: a folder under a phrase's name, too
  if (error) return Error{ErrorCode::unavailable, path_of(key) + ": " + error.message()};
  return {};
}

void PhraseFolder::touch(const PhraseKey& key, std::int64_t last_use) const {
  const auto at = times(last_use);
  ::utimensat(AT_FDCWD, path_of(key).c_str(), at.data(), AT_SYMLINK_NOFOLLOW);
}

std::vector<PhraseFolder::Found> PhraseFolder::list(std::size_t folder, std::int64_t now) const {
  std::vector<Found> all;
  std::error_code ignored;  // what cannot be listed is not there
  for (fs::directory_iterator entry(folder_of(folder), ignored), end; entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    const std::optional<PhraseKey> key = key_in(name);
    const bool is_ours = key && std::to_integer<std::size_t>(key->digest[0]) == folder;
    const bool is_temporary = name.starts_with(kTemporary);
    struct stat status{};
    if ((!is_ours && !is_temporary) || ::lstat(entry->path().c_str(), &status) != 0) continue;
    if (is_ours) {
      all.push_back({.key = *key,
                     .bytes = disk_bytes(static_cast<std::size_t>(status.st_size)),
                     .last_use = status.st_mtim.tv_sec});
    } else if (status.st_mtim.tv_sec < now - kTemporarySeconds) {
      ::unlink(entry->path().c_str());
    }
  }
  return all;
}

std::size_t PhraseFolder::disk_bytes(std::size_t file_bytes) {
  constexpr std::size_t kBlock = 4096;
  return (file_bytes + kBlock - 1) / kBlock * kBlock;
}

std::string PhraseFolder::folder_of(std::size_t folder) const {
  const auto byte = static_cast<std::byte>(folder);
  return path_ + "/" + PhraseKey{.digest = {byte}}.hex().substr(0, 2);
}

std::string PhraseFolder::path_of(const PhraseKey& key) const {
  return path_ + "/" + key.hex().substr(0, 2) + "/" + key.hex() + std::string(kEnding);
}

}  // namespace parley::backend
