// SPDX-License-Identifier: Apache-2.0
#include "cli/talk_files.h"

#include <algorithm>

#include "codec/audio_codec.h"
#include "codec/audio_file.h"
#include "codec/wav_writer.h"

namespace parley::cli {

Result<TalkFiles> TalkFiles::open(const std::string& in) {
  PARLEY_TRY(const codec::AudioClip clip, codec::read_audio_file(in, {.rate = kTalkRate}));
  TalkFiles files;
  files.question_.resize(clip.samples.size());
  codec::encode(media::Codec::pcm16, clip.samples,
                std::as_writable_bytes(std::span(files.question_)));
  return files;
}

bool TalkFiles::read(std::span<std::int16_t> frame) {
  if (at_end()) return false;
  const std::size_t count = std::min(frame.size(), question_.size() - at_);
  std::copy_n(question_.begin() + static_cast<std::ptrdiff_t>(at_), count, frame.begin());
  std::fill(frame.begin() + static_cast<std::ptrdiff_t>(count), frame.end(), std::int16_t{0});
  at_ += count;
  return true;
}

void TalkFiles::play(std::span<const std::int16_t> samples) {
  const std::size_t before = reply_.size();
  reply_.resize(before + samples.size());
  codec::decode(media::Codec::pcm16, std::as_bytes(samples), std::span(reply_).subspan(before));
}

Status TalkFiles::finish(const std::string& out) const {
  return codec::write_wav(out, kTalkRate, reply_);
}

}  // namespace parley::cli
