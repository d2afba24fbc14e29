// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/mcp_client.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "backend/tools/mcp_calling.h"
#include "backend/tools/mcp_peer.h"

namespace parley::backend {
namespace {

// Of one answer of a server that a session named.
constexpr Millis kSessionTimeout{20'000};
// Of a server's introduction and all pages of its list.
constexpr Millis kOpenMax{30'000};

/// An entry of HTTP's header that a client may name: a token, and a value on one line. What frames
/// a message is not the client's.
bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::array<std::string_view, 6> kOurs{
      "host", "content-length", "transfer-encoding", "connection", "upgrade", "expect"};
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !name.empty() && name.find_first_not_of(kToken) == std::string_view::npos &&
         std::find(kOurs.begin(), kOurs.end(), lower) == kOurs.end() &&
         std::none_of(value.begin(), value.end(), is_control);
}

Result<transport::HttpUrl> check(const model::McpAddress& server) {
  PARLEY_TRY(transport::HttpUrl url, transport::parse_http_url(server.url));
  for (const auto& [name, value] : server.headers) {
    if (is_header(name, value)) continue;
    return Error{ErrorCode::invalid_argument, "the header '" + name + "' cannot be sent"};
  }
  if (!is_header("authorization", server.authorization)) {
    return Error{ErrorCode::invalid_argument, "the authorization cannot be sent"};
  }
  return url;
}

/// One server's tools.
class PeerTools final : public model::ToolHost {
 public:
  PeerTools(McpClient& client, std::shared_ptr<McpPeer> peer)
      : client_(client), peer_(std::move(peer)) {}
  ~PeerTools() override { client_.leave(peer_); }
  PeerTools(const PeerTools&) = delete;
  PeerTools& operator=(const PeerTools&) = delete;
  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept override { return {}; }
  bool submit(std::shared_ptr<model::ToolCall> call) override {
    return client_.submit(std::move(call), peer_);
  }
  void forget(std::uint64_t) noexcept override {}

 private:
  McpClient& client_;
  const std::shared_ptr<McpPeer> peer_;  // shared with its calls
};

/// A server on its way to being open. Threads: the I/O thread.
struct Opening {
  McpClient::OnOpened on_opened;  // null: told

  void tell(Result<McpOpened> opened) {
    if (!on_opened) return;
    std::exchange(on_opened, nullptr)(std::move(opened));
  }
};

}  // namespace

McpClient::McpClient(const McpOptions& options, Metrics& metrics)
    : refused_(metrics.counter("parley_mcp_refused_total", "MCP calls refused: too many")),
      http_({.ca_file = options.ca_file, .public_only = !options.allow_private}) {}

McpClient::~McpClient() {
  http_.stop();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& one : peers_) {
      if (const auto peer = one.lock()) peer->close();
    }
  }
  running_.fail_all();
}

bool McpClient::open(std::shared_ptr<model::McpListing> listing) {
  {
    const std::lock_guard lock(mutex_);
    if (listings_ >= kMcpListingsMax) {
      refused_.add();
      return false;
    }
    ++listings_;
  }
  const model::McpAddress server = listing->server;
  open(server, kSessionTimeout, [this, listing = std::move(listing)](Result<McpOpened> opened) {
    {
      const std::lock_guard lock(mutex_);
      --listings_;
    }
    if (opened) {
      listing->tools = std::move(opened->tools);
      listing->host = std::move(opened->host);
      listing->status = {};
    } else {
      listing->status = opened.error();
    }
    listing->finish();
  });
  return true;
}

void McpClient::open(model::McpAddress server, Millis timeout, OnOpened on_opened) {
  auto opening = std::make_shared<Opening>(std::move(on_opened));
  Result<transport::HttpUrl> url = check(server);
  if (!url) {
    http_.post([opening, error = url.error()] { opening->tell(error); });
    return;
  }
  auto peer = std::make_shared<McpPeer>(std::move(server), std::move(*url), timeout, http_);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(peers_, [](const auto& one) { return one.expired(); });
    peers_.push_back(peer);
  }
  http_.post_after(kOpenMax, [opening] {
    opening->tell(Error{ErrorCode::deadline_exceeded, "the tools were not listed in time"});
  });
  http_.post([this, peer, opening] {
    peer->introduce([this, peer, opening](Status status) {
      if (!status) {
        opening->tell(status.error());
        return;
      }
      peer->list([this, peer, opening](Result<std::vector<model::McpTool>> tools) {
        if (!tools) {
          opening->tell(tools.error());
          return;
        }
        opening->tell(McpOpened{std::move(*tools), std::make_shared<PeerTools>(*this, peer)});
      });
    });
  });
}

void McpClient::leave(std::shared_ptr<McpPeer> peer) {
  http_.post([peer = std::move(peer)] { peer->leave(); });
}

bool McpClient::submit(std::shared_ptr<model::ToolCall> call, std::shared_ptr<McpPeer> peer) {
  model::ToolCall& submitted = *call;
  auto calling = std::make_shared<McpCalling>(std::move(call), std::move(peer), http_,
                                              [this](McpCalling& done) { running_.retire(done); });
  return running_.start(submitted, std::move(calling), http_);
}

}  // namespace parley::backend
