// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/xiaozhi_session.h"

#include <utility>

#include "service/xiaozhi/xiaozhi_core.h"

namespace parley::service {

XiaozhiSession::XiaozhiSession(std::unique_ptr<XiaozhiCore> core) : core_(std::move(core)) {}

XiaozhiSession::~XiaozhiSession() { close(); }

const std::string& XiaozhiSession::id() const noexcept { return core_->id(); }

PushResult XiaozhiSession::push(DeviceEvent&& event) {
  if (!core_->has_room()) {
    core_->want_resume();
    if (!core_->has_room()) return PushResult::full;
  }
  // There is room: only this thread adds to the mailbox.
  const exec::PushResult pushed = core_->mailbox().push(std::move(event));
  return pushed == exec::PushResult::accepted ? PushResult::accepted : PushResult::closed;
}

void XiaozhiSession::finish() { core_->finish(); }

void XiaozhiSession::close() noexcept { core_->close(); }

}  // namespace parley::service
