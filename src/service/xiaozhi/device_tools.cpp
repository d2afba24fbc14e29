// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/device_tools.h"

#include <algorithm>

namespace parley::service {
namespace {

using Method = protocol::XiaozhiMcp::Method;

constexpr std::string_view kDeviceUrl = "device:";
// Of a function's name (OpenAI's and others' limit).
constexpr std::size_t kNameBytesMax = 64;

bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

model::McpAddress device_address() {
  model::McpAddress address;
  address.label = kDeviceLabel;
  address.url = kDeviceUrl;
  return address;
}

/// What calls hold; it hears when the device is gone.
class DeviceTools::Host final : public model::ToolHost {
 public:
  explicit Host(DeviceTools& of) : of_(&of) {}
  void leave() noexcept { of_ = nullptr; }
  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept override { return {}; }
  bool submit(std::shared_ptr<model::ToolCall> call) override {
    return of_ != nullptr && of_->submit(std::move(call));
  }
  void forget(std::uint64_t /*session*/) noexcept override {}

 private:
  DeviceTools* of_;  // null: it is gone
};

DeviceTools::DeviceTools(const Clock& clock, model::McpConnector* next, Send send)
    : clock_(clock), next_(next), send_(std::move(send)), host_(std::make_shared<Host>(*this)) {}

DeviceTools::~DeviceTools() { host_->leave(); }

bool DeviceTools::open(std::shared_ptr<model::McpListing> listing) {
  if (listing->server.url != kDeviceUrl) return next_ != nullptr && next_->open(std::move(listing));
  listing_ = std::move(listing);
  ask({.method = Method::initialize}, kDeviceListPatience, nullptr);
  return true;
}

bool DeviceTools::submit(std::shared_ptr<model::ToolCall> call) {
  const std::optional<std::string> name = device_name(call->name);
  if (!name) {
    call->status = Error{ErrorCode::not_found, "The device has no tool '" + call->name + "'."};
    call->finish();
    return true;
  }
  if (!call->arguments.empty() && !protocol::is_json_object(call->arguments)) {
    call->status = Error{ErrorCode::invalid_argument, "The arguments are no JSON object."};
    call->finish();
    return true;
  }
  protocol::XiaozhiMcp request{
      .method = Method::call_tool, .name = *name, .arguments = call->arguments};
  ask(std::move(request), kDeviceCallPatience, std::move(call));
  return true;
}

void DeviceTools::ask(protocol::XiaozhiMcp request, Millis patience,
                      std::shared_ptr<model::ToolCall> call) {
  request.id = ++last_id_;
  waiting_.push_back({request.id, clock_.now() + patience, request.method, std::move(call)});
  send_(std::move(request));
}

void DeviceTools::take(protocol::DeviceAnswer answer) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Waiting& one) { return one.id == answer.id; });
  if (found == waiting_.end()) return;  // too late, or to nobody
  const Waiting one = std::move(*found);
  waiting_.erase(found);
  if (one.call != nullptr) {
    std::string& text = answer.error ? *answer.error : answer.text;
    if (answer.error || answer.is_failure) {
      one.call->status = Error{ErrorCode::failed_precondition, std::move(text)};
    } else if (text.size() > model::kToolOutputBytesMax) {
      one.call->status = Error{ErrorCode::resource_exhausted, "The tool's output is too long."};
    } else {
      one.call->output = std::move(text);
    }
    one.call->finish();
  } else if (answer.error) {
    end_listing(Error{ErrorCode::unavailable, std::move(*answer.error)});
  } else if (one.method == Method::initialize) {
    ask({.method = Method::list_tools}, kDeviceListPatience, nullptr);
  } else {
    take_page(std::move(answer));
  }
}

void DeviceTools::take_page(protocol::DeviceAnswer answer) {
  if (listing_ == nullptr) return;
  for (protocol::DeviceTool& tool : answer.tools) {
    if (listing_->tools.size() == kDeviceToolsMax) break;
    std::string offered = offered_name(tool.name);
    model::McpTool& listed = listing_->tools.emplace_back();
    listed.name = offered;
    listed.description = std::move(tool.description);
    listed.parameters = std::move(tool.schema);
    names_.emplace_back(std::move(offered), std::move(tool.name));
  }
  const bool has_room = listing_->tools.size() < kDeviceToolsMax;
  if (answer.next_cursor.empty() || !has_room || ++pages_ >= kDeviceToolPagesMax) {
    end_listing({});
    return;
  }
  ask({.method = Method::list_tools, .cursor = std::move(answer.next_cursor)}, kDeviceListPatience,
      nullptr);
}

void DeviceTools::end_listing(Status status) {
  if (listing_ == nullptr) return;
  const std::shared_ptr<model::McpListing> listing = std::move(listing_);
  listing->status = std::move(status);
  if (listing->status) listing->host = host_;
  listing->finish();
}

void DeviceTools::expire(Instant now) {
  std::vector<Waiting> late;
  std::erase_if(waiting_, [&](Waiting& one) {
    if (one.until > now) return false;
    late.push_back(std::move(one));
    return true;
  });
  for (const Waiting& one : late) {
    Error error{ErrorCode::deadline_exceeded, "The device did not answer."};
    if (one.call == nullptr) {
      end_listing(std::move(error));
    } else {
      one.call->status = std::move(error);
      one.call->finish();
    }
  }
}

std::optional<Instant> DeviceTools::next_at() const {
  std::optional<Instant> next;
  for (const Waiting& one : waiting_) next = std::min(next.value_or(one.until), one.until);
  return next;
}

std::optional<std::string> DeviceTools::device_name(std::string_view offered) const {
  const auto found = std::find_if(names_.begin(), names_.end(),
                                  [&](const auto& one) { return one.first == offered; });
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

/// Two that differ in dots alone are told apart by a number.
std::string DeviceTools::offered_name(std::string_view name) const {
  std::string plain(name.substr(0, kNameBytesMax));
  std::replace_if(plain.begin(), plain.end(), [](char c) { return !is_plain(c); }, '_');
  std::string offered = plain;
  for (int number = 2; device_name(offered); ++number) {
    const std::string suffix = "_" + std::to_string(number);
    offered = plain.substr(0, kNameBytesMax - suffix.size()) + suffix;
  }
  return offered;
}

}  // namespace parley::service
