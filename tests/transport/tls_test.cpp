// SPDX-License-Identifier: Apache-2.0
//
// HTTP and WebSocket under TLS, spoken by OpenSSL itself.
#include <filesystem>
#include <fstream>

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "tests/support/certificate.h"
#include "tests/transport/listener_fixture.h"

namespace parley::transport {
namespace {

/// A blocking client that trusts one certificate. Reads give up after a while.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, const std::string& trusted) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_file(context_, trusted.c_str());
    bio_ = BIO_new_ssl_connect(context_);
    BIO_get_ssl(bio_, &ssl_);
    BIO_set_conn_hostname(bio_, ("127.0.0.1:" + std::to_string(port)).c_str());
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), "127.0.0.1");
    connected_ = BIO_do_connect(bio_) == 1 && SSL_get_verify_result(ssl_) == X509_V_OK;
    const timeval patience{test::kPatienceSeconds, 0};
    ::setsockopt(SSL_get_fd(ssl_), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~TlsClient() {
    BIO_free_all(bio_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_); }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const int sent = BIO_write(bio_, bytes.data(), static_cast<int>(bytes.size()));
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Exactly so many; fewer when the peer ended.
  std::string receive(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
      std::string piece(bytes - text.size(), '\0');
      const int got = BIO_read(bio_, piece.data(), static_cast<int>(piece.size()));
      if (got <= 0) break;
      text.append(piece, 0, static_cast<std::size_t>(got));
    }
    return text;
  }
  std::string receive_until(std::string_view mark) {
    std::string text;
    while (!text.ends_with(mark)) {
      const std::string one = receive(1);
      if (one.empty()) break;
      text += one;
    }
    return text;
  }
  /// The peer said goodbye, and did not just hang up.
  bool ended_properly() {
    receive(1);
    return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

 private:
  SSL_CTX* context_ = nullptr;
  BIO* bio_ = nullptr;
  SSL* ssl_ = nullptr;  // the bio's
  bool connected_ = false;
};

class Tls : public ListenerFixture {
 protected:
  Tls() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-tls-XXXXXX").string();
    folder = mkdtemp(name.data());
    files = test::make_certificate(folder, "server");
    options.tls_certificate = files.certificate;
    options.tls_key = files.key;
  }
  ~Tls() override { std::filesystem::remove_all(folder); }

  std::string failure() {
    auto started = Listener::start(options, *this, metrics);
    if (started) return "started";
    EXPECT_EQ(started.error().code, ErrorCode::invalid_argument);
    return started.error().message;
  }
  std::string garbage() {
    const std::string path = (folder / "garbage").string();
    std::ofstream(path) << "not PEM\n";
    return path;
  }

  std::filesystem::path folder;
  test::CertificateFiles files;
};

TEST_F(Tls, ServesRequestsOneAfterTheOther) {
  start();
  TlsClient client(port(), files.certificate);
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.version(), "TLSv1.3");
  for (const std::string path : {"/one", "/two"}) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    EXPECT_EQ(client.receive(9), "GET " + path + " ");
  }
  client.send("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive(10), "GET /last ");
  EXPECT_TRUE(client.ended_properly());
}

TEST_F(Tls, CarriesWebSockets) {
  start();
  {
    TlsClient client(port(), files.certificate);
    ASSERT_TRUE(client.connected());
    client.send(
        "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
    // More than one record, with a mask of zeros; the echo is not masked.
    const std::string text(100'000, 'x');
    const std::string length{'\0', '\0', '\0', '\0', '\0', '\x01', '\x86', '\xA0'};
    client.send("\x81\xFF" + length + std::string(4, '\0') + text);
    EXPECT_EQ(client.receive(10), "\x81\x7F" + length);
    EXPECT_TRUE(client.receive(text.size()) == text);
    client.send(std::string("\x88\x82\0\0\0\0\x03\xE8", 8));  // close, 1000
    EXPECT_EQ(client.receive(4), std::string("\x88\x02\x03\xE8", 4));
    EXPECT_TRUE(client.ended_properly());
  }
  EXPECT_TRUE(events.wait_for("close 1000"));
}

TEST_F(Tls, StreamsBodiesAndServesTheNextRequest) {
  start();
  TlsClient client(port(), files.certificate);
  ASSERT_TRUE(client.connected());
  for (std::ptrdiff_t round = 1; round <= 3; ++round) {
    client.send("GET /body HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(events.wait_for("body begun", round));
    body->write(piece("one"));
    EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    EXPECT_EQ(client.receive(8), "3\r\none\r\n");
    const std::string large(100'000, 'x');  // more than a record
    body->write(piece(large));
    body->finish();
    EXPECT_EQ(client.receive_until("\r\n"), "186a0\r\n");
    EXPECT_EQ(client.receive(large.size()), large);
    EXPECT_EQ(client.receive(7), "\r\n0\r\n\r\n");
    EXPECT_TRUE(events.wait_for("body closed", round));
  }
}

TEST_F(Tls, AReaderWhoLeavesABodyIsNoticed) {
  start();
  {
    TlsClient client(port(), files.certificate);
    ASSERT_TRUE(client.connected());
    client.send("GET /body HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(events.wait_for("body begun"));
  }
  EXPECT_TRUE(events.wait_for("body closed"));
  EXPECT_EQ(body->write(piece("x")), SendResult::closed);
}

TEST_F(Tls, PlainRequestsAreCutOff) {
  start();
  EXPECT_EQ(test::http(port(), "GET", "/").status, 0);
  TlsClient client(port(), files.certificate);
  EXPECT_TRUE(client.connected()) << "others are not disturbed";
}

TEST_F(Tls, AnotherCertificateIsNotTrusted) {
  start();
  const test::CertificateFiles other = test::make_certificate(folder, "other");
  EXPECT_FALSE(TlsClient(port(), other.certificate).connected());
}

TEST_F(Tls, SaysWhatIsWrongWithTheFiles) {
  const test::CertificateFiles other = test::make_certificate(folder, "other");
  options.tls_key = other.key;
  EXPECT_EQ(failure(), "the key '" + other.key + "' does not belong to the certificate '" +
                           files.certificate + "'");
  options.tls_key = garbage();
  EXPECT_EQ(failure(),
            "the key '" + garbage() + "' is not a private key in PEM form without a passphrase");
  options.tls_key = test::encrypted_copy(files, folder);
  EXPECT_NE(failure().find("without a passphrase"), std::string::npos);
  options.tls_key = (folder / "missing").string();
  EXPECT_EQ(failure(),
            "the key '" + options.tls_key + "' cannot be read: No such file or directory");
  options.tls_key = "";
  EXPECT_EQ(failure(), "TLS needs both a certificate and its key");
  options.tls_key = files.key;
  options.tls_certificate = garbage();
  EXPECT_EQ(failure(), "the certificate '" + garbage() + "' is not in PEM form");
  options.tls_certificate = (folder / "missing").string();
  EXPECT_EQ(failure(), "the certificate '" + options.tls_certificate +
                           "' cannot be read: No such file or directory");
}

}  // namespace
}  // namespace parley::transport
