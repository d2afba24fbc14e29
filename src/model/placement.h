// SPDX-License-Identifier: Apache-2.0
//
// What a model runs on: how many threads and on which cores, by which execution provider, on which
// GPU. Made of a lease (exec/resource_pool.h), which must live as long as the model; a
// TensorModelHost keeps it. Without one a model runs on its host's thread, by cpu.
//
//   PARLEY_TRY(exec::ResourceLease lease, pool.try_lease({.cores = 2, .provider = "cuda"}));
//   PARLEY_TRY(auto model, OnnxTensorModel::load(file, buffers, placement_of(lease)));
//   exec::ThreadExecutor thread("model", lease.cores());
//
// Threads: value type.
#pragma once

#include <string>
#include <vector>

#include "exec/resource_pool.h"

namespace parley::model {

struct Placement {
  std::vector<int> cores = {};   // as many threads as cores; none: one thread, anywhere
  std::string provider = "cpu";  // as exec::ResourceRequest names it
  int gpu = 0;                   // for providers that have one
};

[[nodiscard]] inline Placement placement_of(const exec::ResourceLease& lease) {
  return {.cores = lease.cores(), .provider = lease.provider(), .gpu = lease.gpu().value_or(0)};
}

}  // namespace parley::model
