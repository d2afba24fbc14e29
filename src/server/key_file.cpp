// SPDX-License-Identifier: Apache-2.0
#include "server/key_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "server/key_limit_fields.h"

namespace parley::server {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

 private:
  const int number_;
};

Error file_error(const std::string& path, int number) {
  const ErrorCode code = number == ENOENT                      ? ErrorCode::not_found
                         : number == EACCES || number == EPERM ? ErrorCode::permission_denied
                                                               : ErrorCode::unavailable;
  return {code, path + ": " + std::generic_category().message(number)};
}

Result<std::string> read_all(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return file_error(path, errno);
  std::string text;
  std::array<char, 16'384> piece{};
  for (;;) {
    const ssize_t count = ::read(file.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path, errno);
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > kKeyFileBytesMax) {
      return Error{ErrorCode::resource_exhausted,
                   path + ": more than " + std::to_string(kKeyFileBytesMax) + " bytes"};
    }
  }
}

Status write_all(int file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path, errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(file) != 0) return file_error(path, errno);
  return {};
}

/// Beside the old file, then in its place.
Status replace(const std::string& path, std::string_view text) {
  std::string fresh = path + ".XXXXXX";
  const Descriptor file(::mkostemp(fresh.data(), O_CLOEXEC));  // mode 0600
  if (!file.is_open()) return file_error(path, errno);
  Status written = write_all(file.number(), path, text);
  if (written && ::rename(fresh.c_str(), path.c_str()) != 0) written = file_error(path, errno);
  if (!written) {
    ::unlink(fresh.c_str());
    return written;
  }
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Descriptor listing(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Without it a power cut may bring back the old file, in which a key is not revoked yet.
  if (!listing.is_open() || ::fsync(listing.number()) != 0) return file_error(folder, errno);
  return {};
}

Error bad_line(const std::string& why) { return {ErrorCode::invalid_argument, why}; }

Result<KeyRecord> parse_line(std::string_view line) {
  PARLEY_TRY(KeyRecord record, protocol::parse_key_record(line));
  for (const auto& [name, value] : record.limits) {
    const KeyLimitField* const field = find_key_limit(name);
    if (field == nullptr) return bad_line("unknown field '" + name + "'");
    KeyLimits ignored;
    PARLEY_TRY_STATUS(set_key_limit(ignored, *field, value));
  }
  return record;
}

}  // namespace

Result<KeyRecords> parse_key_records(std::string_view text) {
  KeyRecords records;
  std::set<std::string> taken;  // names and digests, which are never the same
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string place = "line " + std::to_string(number);
    Result<KeyRecord> record = parse_line(line);
    if (!record) return record.error().with_context(place);
    if (!taken.insert(record->name).second) {
      return bad_line(place + ": the name '" + record->name + "' is taken");
    }
    if (!taken.insert("#" + record->sha256).second) {
      return bad_line(place + ": '" + record->name + "' is the same key as another");
    }
    if (records.size() == kKeyFileKeysMax) {
      return Error{ErrorCode::resource_exhausted,
                   place + ": more than " + std::to_string(kKeyFileKeysMax) + " keys"};
    }
    records.push_back(std::move(*record));
  }
  return records;
}

Result<std::string> key_records_text(const KeyRecords& records) {
  std::string text;
  for (const KeyRecord& record : records) text += protocol::key_record_json(record) + '\n';
  PARLEY_TRY_STATUS(parse_key_records(text));  // what is written can be read again
  return text;
}

Result<KeyRecords> read_key_file(const std::string& path) {
  PARLEY_TRY(const std::string text, read_all(path));
  Result<KeyRecords> records = parse_key_records(text);
  if (!records) return records.error().with_context(path);
  return records;
}

Status change_key_file(const std::string& path, const std::function<Status(KeyRecords&)>& change) {
  // A file of its own: the keys' file is another one after each change.
  const std::string lock_path = path + ".lock";
  const Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.is_open()) return file_error(lock_path, errno);
  while (::flock(lock.number(), LOCK_EX) != 0) {
    if (errno != EINTR) return file_error(lock_path, errno);
  }
  Result<KeyRecords> records = read_key_file(path);
  if (!records && records.error().code == ErrorCode::not_found) records = KeyRecords{};
  if (!records) return records.error();
  PARLEY_TRY_STATUS(change(*records));
  PARLEY_TRY(const std::string text, key_records_text(*records));
  return replace(path, text);
}

}  // namespace parley::server
