// SPDX-License-Identifier: Apache-2.0
//
// A device's own tools (its volume, its screen, its lamp) as those of an MCP server of its session:
// introduced, listed page by page, called, all over the socket that its sound comes by. The agent
// names this server in its settings (kDeviceLabel) and knows no difference.
//
// Names of devices' tools have dots, which language models do not take: they are offered as
// `self_audio_speaker_set_volume`.
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/mcp_connector.h"
#include "protocol/xiaozhi/device_message.h"
#include "protocol/xiaozhi/server_message.h"

namespace parley::service {

inline constexpr std::string_view kDeviceLabel = "device";
/// Tools of one device; further ones are left away.
inline constexpr std::size_t kDeviceToolsMax = 64;
/// Answers to tools/list; a device that has more is asked no further.
inline constexpr int kDeviceToolPagesMax = 32;
/// For the answer to initialize and to tools/list; then the device has no tools.
inline constexpr Millis kDeviceListPatience{10'000};
/// For what a tool does; a picture that is taken and described takes some seconds.
inline constexpr Millis kDeviceCallPatience{30'000};

/// The server that stands for the device, in AgentSettings::mcp.
[[nodiscard]] model::McpAddress device_address();

class DeviceTools final : public model::McpConnector {
 public:
  using Send = std::function<void(protocol::XiaozhiMessage)>;

  /// `next` connects to all other servers; may be null. `clock` and `next` outlive this.
  DeviceTools(const Clock& clock, model::McpConnector* next, Send send);
  ~DeviceTools() override;

  bool open(std::shared_ptr<model::McpListing> listing) override;

  void take(protocol::DeviceAnswer answer);
  /// Gives up what the device has not answered in time.
  void expire(Instant now);
  [[nodiscard]] std::optional<Instant> next_at() const;
  /// As the device calls it; nothing: it has no such tool.
  [[nodiscard]] std::optional<std::string> device_name(std::string_view offered) const;

 private:
  class Host;
  struct Waiting {
    std::int64_t id = 0;
    Instant until;
    protocol::XiaozhiMcp::Method method{};
    std::shared_ptr<model::ToolCall> call;  // call_tool; shared with the agent, which may be gone
  };

  bool submit(std::shared_ptr<model::ToolCall> call);
  void ask(protocol::XiaozhiMcp request, Millis patience, std::shared_ptr<model::ToolCall> call);
  void take_page(protocol::DeviceAnswer answer);
  void end_listing(Status status);
  [[nodiscard]] std::string offered_name(std::string_view name) const;

  const Clock& clock_;
  model::McpConnector* const next_;
  const Send send_;
  std::shared_ptr<Host> host_;                  // shared with calls, which may outlive this
  std::shared_ptr<model::McpListing> listing_;  // while the device is asked
  std::vector<std::pair<std::string, std::string>> names_;  // offered, the device's
  std::vector<Waiting> waiting_;
  std::int64_t last_id_ = 0;
  int pages_ = 0;
};

}  // namespace parley::service
