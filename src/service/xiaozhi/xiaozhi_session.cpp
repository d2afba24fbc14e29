// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/xiaozhi_session.h"

#include <utility>

#include "service/xiaozhi/xiaozhi_core.h"

namespace parley::service {

XiaozhiSession::XiaozhiSession(std::unique_ptr<XiaozhiCore> core) : core_(std::move(core)) {}

XiaozhiSession::~XiaozhiSession() { close(); }

const std::string& XiaozhiSession::id() const noexcept { return core_->id(); }

PushResult XiaozhiSession::push(DeviceEvent&& event) { return core_->push(std::move(event)); }

void XiaozhiSession::finish() { core_->finish(); }

void XiaozhiSession::close() noexcept { core_->close(); }

}  // namespace parley::service
