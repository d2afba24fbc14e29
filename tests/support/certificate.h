// SPDX-License-Identifier: Apache-2.0
//
// Certificates for tests of TLS, made on the spot: nothing secret lies in the tree.
#pragma once

#include <filesystem>
#include <string>

namespace parley::test {

struct CertificateFiles {
  std::string certificate;  // PEM
  std::string key;          // PEM, without a passphrase
};

/// Writes a new key and a certificate for 127.0.0.1 and localhost, signed by itself, into `folder`
/// as `name`.crt and `name`.key.
CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name);
/// The same key under a passphrase, in a file of its own.
std::string encrypted_copy(const CertificateFiles& files, const std::filesystem::path& folder);

}  // namespace parley::test
