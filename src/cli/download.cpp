// SPDX-License-Identifier: Apache-2.0
#include "cli/download.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sha256.h"
#include "transport/client/http_client.h"

namespace parley::cli {
namespace {

constexpr int kRedirectsMax = 5;
constexpr std::size_t kReadBytes = 1U << 20U;
constexpr std::uint64_t kProgressBytes = 1U << 20U;

Error file_error(const std::filesystem::path& path, int code) {
  const ErrorCode kind =
      code == ENOSPC || code == EDQUOT || code == EFBIG  ? ErrorCode::resource_exhausted
      : code == EACCES || code == EPERM || code == EROFS ? ErrorCode::permission_denied
                                                         : ErrorCode::unavailable;
  return {kind, path.string() + ": " + std::generic_category().message(code)};
}

/// FILE.part: held by one process at a time, hashed as it grows.
class PartFile {
 public:
  static Result<std::unique_ptr<PartFile>> open(const std::filesystem::path& file) {
    auto part = std::make_unique<PartFile>();
    part->path_ = file.string() + ".part";
    part->descriptor_ = ::open(part->path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (part->descriptor_ < 0) return file_error(part->path_, errno);
    if (::flock(part->descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return Error{ErrorCode::already_exists,
                   file.string() + " is being fetched by another process"};
    }
    PARLEY_TRY_STATUS(part->hash_what_is_there());
    return part;
  }
  PartFile() = default;
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  Status append(std::string_view bytes) {
    hash_.update(std::as_bytes(std::span(bytes)));
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return file_error(path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
      size_ += static_cast<std::uint64_t>(count);
    }
    return {};
  }
  Status clear() {
    static_cast<void>(hash_.finish());
    size_ = 0;
    if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) < 0) {
      return file_error(path_, errno);
    }
    return {};
  }
  [[nodiscard]] std::string finish_hash() { return hash_.finish(); }
  Status become(const std::filesystem::path& file) {
    if (::fsync(descriptor_) != 0 || ::rename(path_.c_str(), file.c_str()) != 0) {
      return file_error(path_, errno);
    }
    return {};
  }
  void remove() { ::unlink(path_.c_str()); }

 private:
  Status hash_what_is_there() {
    std::vector<char> bytes(kReadBytes);
    for (;;) {
      const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return file_error(path_, errno);
      if (count == 0) return {};
      hash_.update(std::as_bytes(std::span(bytes).first(static_cast<std::size_t>(count))));
      size_ += static_cast<std::uint64_t>(count);
    }
  }

  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  Sha256 hash_;
};

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "bytes 100-199/200" and, of a range that there is not, "bytes */200".
struct ContentRange {
  std::optional<std::uint64_t> begin;
  std::optional<std::uint64_t> total;
};

ContentRange content_range(std::string_view text) {
  text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view range = text.substr(0, slash);
  return {.begin = number_of(range.substr(0, range.find('-'))),
          .total = number_of(text.substr(std::min(slash + 1, text.size())))};
}

/// One request and its answer, on the client's thread.
class Transfer final : public transport::HttpListener {
 public:
  struct Outcome {
    Status status;
    int code = 0;  // of HTTP; 0: none came
    std::string location;
    ContentRange range;
    bool is_fatal = false;  // the disk's fault, say: another connection would not help
  };

  Transfer(PartFile& part, const Download& download) : part_(part), download_(download) {}

  [[nodiscard]] std::future<Outcome> outcome() { return promise_.get_future(); }
  void watch(const std::shared_ptr<transport::HttpExchange>& exchange) {
    exchange_ = exchange;
    renew();
  }

  void on_field(std::string_view name, std::string_view value) override {
    if (same_name(name, "location")) outcome_.location = value;
    if (same_name(name, "content-length")) length_ = number_of(value).value_or(0);
    if (same_name(name, "content-range")) outcome_.range = content_range(value);
  }
  void on_head(int status, std::string_view /*content_type*/) override {
    outcome_.code = status;
    renew();
    if (status == 200) {
      // The whole file, whether or not a part was asked for.
      if (part_.size() > 0) note(part_.clear());
      total_ = length_;
    } else if (status == 206 && outcome_.range.begin == part_.size()) {
      total_ = part_.size() + length_;
    } else if (status == 206) {
      note(Error{ErrorCode::unavailable, "the server sent another part than was asked for"});
    }
  }
  bool on_body(std::string_view bytes) override {
    renew();
    const bool is_ours = outcome_.code == 200 || outcome_.code == 206;
    if (!is_ours || outcome_.is_fatal) return true;
    note(part_.append(bytes));
    tell();
    return true;
  }
  void on_end(Status status) override {
    if (outcome_.status) outcome_.status = std::move(status);
    promise_.set_value(std::move(outcome_));
  }

