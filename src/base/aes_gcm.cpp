// SPDX-License-Identifier: Apache-2.0
#include "base/aes_gcm.h"

#include <climits>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace parley {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

int length_of(std::string_view text) {
  PARLEY_CHECK(text.size() < INT_MAX);
  return static_cast<int>(text.size());
}

const unsigned char* bytes_of(const AesKey& key) {
  return reinterpret_cast<const unsigned char*>(key.data());
}

}  // namespace

AesKey random_aes_key() {
  AesKey key{};
  PARLEY_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) == 1);
  return key;
}

AesGcm::~AesGcm() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string AesGcm::seal(std::string_view plain, std::string_view context) const {
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  unsigned char* const nonce = bytes_of(sealed);
  unsigned char* const text = nonce + kNonceBytes;
  PARLEY_CHECK(RAND_bytes(nonce, static_cast<int>(kNonceBytes)) == 1);
  const Context cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  bool done =
      cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_), nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(context), length_of(context)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), text, &size, bytes_of(plain), length_of(plain)) == 1;
  done = done && EVP_EncryptFinal_ex(cipher.get(), text + plain.size(), &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes),
                             text + plain.size()) == 1;
  PARLEY_CHECK(done);  // fails only without memory
  return sealed;
}

Result<std::string> AesGcm::open(std::string_view sealed, std::string_view context) const {
  const Error refused{ErrorCode::data_corrupt,
                      "what is encrypted was changed, or was encrypted with another key"};
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view text = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(text.size() + 1, '\0');  // never empty: OpenSSL wants a place to write to
  const Context cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool opened =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_),
                         bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(context), length_of(context)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &size, bytes_of(text), length_of(text)) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes),
                          tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + text.size(), &size) == 1;
  if (!opened) return refused;
  plain.resize(text.size());
  return plain;
}

}  // namespace parley
