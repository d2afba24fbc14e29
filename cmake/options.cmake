# SPDX-License-Identifier: Apache-2.0
#
# Flags of every build: warnings as errors, sanitizers, the fast linker, ccache.

include_guard(GLOBAL)

set(PARLEY_CACHE "$ENV{PARLEY_CACHE}" CACHE PATH "Where tools/deps keeps libraries and models")
if(NOT PARLEY_CACHE)
  set(PARLEY_CACHE "$ENV{HOME}/.cache/parley" CACHE PATH "" FORCE)
endif()
set(PARLEY_BIN_DIR "${PROJECT_BINARY_DIR}/bin" CACHE PATH "Where the programs are put")
set(PARLEY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
set(PARLEY_ONLY "" CACHE STRING "Configure only these layers and what they import")
option(PARLEY_FUZZ "Build libFuzzer programs (needs clang)" OFF)
option(PARLEY_COVERAGE "Count lines for gcov" OFF)
option(PARLEY_WERROR "Warnings are errors" ON)
set(PARLEY_TESTS AUTO CACHE STRING "Tests: ON, OFF, or AUTO (when GoogleTest is there)")
set(PARLEY_BENCHES AUTO CACHE STRING "Benches: ON, OFF, or AUTO (when Google Benchmark is there)")

# x86-64-v2 runs on every 64-bit server since 2009; wider kernels choose at run time by CPUID.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2)
endif()
# __FILE__ and debug records name files from the root of the tree, not of this machine.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

if(PARLEY_SANITIZE)
  add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PARLEY_SANITIZE})
  add_compile_definitions(PARLEY_SANITIZE=1)
  if(PARLEY_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
  if(PARLEY_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC warns that it cannot follow atomic_thread_fence, which Asio's headers use.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(PARLEY_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "The fuzz preset needs clang (clang-19)")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(PARLEY_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# Warnings are for our own code: everything of ours links parley_options, nothing else does.
add_library(parley_options INTERFACE)
target_compile_features(parley_options INTERFACE cxx_std_20)
target_compile_options(parley_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual)
# GCC 12 sees impossible overlaps in `"text" + std::to_string(n)` (GCC bug 105651, fixed in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(parley_options INTERFACE -Wno-restrict)
endif()
# What sanitizers put between hides from GCC which paths initialise a variable: its manual says that
# they raise false alarms. The release build keeps the warning.
if(PARLEY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(parley_options INTERFACE -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Part of -Wconversion in clang, not in GCC, which is what we hold the code to.
  target_compile_options(parley_options INTERFACE -Wno-sign-conversion)
  # GCC 12's <algorithm> calls std::get_temporary_buffer, which clang 19 reports where it is used.
  target_compile_options(parley_options INTERFACE -Wno-deprecated-declarations)
endif()
if(PARLEY_WERROR)
  target_compile_options(parley_options INTERFACE -Werror)
endif()

find_program(PARLEY_CCACHE ccache)
mark_as_advanced(PARLEY_CCACHE)
if(PARLEY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PARLEY_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${PARLEY_CCACHE}")
endif()

find_program(PARLEY_MOLD mold)
find_program(PARLEY_LLD ld.lld)
mark_as_advanced(PARLEY_MOLD PARLEY_LLD)
if(PARLEY_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(PARLEY_LLD)
  add_link_options(-fuse-ld=lld)
endif()
