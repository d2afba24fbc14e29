// SPDX-License-Identifier: Apache-2.0
//
// What has been heard of a recording so far, beside the transcript that it will become: whoever is
// interrupted goes on behind the last utterance that is in it. Its first line says which recording
// and which settings it is of; of another it is begun anew.
//
//   PARLEY_TRY(auto journal, TranscriptJournal::open("out/a.part", key));
//   … journal.heard() …                       // from before
//   PARLEY_TRY_STATUS(journal.add(utterance));
//   journal.remove();                         // the transcript is there
//
// Threads: one at a time.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "service/recognition/recognition_sink.h"

namespace parley::cli {

class TranscriptJournal {
 public:
  /// `key`: one line. A last line that is not whole is forgotten. Errors: what the file system
  /// says; already_exists while another process writes it.
  static Result<TranscriptJournal> open(const std::string& path, const std::string& key);
  TranscriptJournal(TranscriptJournal&& other) noexcept;
  TranscriptJournal& operator=(TranscriptJournal&&) = delete;
  TranscriptJournal(const TranscriptJournal&) = delete;
  TranscriptJournal& operator=(const TranscriptJournal&) = delete;
  ~TranscriptJournal();

  [[nodiscard]] const std::vector<service::RecognizedText>& heard() const { return heard_; }
  /// It is on the disk's way when this returns: a crash of ours loses nothing, a power cut may.
  Status add(const service::RecognizedText& utterance);
  void remove() const;

 private:
  TranscriptJournal(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  Status read(const std::string& key);
  Status write(std::string_view bytes) const;

  std::string path_;
  int descriptor_;
  std::vector<service::RecognizedText> heard_;
};

}  // namespace parley::cli
