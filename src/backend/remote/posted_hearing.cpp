// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/posted_hearing.h"

#include <utility>

#include "backend/remote/endpoint_error.h"
#include "backend/remote/transcription_answer.h"
#include "backend/remote/transcription_request.h"

namespace parley::backend {
namespace {

constexpr std::string_view kWho = "the recogniser's endpoint";
constexpr int kHttpOk = 200;
constexpr int kBadRequest = 400;
constexpr int kUnprocessable = 422;
constexpr std::size_t kAnswerBytesMax = 4U << 20U;

}  // namespace

PostedHearing::PostedHearing(std::shared_ptr<model::AsrCall> call, TranscriptionEndpoint& endpoint,
                             OnDone on_done)
    : RemoteHearing(
          std::move(call),
          [&client = endpoint.client](std::function<void()> work) { client.post(std::move(work)); },
          std::move(on_done)),
      endpoint_(endpoint) {}

void PostedHearing::ask() {
  http_status_ = 0;
  body_.clear();
  is_plain_ = endpoint_.is_plain.load();
  const RemoteAsrOptions& options = endpoint_.options;
  transport::ClientRequest request{.url = call().translate ? endpoint_.translations
                                                           : endpoint_.transcriptions};
  request.headers = {{"Content-Type", "multipart/form-data; boundary=" + endpoint_.boundary},
                     {"Accept", "application/json"}};
  if (!options.api_key.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + options.api_key);
  }
  request.body = make_transcription_form(
      call(), {.model = options.model, .boundary = endpoint_.boundary, .is_plain = is_plain_});
  exchange_ = endpoint_.client.start(std::move(request), as_listener());
  exchange_->set_timeout(options.answer_timeout, "no words within the time limit");
}

std::shared_ptr<transport::HttpListener> PostedHearing::as_listener() {
  return std::static_pointer_cast<PostedHearing>(shared_from_this());
}

void PostedHearing::hang_up() {
  if (exchange_) exchange_->close();
}

void PostedHearing::on_head(int status, std::string_view /*content_type*/) {
  http_status_ = status;
}

bool PostedHearing::on_body(std::string_view bytes) {
  if (is_over()) return true;
  if (body_.size() + bytes.size() > kAnswerBytesMax) {
    hang_up();
    end(Error{ErrorCode::resource_exhausted, std::string(kWho) + " sends more than " +
                                                 std::to_string(kAnswerBytesMax >> 20U) +
                                                 " MiB for one utterance"});
    return true;
  }
  body_ += bytes;
  return true;
}

/// A refusal of what only some endpoints know.
bool PostedHearing::may_be_too_much(int status) const noexcept {
  return !is_plain_ && (status == kBadRequest || status == kUnprocessable);
}

void PostedHearing::on_end(Status ended) {
  if (is_over()) return;
  if (http_status_ == 0 || (http_status_ == kHttpOk && !ended)) return lose(ended.error());
  if (may_be_too_much(http_status_)) {
    endpoint_.is_plain.store(true);
    return ask();
  }
  if (http_status_ != kHttpOk) return lose(endpoint_error(kWho, http_status_, body_));
  Result<HeardAnswer> answer = read_transcription(body_, length());
  if (!answer) return end(answer.error());
  succeed(std::move(*answer));
}

}  // namespace parley::backend
