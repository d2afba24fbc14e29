// SPDX-License-Identifier: Apache-2.0
//
// Writes records as lines of JSON into a file: when it grows too large it becomes FILE.1, FILE.1
// becomes FILE.2, and so on. A line that the disk does not take is lost as a whole, and counted;
// the next one is tried again.
//
// Threads: `observe` any; the file is written on the executor's thread, which may block.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "exec/strand.h"
#include "server/observers/record_queue.h"

namespace parley::server {

struct FileObserverOptions {
  std::string path = {};
  std::size_t file_bytes_max = 64U << 20U;  // then the next file begins
  int files_max = 5;                        // older ones that are kept beside the current one
};

class FileObserver final : public service::SessionObserver, private exec::StrandBody {
 public:
  /// `executor` and `metrics` outlive it.
  FileObserver(FileObserverOptions options, exec::Executor& executor, Metrics& metrics);
  /// Writes what waits.
  ~FileObserver() override;
  FileObserver(const FileObserver&) = delete;
  FileObserver& operator=(const FileObserver&) = delete;

  void observe(RecordPtr record) noexcept override;

 private:
  bool run_slice() noexcept override;
  void write(const service::SessionRecord& record);
  [[nodiscard]] Status append(const std::string& line);
  [[nodiscard]] Status open();
  void rotate();
  void close() noexcept;

  const FileObserverOptions options_;
  Counter& written_;
  Counter& lost_;
  std::shared_ptr<exec::Strand> strand_;  // shared with its wakers
  RecordQueue queue_;
  int file_ = -1;
  std::size_t bytes_ = 0;       // of the current file
  bool is_regular_ = false;     // a device or a pipe is not rotated
  bool is_in_trouble_ = false;  // said once
};

}  // namespace parley::server
