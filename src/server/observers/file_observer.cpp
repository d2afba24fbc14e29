// SPDX-License-Identifier: Apache-2.0
#include "server/observers/file_observer.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "server/observers/record_json.h"

namespace parley::server {
namespace {

constexpr int kRecordsPerSlice = 64;

Error disk_error(const std::string& what) {
  return {ErrorCode::unavailable, what + ": " + std::generic_category().message(errno)};
}

}  // namespace

FileObserver::FileObserver(FileObserverOptions options, exec::Executor& executor, Metrics& metrics)
    : options_(std::move(options)),
      written_(records_kept(metrics, "file")),
      lost_(records_lost(metrics, "file", "disk")),
      strand_(exec::Strand::make(executor, *this)),
      queue_({.capacity = kRecordsWaitingMax,
              .refused_metric = &records_lost(metrics, "file", "queue")},
             strand_->waker()) {}

FileObserver::~FileObserver() {
  strand_->close();
  while (const std::optional<RecordPtr> record = queue_.pop()) write(**record);
  close();
}

void FileObserver::observe(RecordPtr record) noexcept { queue_.push(std::move(record)); }

bool FileObserver::run_slice() noexcept {
  for (int i = 0; i < kRecordsPerSlice; ++i) {
    const std::optional<RecordPtr> record = queue_.pop();
    if (!record) return false;
    write(**record);
  }
  return true;
}

void FileObserver::write(const service::SessionRecord& record) {
  const Status status = append(to_json(record) + "\n");
  if (status) {
    written_.add();
    if (std::exchange(is_in_trouble_, false)) {
      log::info("the observers' file is written again", {{"file", options_.path}});
    }
    return;
  }
  lost_.add();
  if (!std::exchange(is_in_trouble_, true)) {
    log::warn("records of sessions are lost", {{"reason", status.error().message}});
  }
}

Status FileObserver::append(const std::string& line) {
  if (file_ < 0) PARLEY_TRY_STATUS(open());
  if (is_regular_ && bytes_ > 0 && bytes_ + line.size() > options_.file_bytes_max) {
    rotate();
    if (file_ < 0) PARLEY_TRY_STATUS(open());
  }
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t count = ::write(file_, line.data() + done, line.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const Error error = disk_error(options_.path);
      // Half a line would spoil the next one.
      if (done > 0 && is_regular_ && ftruncate(file_, static_cast<off_t>(bytes_)) != 0) close();
      return error;
    }
    done += static_cast<std::size_t>(count);
  }
  bytes_ += line.size();
  return {};
}

Status FileObserver::open() {
  constexpr mode_t kOwnerOnly = 0600;  // what people said is nobody else's business
  file_ = ::open(options_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (file_ < 0) return disk_error(options_.path);
  struct stat about{};
  is_regular_ = fstat(file_, &about) == 0 && S_ISREG(about.st_mode);
  bytes_ = is_regular_ ? static_cast<std::size_t>(about.st_size) : 0;
  return {};
}

void FileObserver::rotate() {
  close();
  const auto name = [this](int number) { return options_.path + "." + std::to_string(number); };
  for (int i = options_.files_max; i > 1; --i) {
    std::rename(name(i - 1).c_str(), name(i).c_str());  // the first times there is none
  }
  const int moved = options_.files_max > 0 ? std::rename(options_.path.c_str(), name(1).c_str())
                                           : std::remove(options_.path.c_str());
  if (moved != 0) log::warn("a file cannot be rotated", {{"file", options_.path}});
}

void FileObserver::close() noexcept {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

}  // namespace parley::server
