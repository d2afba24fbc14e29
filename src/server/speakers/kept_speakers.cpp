// SPDX-License-Identifier: Apache-2.0
#include "server/speakers/kept_speakers.h"

#include <string>
#include <utility>

#include "server/kept_conversations.h"
#include "store/memory/memory_speakers.h"
#include "store/redis/redis_speakers.h"
#include "store/sqlite/sqlite_speakers.h"

namespace parley::server {
namespace {

Result<std::unique_ptr<store::SpeakerBackend>> open_backend(const Config& config,
                                                            const Clock& clock) {
  if (!config.store.url.empty()) {
    PARLEY_TRY(std::unique_ptr<store::SpeakerBackend> shared,
               store::RedisSpeakers::open({.url = config.store.url}, clock));
    return shared;
  }
  const std::string& wanted =
      config.speakers.path.empty() ? config.store.path : config.speakers.path;
  if (wanted.empty()) return std::unique_ptr<store::SpeakerBackend>(new store::MemorySpeakers);
  PARLEY_TRY(const std::string path, expanded_path(wanted));
  PARLEY_TRY(std::unique_ptr<store::SpeakerBackend> file,
             store::SqliteSpeakers::open(path, config.store.sync == "full"));
  return file;
}

}  // namespace

Result<std::unique_ptr<KeptSpeakers>> KeptSpeakers::make(const Config& config, Engine& engine,
                                                         Metrics& metrics) {
  if (engine.speakers() == nullptr) {
    if (config.speakers.gate == "off") return std::unique_ptr<KeptSpeakers>();
    return Error{ErrorCode::invalid_argument,
                 "speakers.gate = 'enrolled' would let nobody in: speakers.model is 'off'"};
  }
  PARLEY_TRY(std::unique_ptr<store::SpeakerBackend> backend, open_backend(config, engine.clock()));
  store::SecretKeySource key{.hex = config.speakers.key, .file = {}};
  if (key.hex.empty()) {
    PARLEY_TRY(key.file, expanded_path(config.speakers.key_file));
  }
  auto vault = store::SpeakerVault::open(std::move(backend), key);
  if (!vault) {
    return vault.error().with_context(key.hex.empty() ? "speakers.key_file" : "speakers.key");
  }
  return std::unique_ptr<KeptSpeakers>(
      new KeptSpeakers(config, std::move(*vault), engine, metrics));
}

KeptSpeakers::KeptSpeakers(const Config& config, std::unique_ptr<store::SpeakerVault> vault,
                           Engine& engine, Metrics& metrics)
    : store_(std::move(vault), {store_thread_, engine.clock(), metrics}),
      known_(store_, engine.speakers()->name(), static_cast<float>(config.speakers.threshold)),
      service_({.speakers = *engine.speakers(),
                .vad = engine.vad(),
                .store = store_,
                .known = known_,
                .waiting = engine.waiting(),
                .clock = engine.clock()},
               static_cast<float>(config.speakers.threshold)),
      desk_(service_, desk_thread_, metrics) {}

}  // namespace parley::server
