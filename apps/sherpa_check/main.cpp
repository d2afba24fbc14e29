// SPDX-License-Identifier: Apache-2.0
//
// parley-sherpa-check KIND LIBRARY FOLDER: tries a model of sherpa-onnx, so that its end is not
// ours (backend/sherpa/sherpa_check.h). What sherpa says goes to standard output, where it is read.

#include <cstdio>

#include <unistd.h>

#include "backend/sherpa/sherpa_check.h"

int main(int count, char** words) {
  if (count != 4) {
    std::fprintf(stderr, "usage: parley-sherpa-check KIND LIBRARY FOLDER\n");
    return 2;
  }
  dup2(STDOUT_FILENO, STDERR_FILENO);
  return parley::backend::sherpa_check_main(words[1], words[2], words[3]);
}
