// SPDX-License-Identifier: Apache-2.0
#include "exec/thread_name.h"

#include <pthread.h>

namespace parley::exec {

void set_thread_name(const std::string& name) {
  // Fails only for names that are too long.
  pthread_setname_np(pthread_self(), name.substr(0, kThreadNameBytesMax).c_str());
}

}  // namespace parley::exec
