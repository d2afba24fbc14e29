// SPDX-License-Identifier: Apache-2.0
#include "store/secret_key.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"

namespace parley::store {
namespace {

constexpr std::size_t kDigits = 64;
constexpr mode_t kOthers = S_IRWXO | S_IWGRP;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  const int number_;
};

Error file_error(const std::string& path, int number) {
  const ErrorCode code = number == ENOENT                      ? ErrorCode::not_found
                         : number == EACCES || number == EPERM ? ErrorCode::permission_denied
                                                               : ErrorCode::unavailable;
  return {code, "key file '" + path + "': " + std::generic_category().message(number)};
}

/// Nothing: there is no such file.
Result<std::optional<AesKey>> read_key(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0 && errno == ENOENT) return std::optional<AesKey>();
  struct stat about{};
  if (file.number() < 0 || ::fstat(file.number(), &about) != 0) return file_error(path, errno);
  if ((about.st_mode & kOthers) != 0) {
    return Error{ErrorCode::permission_denied, "key file '" + path +
                                                   "': others may read or change it; take that "
                                                   "away from them (chmod 600)"};
  }
  std::array<char, kDigits + 2> text{};  // the digits, a line's end, and one too many
  const ssize_t count = ::read(file.number(), text.data(), text.size());
  if (count < 0) return file_error(path, errno);
  std::string_view digits(text.data(), static_cast<std::size_t>(count));
  if (digits.size() == kDigits + 1 && digits.back() == '\n') digits.remove_suffix(1);
  const Result<AesKey> key = parse_secret_key(digits);
  if (!key) {
    return Error{ErrorCode::data_corrupt, "key file '" + path + "': not 64 hexadecimal digits"};
  }
  return std::optional(*key);
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

/// Nobody sees half a file, and one that came meanwhile stays.
Status make_key(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  std::string fresh = path + ".XXXXXX";
  const Descriptor file(::mkostemp(fresh.data(), O_CLOEXEC));  // mode 0600
  if (file.number() < 0) return file_error(path, errno);
  Status made = write_all(file.number(), path, hexadecimal(random_aes_key()) + "\n");
  if (made && ::link(fresh.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    made = file_error(path, errno);
  }
  ::unlink(fresh.c_str());
  return made;
}

unsigned digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10U;
}

}  // namespace

Result<AesKey> parse_secret_key(std::string_view hex) {
  if (!is_sha256(hex)) {  // 64 digits, as here
    return Error{ErrorCode::invalid_argument,
                 "a key is 64 hexadecimal digits (`openssl rand -hex 32` makes one)"};
  }
  AesKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::byte>((digit_of(hex[2 * i]) << 4U) | digit_of(hex[2 * i + 1]));
  }
  return key;
}

Result<AesKey> open_secret_key(const SecretKeySource& source, bool may_make) {
  if (!source.hex.empty()) return parse_secret_key(source.hex);
  if (source.file.empty()) {
    return Error{ErrorCode::invalid_argument, "neither a key nor a key file is given"};
  }
  PARLEY_TRY(std::optional<AesKey> key, read_key(source.file));
  if (!key && may_make) {
    PARLEY_TRY_STATUS(make_key(source.file));
    PARLEY_TRY(key, read_key(source.file));
  }
  if (key) return *key;
  return Error{ErrorCode::not_found, "key file '" + source.file +
                                         "' is not there, and what is kept was encrypted with it: "
                                         "bring it back, or give that key"};
}

}  // namespace parley::store
