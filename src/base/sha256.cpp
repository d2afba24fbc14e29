// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace parley {

namespace {

constexpr std::size_t kReadBytes = 1U << 20U;

EVP_MD_CTX* context_of(void* context) { return static_cast<EVP_MD_CTX*>(context); }

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

Error file_error(const std::string& path, int code) {
  const ErrorCode kind = code == ENOENT   ? ErrorCode::not_found
                         : code == EACCES ? ErrorCode::permission_denied
                                          : ErrorCode::unavailable;
  return {kind, path + ": " + std::generic_category().message(code)};
}

}  // namespace

void Sha256::Free::operator()(void* context) const noexcept {
  EVP_MD_CTX_free(context_of(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  PARLEY_CHECK(context_ != nullptr);
  reset();
}

void Sha256::reset() {
  PARLEY_CHECK(EVP_DigestInit_ex(context_of(context_.get()), EVP_sha256(), nullptr) == 1);
}

void Sha256::update(std::span<const std::byte> bytes) {
  PARLEY_CHECK(EVP_DigestUpdate(context_of(context_.get()), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() { return hexadecimal(finish_bytes()); }

std::array<std::byte, 32> Sha256::finish_bytes() {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  PARLEY_CHECK(EVP_DigestFinal_ex(context_of(context_.get()), digest.data(), &size) == 1);
  PARLEY_CHECK(size == digest.size());
  reset();
  return std::bit_cast<std::array<std::byte, 32>>(digest);
}

std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<std::size_t>(byte) >> 4U];
    text += kDigits[std::to_integer<std::size_t>(byte) & 15U];
  }
  return text;
}

std::array<std::byte, 32> hmac_sha256(std::string_view key, std::string_view text) {
  std::array<std::byte, 32> code{};
  unsigned int size = 0;
  const unsigned char* const made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(code.data()), &size);
  PARLEY_CHECK(made != nullptr && size == code.size());
  return code;
}

Result<std::string> sha256_of_file(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return file_error(path, errno);
  Sha256 hash;
  std::vector<std::byte> bytes(kReadBytes);
  for (;;) {
    const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), file.get());
    hash.update(std::span(bytes).first(count));
    if (count == bytes.size()) continue;
    if (std::ferror(file.get()) != 0) return file_error(path, errno);
    return hash.finish();
  }
}

bool is_sha256(std::string_view text) noexcept {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

}  // namespace parley
