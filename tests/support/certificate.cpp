// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate.h"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace parley::test {
namespace {

constexpr long kDaySeconds = 24 * 60 * 60;

template <typename T>
T* checked(T* made) {
  if (made == nullptr) throw std::runtime_error("OpenSSL failed");
  return made;
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, decltype(&fclose)>;

File open(const std::string& path, const char* mode) {
  return {checked(fopen(path.c_str(), mode)), &fclose};
}

Certificate sign(EVP_PKEY* key) {
  Certificate certificate(checked(X509_new()), &X509_free);
  X509* const x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(x509), kDaySeconds);
  X509_set_pubkey(x509, key);
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("parley test"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  X509V3_CTX context;
  X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
  X509_EXTENSION* const names = checked(
      X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost"));
  X509_add_ext(x509, names, -1);
  X509_EXTENSION_free(names);
  if (X509_sign(x509, key, EVP_sha256()) == 0) throw std::runtime_error("OpenSSL failed");
  return certificate;
}

}  // namespace

CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name) {
  const CertificateFiles files{(folder / (name + ".crt")).string(),
                               (folder / (name + ".key")).string()};
  const Key key(checked(EVP_EC_gen("P-256")), &EVP_PKEY_free);
  const Certificate certificate = sign(key.get());
  PEM_write_X509(open(files.certificate, "w").get(), certificate.get());
  PEM_write_PrivateKey(open(files.key, "w").get(), key.get(), nullptr, nullptr, 0, nullptr,
                       nullptr);
  return files;
}

std::string encrypted_copy(const CertificateFiles& files, const std::filesystem::path& folder) {
  const Key key(checked(PEM_read_PrivateKey(open(files.key, "r").get(), nullptr, nullptr, nullptr)),
                &EVP_PKEY_free);
  std::string path = (folder / "encrypted.key").string();
  std::string passphrase = "secret";
  PEM_write_PrivateKey(open(path, "w").get(), key.get(), EVP_aes_128_cbc(),
                       reinterpret_cast<unsigned char*>(passphrase.data()),
                       static_cast<int>(passphrase.size()), nullptr, nullptr);
  return path;
}

}  // namespace parley::test