 private:
  void renew() {
    if (const auto exchange = exchange_.lock()) {
      exchange->set_timeout(download_.silence_max, "the server has gone silent");
    }
  }
  /// After a failure of the disk the rest of the answer is not worth reading.
  void note(Status status) {
    if (status) return;
    outcome_.status = std::move(status);
    outcome_.is_fatal = true;
    if (const auto exchange = exchange_.lock()) exchange->set_timeout(Millis(0), "given up");
  }
  void tell() {
    if (!download_.progress) return;
    const std::uint64_t step =
        total_ > 0 ? std::max(total_ / 100, kReadBytes / 16) : kProgressBytes;
    const bool is_last = part_.size() == total_;
    if (!is_last && part_.size() < told_ + step) return;
    told_ = part_.size();
    download_.progress(part_.size(), total_);
  }

  PartFile& part_;
  const Download& download_;
  std::weak_ptr<transport::HttpExchange> exchange_;  // owned by the client while it runs
  std::promise<Outcome> promise_;
  Outcome outcome_;
  std::uint64_t length_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t told_ = 0;
};

Transfer::Outcome request(transport::HttpClient& client, const transport::HttpUrl& url,
                          PartFile& part, const Download& download) {
  transport::ClientRequest request{.url = url, .method = "GET"};
  request.headers.emplace_back("User-Agent", "parley");
  request.headers.emplace_back("Accept", "*/*");
  if (part.size() > 0) {
    request.headers.emplace_back("Range", "bytes=" + std::to_string(part.size()) + "-");
  }
  const auto transfer = std::make_shared<Transfer>(part, download);
  std::future<Transfer::Outcome> outcome = transfer->outcome();
  const std::shared_ptr<transport::HttpExchange> exchange =
      client.start(std::move(request), transfer);
  client.post([transfer, exchange] { transfer->watch(exchange); });
  return outcome.get();
}

Result<transport::HttpUrl> redirected(const transport::HttpUrl& from, const std::string& to) {
  const std::string text = to.starts_with('/') ? from.origin() + to : to;
  // What comes after # is for browsers.
  PARLEY_TRY(transport::HttpUrl url, transport::parse_http_url(text.substr(0, text.find('#'))));
  if (from.is_tls && !url.is_tls) {
    return Error{ErrorCode::unavailable, from.origin() + " leads to an address without TLS"};
  }
  return url;
}

Error refused(const transport::HttpUrl& url, int code) {
  const ErrorCode kind = code == 404 || code == 410   ? ErrorCode::not_found
                         : code == 401 || code == 403 ? ErrorCode::permission_denied
                                                      : ErrorCode::unavailable;
  return {kind, url.origin() + url.path.substr(0, url.path.find('?')) + ": HTTP status " +
                    std::to_string(code)};
}

/// Until the part is whole.
Status transfer(const Download& download, PartFile& part) {
  PARLEY_TRY(transport::HttpUrl url, transport::parse_http_url(download.url));
  const transport::HttpUrl first = url;
  transport::HttpClient client({});
  int redirects = 0;
  int retries = download.retries;
  bool restarted = false;
  for (;;) {
    const std::uint64_t before = part.size();
    const Transfer::Outcome outcome = request(client, url, part, download);
    if (outcome.is_fatal) return outcome.status;
    if (!outcome.status) {
      if (part.size() <= before || retries-- == 0) return outcome.status;
      url = first;  // an address that was led to may be good for a while only
      redirects = 0;
      continue;
    }
    if (outcome.code == 200 || outcome.code == 206) return {};
    if (outcome.code >= 300 && outcome.code < 400 && !outcome.location.empty()) {
      if (++redirects > kRedirectsMax) {
        return Error{ErrorCode::unavailable, download.url + ": leads from address to address"};
      }
      PARLEY_TRY(url, redirected(url, outcome.location));
      continue;
    }
    // There is no more: the part is whole already, or of another file.
    if (outcome.code == 416 && outcome.range.total == part.size()) return {};
    if (outcome.code == 416 && part.size() > 0 && !restarted) {
      restarted = true;
      PARLEY_TRY_STATUS(part.clear());
      continue;
    }
    return refused(url, outcome.code);
  }
}

}  // namespace

Result<std::string> fetch(const Download& download) {
  PARLEY_TRY(const std::unique_ptr<PartFile> part, PartFile::open(download.file));
  const Status done = transfer(download, *part);
  if (!done) {
    if (part->size() == 0) part->remove();
    return done.error();
  }
  const std::string sha256 = part->finish_hash();
  if (!download.sha256.empty() && sha256 != download.sha256) {
    part->remove();
    return Error{ErrorCode::data_corrupt, download.url + ": SHA-256 is " + sha256 + ", expected " +
                                              download.sha256 + "; nothing was kept"};
  }
  PARLEY_TRY_STATUS(part->become(download.file));
  return sha256;
}

}  // namespace parley::cli
