// SPDX-License-Identifier: Apache-2.0
//
// Sockets that stay open while nothing of theirs runs: between two recordings, or before the first
// sound. When the server ends they are closed at once, and each other one when what runs has ended:
// nobody keeps a server from ending by doing nothing.
//
//   place_ = idle.add(connection);                    // when the socket is open
//   IdleSockets::Work work(place_);                   // while a stream of it runs
//
// Threads: any.
#pragma once

#include <memory>

#include "transport/connection.h"

namespace parley::server {

class IdleSockets {
 public:
  class Place;

  /// Something runs for a socket, as long as this lives.
  class Work {
   public:
    explicit Work(std::shared_ptr<Place> place);
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    ~Work();

   private:
    const std::shared_ptr<Place> place_;  // shared with the socket, which may end first
  };

  IdleSockets();
  /// Shared: by the socket, and by what runs for it.
  [[nodiscard]] std::shared_ptr<Place> add(std::shared_ptr<transport::Connection> connection);
  /// Closes (1001) every socket for which nothing runs, from now on.
  void drain();

 private:
  struct All;
  const std::shared_ptr<All> all_;  // shared with places, which may end later
};

}  // namespace parley::server
