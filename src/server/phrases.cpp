// SPDX-License-Identifier: Apache-2.0
#include "server/phrases.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "backend/phrase_cache/model_hash.h"
#include "base/log.h"
#include "server/kept_conversations.h"
#include "server/models.h"
#include "text/spoken_text.h"

namespace parley::server {
namespace {

constexpr std::uint64_t kMebi = 1U << 20U;

/// A machine without a home folder has no place for a cache: that is no reason not to speak.
std::optional<backend::DiskOptions> disk_options(const Config::Tts::Cache& cache) {
  if (cache.path.empty() || cache.disk_mb == 0) return std::nullopt;
  Result<std::string> path = expanded_path(cache.path);
  if (!path) {
    log::warn("spoken phrases are kept in memory only", {{"why", "there is no home folder"}});
    return std::nullopt;
  }
  backend::DiskOptions options;
  options.path = std::move(*path);
  options.bytes_max = static_cast<std::uint64_t>(cache.disk_mb) * kMebi;
  return options;
}

/// Stand-ins are quicker than any cache, and tests of sessions want to see them work.
bool is_on(const Config& config) {
  return config.tts.cache.use == "on" || (config.tts.cache.use == "auto" && !config.models.fake);
}

/// As the voice is given them when a client asks for the same text.
Result<std::vector<backend::PinnedPhrase>> in_chunks(std::vector<backend::PinnedPhrase> written,
                                                     const text::Lexicon* lexicon) {
  std::vector<backend::PinnedPhrase> spoken;
  for (backend::PinnedPhrase& phrase : written) {
    text::TextOptions options;
    options.lexicon = lexicon;
    text::SpokenText text(options);
    PARLEY_TRY_STATUS(text.append(phrase.text));
    PARLEY_TRY_STATUS(text.finish());
    while (std::optional<text::SpokenChunk> chunk = text.next()) {
      if (chunk->spoken.empty()) continue;
      spoken.push_back({std::move(chunk->spoken), phrase.voice, phrase.speed * chunk->rate});
    }
  }
  return spoken;
}

Result<std::vector<backend::PinnedPhrase>> load_pinned(const Config& config,
                                                       const text::Lexicon* lexicon) {
  const std::string& path = config.tts.cache.pinned;
  if (path.empty()) return std::vector<backend::PinnedPhrase>();
  const backend::PinnedPhrase defaults{
      .text = {}, .voice = config.tts.voice, .speed = static_cast<float>(config.tts.speed)};
  PARLEY_TRY(std::vector<backend::PinnedPhrase> written, backend::read_pinned(path, defaults));
  Result<std::vector<backend::PinnedPhrase>> spoken = in_chunks(std::move(written), lexicon);
  if (!spoken) return spoken.error().with_context(path);
  return spoken;
}

using Voice = backend::CachingTtsOptions::Voice;
using VoiceOf = std::function<Voice(std::string_view name)>;

/// What each voice's name stands for.
Result<VoiceOf> voices(const Config& config) {
  if (!config.tts.url.empty()) {
    // Nobody says when the endpoint changes its model: another name for it makes other phrases.
    return VoiceOf([model = config.tts.url + " " + config.tts.model](std::string_view name) {
      return Voice{std::string(name), model};
    });
  }
  PARLEY_TRY(model::VoiceNames names, voice_names(config));
  std::vector<std::string> hashes;
  for (const std::string& name : names.names()) {
    std::string hash = "stand-in";
    if (!config.models.fake) {
      PARLEY_TRY(hash, backend::hash_of_model(models_root(config) + "/models/" + name));
    }
    hashes.push_back(std::move(hash));
  }
  return VoiceOf([names = std::move(names), hashes = std::move(hashes)](std::string_view asked) {
    std::string resolved = names.resolve(asked);
    const std::size_t index = names.index_of(resolved);
    return Voice{std::move(resolved), hashes[index]};
  });
}

}  // namespace

Result<std::unique_ptr<Phrases>> Phrases::make(const Config& config, model::TtsHost& voice,
                                               const Surroundings& around) {
  if (!is_on(config)) return std::unique_ptr<Phrases>();
  const Config::Tts::Cache& settings = config.tts.cache;
  PARLEY_TRY(std::vector<backend::PinnedPhrase> pinned, load_pinned(config, around.lexicon));
  backend::CachingTtsOptions options;
  PARLEY_TRY(options.voice_of, voices(config));

  std::unique_ptr<Phrases> phrases(new Phrases);
  phrases->cache_ = std::make_unique<backend::PhraseCache>(
      backend::PhraseCacheOptions{
          .memory_bytes_max = static_cast<std::size_t>(settings.memory_mb) * kMebi,
          .disk = disk_options(settings)},
      backend::DiskTier::Surroundings{phrases->thread_, around.timers, around.clock,
                                      around.metrics});
  options.any_seed = settings.any_seed;
  phrases->host_ = std::make_unique<backend::CachingTtsHost>(
      voice, *phrases->cache_, std::move(options),
      backend::CachingTtsHost::Surroundings{around.executor, around.timers, around.clock});
  if (!pinned.empty()) {
    phrases->pinned_ = std::make_unique<backend::PinnedPhrases>(
        std::move(pinned),
        backend::PinnedPhrases::Surroundings{*phrases->host_, *phrases->cache_, around.executor,
                                             around.timers, around.clock});
  }
  return phrases;
}

void Phrases::speak_pinned() {
  if (pinned_ != nullptr) pinned_->start();
}

}  // namespace parley::server
