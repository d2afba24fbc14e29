// SPDX-License-Identifier: Apache-2.0
#include "tests/support/livekit_server.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/socket_client.h"

namespace parley::test {
namespace {

constexpr const char* kKey = "devkey";
constexpr const char* kSecret = "a-secret-of-a-test-that-is-long-enough";
constexpr int kPollMs = 20;

std::string base64url(const unsigned char* bytes, std::size_t size) {
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(length));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& letter : text) {
    if (letter == '+') letter = '-';
    if (letter == '/') letter = '_';
  }
  return text;
}

std::string base64url(const std::string& text) {
  return base64url(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

/// A port that was free a moment ago.
std::uint16_t free_port(int type) {
  const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    address.sin_port = 0;
  }
  ::close(socket);
  return ntohs(address.sin_port);
}

std::string program() {
  const char* const cache = std::getenv("PARLEY_CACHE");
  const char* const home = std::getenv("HOME");
  const std::string root = cache != nullptr && *cache != 0
                               ? cache
                               : std::string(home == nullptr ? "" : home) + "/.cache/parley";
  return root + "/programs/livekit-server/livekit-server";
}

/// Nobody is asked for our address, and nothing leaves this machine.
std::string config(std::uint16_t port) {
  const std::string udp = std::to_string(free_port(SOCK_DGRAM));
  return "port: " + std::to_string(port) + "\nbind_addresses: [127.0.0.1]\nrtc:\n  tcp_port: " +
         std::to_string(free_port(SOCK_STREAM)) + "\n  udp_port: " + udp +
         "\n  node_ip: 127.0.0.1\n  use_external_ip: false\n  enable_loopback_candidate: true\n" +
         "  interfaces: {includes: [lo]}\n  stun_servers: ['127.0.0.1:" + udp + "']\nkeys:\n  " +
         kKey + ": " + kSecret + "\n";
}

}  // namespace

LiveKitServer::LiveKitServer() : port_(free_port(SOCK_STREAM)) {
  const std::string path = program();
  if (!std::filesystem::exists(path)) {
    problem_ = path + " is missing: run `tools/deps --with rooms`";
    return;
  }
  std::array<char, 64> log{"/tmp/parley_livekit_XXXXXX"};
  const int descriptor = ::mkostemp(log.data(), O_CLOEXEC);
  log_ = log.data();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, descriptor, STDERR_FILENO);
  std::array<std::string, 3> words{path, "--config-body", config(port_)};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  const int failed =
      ::posix_spawn(&process_, path.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(descriptor);
  if (failed != 0) {
    process_ = -1;
    problem_ = path + " does not start";
    return;
  }
  for (int waited_ms = 0; waited_ms < kPatienceSeconds * 1000; waited_ms += kPollMs) {
    if (http(port_, "GET", "/").status == 200) return;
    if (::waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = -1;
      break;
    }
    ::poll(nullptr, 0, kPollMs);
  }
  problem_ = path + " does not answer, see " + log_;
}

LiveKitServer::~LiveKitServer() {
  kill();
  if (problem_.empty() && !log_.empty()) std::filesystem::remove(log_);
}

void LiveKitServer::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string LiveKitServer::token(const LiveKitGrants& grants) {
  const std::string admin = grants.is_admin ? R"(,"roomAdmin":true,"roomCreate":true)" : "";
  const std::string claims = R"({"iss":")" + std::string(kKey) + R"(","sub":")" + grants.identity +
                             R"(","name":"Name of )" + grants.identity + R"(","kind":")" +
                             (grants.is_agent ? "agent" : "standard") + R"(","exp":)" +
                             std::to_string(std::time(nullptr) + 3600) +
                             R"(,"video":{"roomJoin":true,"canUpdateOwnMetadata":true,"room":")" +
                             grants.room + "\"" + admin + "}}";
  const std::string signed_part =
      base64url(std::string(R"({"alg":"HS256","typ":"JWT"})")) + "." + base64url(claims);
  std::array<unsigned char, EVP_MAX_MD_SIZE> signature{};
  unsigned size = 0;
  const std::string secret = kSecret;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(),
       signature.data(), &size);
  return signed_part + "." + base64url(signature.data(), size);
}

int LiveKitServer::call(const std::string& method, const std::string& room, const std::string& body,
                        std::string* answer) const {
  const Headers headers{{"Authorization", "Bearer " + token({"admin", room, true})},
                        {"Content-Type", "application/json"}};
  const HttpResult result = http(port_, "POST", "/twirp/livekit." + method, headers, body);
  if (answer != nullptr) *answer = result.body;
  return result.status;
}

}  // namespace parley::test
