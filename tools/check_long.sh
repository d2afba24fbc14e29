#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What takes too long for every change:  tools/check_long.sh [--short] [STAGE]...
#
#   asan    every test, soak included, under the address and undefined-behaviour sanitizers
#   tsan    every test, soak included, under the thread sanitizer
#   fuzz    each fuzzer for FUZZ_SECONDS (600), from fuzz/corpus and what earlier runs found
#   crash   kill -9 at CRASH_MOMENTS (200) moments with fake models, and at a tenth of them with real ones;
#           what clients were told and what is kept agree, in a file and in Redis
#   soak    SOAK_SESSIONS (10000) sessions come and go and leave nothing behind
#   idle    IDLE_SESSIONS (1000) sessions stay, each after one spoken turn
#   load    bench talk: one session, with and without long instructions; then LOAD_SESSIONS (20) for
#           LOAD_SECONDS (120) with the local model, and with a scripted one whose replies carry words
#           that only the right session may hear
#   speech_load  200 and then 400 users have sentences spoken for SPEECH_MINUTES (10) each
#   speech_soak  50 users have sentences spoken for SPEECH_SOAK_MINUTES (60) and leave nothing behind; with
#           PARLEY_BIN_DIR=build/asan/bin under the address sanitizer
#   recognition_soak  30 clients of every recognition interface, good and bad, for RECOGNITION_SOAK_MINUTES
#           (60), and leave nothing behind; with PARLEY_BIN_DIR=build/asan/bin likewise
#   rooms   what goes wrong in rooms and between workers, where it takes minutes
#   rooms_soak  ROOMS_SOAK_JOBS (1000) agents come into rooms of a LiveKit server and out of them, and leave
#           nothing behind; with PARLEY_BIN_DIR=build/asan/bin likewise
#   broken  MUTATED_EVENTS (200000) broken events, 500 a second, while others talk
#   tidy    clang-tidy on every source
#
# Without a stage all of them, and a stage that fails does not keep the others from running. Logs, the
# fuzzers' finds and the benches' JSON are in build/check-long. --short runs each in its smallest useful form:
# it shows that the commands work. A variable that is set wins. PARLEY_BIN_DIR names programs to use
# instead of building bin/; CHECK_ONLY names the layers that asan, tsan and fuzz build (all; a short asan or
# tsan: base).
set -euo pipefail
cd "$(dirname "$0")/.."

logs=$PWD/build/check-long
jobs=${JOBS:-$(nproc)}
all=(asan tsan fuzz crash soak idle load speech_load speech_soak recognition_soak rooms rooms_soak broken
  tidy)
short=
if [ "${1:-}" = --short ]; then
  short=yes
  shift
