// SPDX-License-Identifier: Apache-2.0
//
// parley-voice-check LIBRARY FOLDER: tries a voice of sherpa-onnx, so that its end is not ours
// (backend/sherpa/voice_check.h). What sherpa says goes to standard output, where it is read.

#include <cstdio>

#include <unistd.h>

#include "backend/sherpa/voice_check.h"

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: parley-voice-check LIBRARY FOLDER\n");
    return 2;
  }
  dup2(STDOUT_FILENO, STDERR_FILENO);
  return parley::backend::voice_check_main(words[1], words[2]);
}
