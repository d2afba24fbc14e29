// SPDX-License-Identifier: Apache-2.0
//
// Kept conversations over HTTP:
//
//   GET    /v1/conversations?limit=&after=      those of the caller, newest first
//   POST   /v1/conversations                    a history to go on with
//   GET    /v1/conversations/{id}               items, responses, usage
//   GET    /v1/conversations/{id}/transcript    plain text (also ?format=text)
//   DELETE /v1/conversations/{id}
//
// Threads: any. The store's thread writes the answers.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "media/buffer_pool.h"
#include "store/conversation_store.h"
#include "transport/listener.h"

namespace parley::server {

/// Conversations on one page.
inline constexpr std::size_t kPageLimitMax = 100;
inline constexpr std::size_t kPageLimitDefault = 20;

class ConversationsRoute {
 public:
  static constexpr std::string_view kPath = "/v1/conversations";
  /// True for the path above and everything below it.
  [[nodiscard]] static bool serves(std::string_view path);

  /// All outlive every request. `store` may be null: nothing is kept, every answer is 404.
  ConversationsRoute(store::ConversationStore* store, media::BufferPool& buffers,
                     const Clock& clock);

  void handle(const transport::HttpRequest& request, std::string owner, transport::HttpReply reply);

 private:
  void list(const transport::HttpRequest& request, std::string owner, transport::HttpReply reply);
  void create(const transport::HttpRequest& request, std::string owner, transport::HttpReply reply);
  void show(store::Key key, bool as_text, transport::HttpReply reply);
  void erase(store::Key key, transport::HttpReply reply);
  [[nodiscard]] std::string make_id(std::string_view prefix);

  store::ConversationStore* const store_;
  media::BufferPool& buffers_;
  const Clock& clock_;
  std::mutex mutex_;  // held for a few moves only
  Random random_;     // GUARDED_BY(mutex_)
};

}  // namespace parley::server
