// SPDX-License-Identifier: Apache-2.0
#include "server/idle_sockets.h"

#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace parley::server {

using transport::Connection;

namespace {

void close(Connection& connection) {
  connection.close(transport::close_code::kGoingAway, "shutting down");
}

}  // namespace

struct IdleSockets::All {
  std::mutex mutex;         // held for a look; nothing is closed under it
  std::set<Place*> places;  // GUARDED_BY(mutex)
  bool draining = false;    // GUARDED_BY(mutex)
};

class IdleSockets::Place {
 public:
  Place(std::shared_ptr<All> all, std::shared_ptr<Connection> connection)
      : all_(std::move(all)), connection_(std::move(connection)) {
    const std::lock_guard lock(all_->mutex);
    all_->places.insert(this);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    const std::lock_guard lock(all_->mutex);
    all_->places.erase(this);
  }

  void begin() {
    const std::lock_guard lock(all_->mutex);
    ++running_;
  }
  void end() {
    {
      const std::lock_guard lock(all_->mutex);
      if (--running_ > 0 || !all_->draining) return;
    }
    close(*connection_);
  }
  // With the mutex held.
  [[nodiscard]] bool is_idle() const noexcept { return running_ == 0; }
  [[nodiscard]] const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  const std::shared_ptr<All> all_;
  const std::shared_ptr<Connection> connection_;
  int running_ = 0;  // GUARDED_BY(all_->mutex)
};

IdleSockets::Work::Work(std::shared_ptr<Place> place) : place_(std::move(place)) {
  place_->begin();
}

IdleSockets::Work::~Work() { place_->end(); }

IdleSockets::IdleSockets() : all_(std::make_shared<All>()) {}

std::shared_ptr<IdleSockets::Place> IdleSockets::add(std::shared_ptr<Connection> connection) {
  auto place = std::make_shared<Place>(all_, std::move(connection));
  bool is_late = false;
  {
    const std::lock_guard lock(all_->mutex);
    is_late = all_->draining;
  }
  if (is_late) close(*place->connection());
  return place;
}

void IdleSockets::drain() {
  std::vector<std::shared_ptr<Connection>> idle;
  {
    const std::lock_guard lock(all_->mutex);
    all_->draining = true;
    for (const Place* place : all_->places) {
      if (place->is_idle()) idle.push_back(place->connection());
    }
  }
  for (const std::shared_ptr<Connection>& connection : idle) close(*connection);
}

}  // namespace parley::server
