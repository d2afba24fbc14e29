#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# clang-tidy 19 over the sources of a configured build:  tools/clang_tidy.sh BUILD [SINCE-COMMIT]
# With a commit, only over what changed since then; JOBS at a time (all cores). GCC's own options are
# unknown to clang, and its -Wconversion is wider than GCC's.
set -eu
build="$1"
since="${2:-}"
if [ -n "$since" ]; then
  files=$(git diff --name-only --diff-filter=d "$since" -- 'src/*.cpp' 'apps/*.cpp')
else
  files=$(git ls-files -- 'src/*.cpp' 'apps/*.cpp')
fi
[ -n "$files" ] || { echo "clang-tidy: nothing changed"; exit 0; }
echo "$files" | xargs -P "${JOBS:-$(nproc)}" -n 1 clang-tidy-19 --quiet -p "$build" \
  --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-sign-conversion
echo "clang-tidy: $(echo "$files" | wc -l) files, no findings"