fi
stages=("$@")
[ $# -gt 0 ] || stages=("${all[@]}")
for stage in "${stages[@]}"; do
  [[ " ${all[*]} " == *" $stage "* ]] || { echo "no stage '$stage': ${all[*]}" >&2; exit 2; }
done

either() { [ -z "$short" ] && echo "$1" || echo "$2"; } # the long figure or the short one
fuzz_seconds=${FUZZ_SECONDS:-$(either 600 10)}
crash_moments=${CRASH_MOMENTS:-$(either 200 10)}
soak_sessions=${SOAK_SESSIONS:-$(either 10000 300)}
soak_warm=$((soak_sessions / $(either 10 3)))
soak_growth=$(either 2 5) # percent; a short run has not met every size of allocation yet
idle_sessions=${IDLE_SESSIONS:-$(either 1000 100)}
load_sessions=${LOAD_SESSIONS:-$(either 20 3)}
load_seconds=${LOAD_SECONDS:-$(either 120 10)}
load_turns=$(either 20 2)
speech_users=$(either "200 400" "4 8")
speech_minutes=${SPEECH_MINUTES:-$(either 10 0.3)}
speech_soak_users=$(either 50 5)
speech_soak_minutes=${SPEECH_SOAK_MINUTES:-$(either 60 0.5)}
recognition_soak_clients=$(either 30 5)
recognition_soak_minutes=${RECOGNITION_SOAK_MINUTES:-$(either 60 0.5)}
rooms_soak_jobs=${ROOMS_SOAK_JOBS:-$(either 1000 20)}
rooms_soak_growth=$(either 30 10000) # KiB per job
mutated_events=${MUTATED_EVENTS:-$(either 200000 5000)}
only=${CHECK_ONLY:-}
sanitize_only=${only:-$(either "" base)}

export CTEST_OUTPUT_ON_FAILURE=1

main() {
  mkdir -p "$logs"
  local failed=()
  for stage in "${stages[@]}"; do
    local start=$SECONDS
    echo "== $stage"
    # Not `if stage ...`: that would switch -e off inside it.
    set +e
    (set -e; "stage_$stage")
    local status=$?
    set -e
    [ $status -eq 0 ] || failed+=("$stage")
    printf '== %s: %s in %d:%02d\n' "$stage" "$([ $status -eq 0 ] && echo passed || echo FAILED)" \
      $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60))
  done
  if [ ${#failed[@]} -gt 0 ]; then
    echo "check-long: FAILED: ${failed[*]} (logs in $logs)"
    exit 1
  fi
  echo "check-long: passed"
}

stage_asan() { sanitize asan; }
stage_tsan() { sanitize tsan; }

sanitize() { # PRESET
  logged "$1-configure" cmake --preset "$1" -DPARLEY_TESTS=ON "-DPARLEY_ONLY=$sanitize_only"
  logged "$1-build" cmake --build "build/$1" -j "$jobs"
  export PARLEY_REQUIRE_MODELS=1
  logged "$1-test" ctest --test-dir "build/$1" -j "$jobs" --no-tests=error
  sed -n '/tests passed\|tests failed/,$p' "$logs/$1-test.log"
}

# One fuzzer to a core. Each adds to a corpus of its own in build/, never to the tree.
stage_fuzz() {
  logged fuzz-configure cmake --preset fuzz "-DPARLEY_ONLY=$only"
  logged fuzz-build cmake --build build/fuzz --target fuzzers -j "$jobs"
  local programs
  mapfile -t programs < <(find build/fuzz -type f -name '*_fuzz' -executable | sort)
  [ ${#programs[@]} -gt 0 ] || { echo "no fuzzers were built"; return 1; }
  export logs fuzz_seconds
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export LSAN_OPTIONS=suppressions=$PWD/cmake/sanitizers/lsan.supp:print_suppressions=0
  export -f fuzz_one
  printf '%s\0' "${programs[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'fuzz_one "$0"'
}

fuzz_one() { # PROGRAM
  local name corpus found log
  name=$(basename "$1")
  corpus=fuzz/corpus/${name%_fuzz}
  found=$logs/corpus/${name%_fuzz}
  log=$logs/$name.log
  mkdir -p "$found" "$logs/crashes"
  if "$1" -max_total_time="$fuzz_seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$logs/crashes/$name-" "$found" "$corpus" >"$log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, no finding"
  else
    tail -n 30 "$log"
    echo "FAILED: $name (all of it in $log; the input is in $logs/crashes)"
    return 1
  fi
}

stage_crash() {
  programs
  PARLEY_CRASH_MOMENTS=$crash_moments logged crash-fake python3 -B tests/e2e/run.py crash_test.py
  PARLEY_CRASH_MOMENTS=$((crash_moments / 10)) PARLEY_CRASH_MODELS=real \
    logged crash-real python3 -B tests/e2e/run.py crash_test.py
  tail -n 40 "$logs"/crash-{fake,real}.log
}

stage_soak() {
  programs
  logged soak python3 tools/soak.py --sessions "$soak_sessions" --warm "$soak_warm" \
    --growth-max "$soak_growth"
  cat "$logs/soak.log"
}

stage_idle() {
  programs
  logged idle python3 tools/soak.py --idle "$idle_sessions"
  cat "$logs/idle.log"
}

stage_broken() {
  programs
  logged broken python3 tools/mutations.py --events "$mutated_events"
  cat "$logs/broken.log"
}

stage_load() {
  programs
  local bench=("${PARLEY_BIN_DIR:-bin}/parley" bench talk)
  local many=(--sessions "$load_sessions" --duration "$load_seconds")
  logged load-one "${bench[@]}" --turns "$load_turns"
  logged load-instructions "${bench[@]}" --turns "$load_turns" --instructions-tokens 200
  logged load-local "${bench[@]}" "${many[@]}"
  start_endpoint
  logged load-code-words "${bench[@]}" "${many[@]}" --code-words \
    --set "llm.url=$endpoint" --set llm.model=scripted || { kill "$endpoint_process"; return 1; }
  kill "$endpoint_process"
  tail -n +1 "$logs"/load-{one,instructions,local,code-words}.log
}

stage_speech_load() {
  programs
  local users
  read -r -a users <<<"$speech_users"
  logged speech-load python3 tools/speech_load.py "${users[@]/#/--users=}" --minutes "$speech_minutes"
  cat "$logs/speech-load.log"
}

stage_speech_soak() {
  programs
  logged speech-soak python3 tools/speech_soak.py --users "$speech_soak_users" \
    --minutes "$speech_soak_minutes" --growth-max "$(either 10 200)"
  cat "$logs/speech-soak.log"
}

stage_recognition_soak() {
  programs
  logged recognition-soak python3 tools/recognition_soak.py --clients "$recognition_soak_clients" \
    --minutes "$recognition_soak_minutes" --growth-max "$(either 10 200)"
  cat "$logs/recognition-soak.log"
}

stage_rooms() {
  programs
  local test
  for test in $(either "rooms_faults_long rooms_handover_long" rooms_handover_long); do
    PARLEY_REQUIRE_MODELS=1 logged "$test" python3 -B tests/e2e/run.py "${test}_test.py"
  done
}

stage_rooms_soak() {
  programs
  logged rooms-soak python3 tools/rooms_soak.py --jobs "$rooms_soak_jobs" --growth-max "$rooms_soak_growth"
  cat "$logs/rooms-soak.log"
}

# Sets `endpoint` and `endpoint_process`.
start_endpoint() {
  exec {line}< <(exec python3 -B tools/scripted_llm.py 2>"$logs/load-endpoint.log")
  endpoint_process=$!
  local said
  read -r -u "$line" said
  endpoint=${said##* }
}

stage_tidy() {
  logged tidy-configure cmake --preset release -DPARLEY_TESTS=ON
  logged tidy tools/clang_tidy.sh build/release $(either "" HEAD~1)
  tail -n 1 "$logs/tidy.log"
}

# The release programs, unless somebody names others.
programs() { [ -n "${PARLEY_BIN_DIR:-}" ] || logged programs make --no-print-directory build; }

# Long output goes to a file; of a failure the end is shown.
logged() {
  local log=$logs/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 60 "$log"
    echo "FAILED: $* (all of it in $log)"
    return 1
  }
}

main
