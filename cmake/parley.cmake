# SPDX-License-Identifier: Apache-2.0
#
# The four words that CMakeLists.txt files below src/, tests/, bench/, fuzz/ and apps/ are written in:
#
#   parley_layer(graph SOURCES port.cpp plan.cpp IMPORTS base exec media LIBS yaml-cpp)
#   parley_test(NAME graph_port_test SOURCES port_test.cpp LIBS parley::graph LABELS unit)
#   parley_bench(NAME exec_bench SOURCES strand_bench.cpp LIBS parley::exec)
#   parley_fuzz(NAME wav_fuzz SOURCES wav_fuzz.cpp LIBS parley::codec CORPUS wav)
#   parley_program(NAME parley SOURCES parley.cpp LIBS parley::cli)
#
# A layer that keeps third-party headers apart may be cut into `backend_onnx`-style targets: the word
# before the first underscore is the row of the table that counts.

include_guard(GLOBAL)

# --- the table ------------------------------------------------------------------------------------

# Turns PARLEY_LAYER_TABLE into PARLEY_LAYERS (the names in order) and PARLEY_IMPORTS_<layer>.
function(parley_read_layer_table)
  set(names "")
  foreach(row IN LISTS PARLEY_LAYER_TABLE)
    if(NOT row MATCHES "^([a-z]+) *:(.*)$")
      message(FATAL_ERROR "cmake/layers.cmake: cannot read the row '${row}'")
    endif()
    set(layer "${CMAKE_MATCH_1}")
    string(STRIP "${CMAKE_MATCH_2}" imports)
    separate_arguments(imports)
    if(imports STREQUAL "*")
      set(imports ${names})
    endif()
    foreach(import IN LISTS imports)
      if(NOT import IN_LIST names)
        message(FATAL_ERROR "cmake/layers.cmake: '${layer}' names '${import}', "
          "which is not a row above it")
      endif()
    endforeach()
    list(APPEND names ${layer})
    set(PARLEY_IMPORTS_${layer} "${imports}" PARENT_SCOPE)
  endforeach()
  set(PARLEY_LAYERS "${names}" PARENT_SCOPE)
endfunction()

# The row of the table that a target or a sub-target (`backend_onnx`) belongs to.
function(parley_row_of name result)
  string(REGEX REPLACE "_.*$" "" row "${name}")
  if(NOT row IN_LIST PARLEY_LAYERS)
    message(FATAL_ERROR "'${name}' is in no row of cmake/layers.cmake")
  endif()
  set(${result} "${row}" PARENT_SCOPE)
endfunction()

# --- the words ------------------------------------------------------------------------------------

function(parley_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;IMPORTS;LIBS")
  parley_refuse_unknown("parley_layer(${name})" "${arg_UNPARSED_ARGUMENTS}")
  parley_row_of(${name} row)

  add_library(parley_${name} STATIC ${arg_SOURCES})
  add_library(parley::${name} ALIAS parley_${name})
  target_include_directories(parley_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(parley_${name} PRIVATE parley_options PUBLIC Threads::Threads)

  foreach(import IN LISTS arg_IMPORTS)
    parley_row_of(${import} import_row)
    if(NOT import_row STREQUAL row AND NOT import_row IN_LIST PARLEY_IMPORTS_${row})
      string(REPLACE ";" " " allowed "${PARLEY_IMPORTS_${row}}")
      message(FATAL_ERROR "layer '${name}' may not import '${import}': "
        "cmake/layers.cmake allows it only: ${allowed}")
    endif()
    if(NOT TARGET parley_${import})
      message(FATAL_ERROR "layer '${name}' imports '${import}', which has no target. "
        "Is src/${import_row}/CMakeLists.txt there?")
    endif()
    target_link_libraries(parley_${name} PUBLIC parley_${import})
  endforeach()

  parley_require_targets("parley_layer(${name})" "${arg_LIBS}")
  target_link_libraries(parley_${name} PUBLIC ${arg_LIBS})
endfunction()

# A test runs in the project's root, so that it may name `tests/data/x.wav`. One ctest entry is one
# program: starting a process for each TEST would cost more than most of them do.
function(parley_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS;ENVIRONMENT")
  parley_refuse_unknown("parley_test(${arg_NAME})" "${arg_UNPARSED_ARGUMENTS}")
  parley_require_targets("parley_test(${arg_NAME})" "${arg_LIBS}")
  parley_add_executable(${arg_NAME} "${arg_SOURCES}" "${arg_LIBS}")
  target_include_directories(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${arg_NAME} PRIVATE GTest::gtest_main GTest::gmock)
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  parley_set_test_properties(${arg_NAME} "${arg_LABELS}" "${arg_TIMEOUT}" "${arg_ENVIRONMENT}")
endfunction()

# A test that is a script or any other command: parley_script_test(NAME x COMMAND python3 a.py).
function(parley_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "COMMAND;LABELS;ENVIRONMENT")
  parley_refuse_unknown("parley_script_test(${arg_NAME})" "${arg_UNPARSED_ARGUMENTS}")
  add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  parley_set_test_properties(${arg_NAME} "${arg_LABELS}" "${arg_TIMEOUT}" "${arg_ENVIRONMENT}")
endfunction()

# Benches are built by the target `benches` only: nobody pays for them who does not run them.
function(parley_bench)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBS")
  parley_refuse_unknown("parley_bench(${arg_NAME})" "${arg_UNPARSED_ARGUMENTS}")
  parley_require_targets("parley_bench(${arg_NAME})" "${arg_LIBS}")
  parley_add_executable(${arg_NAME} "${arg_SOURCES}" "${arg_LIBS}")
  target_include_directories(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${arg_NAME} PRIVATE benchmark::benchmark_main benchmark::benchmark)
  set_target_properties(${arg_NAME} PROPERTIES
    EXCLUDE_FROM_ALL TRUE RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench-bin")
  add_dependencies(benches ${arg_NAME})
endfunction()

# In the fuzz preset a libFuzzer program; in every other build the same function is run over its
# corpus by ctest, so that a crash once found stays found.
function(parley_fuzz)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;CORPUS" "SOURCES;LIBS")
  parley_refuse_unknown("parley_fuzz(${arg_NAME})" "${arg_UNPARSED_ARGUMENTS}")
  parley_require_targets("parley_fuzz(${arg_NAME})" "${arg_LIBS}")
  set(corpus "${PROJECT_SOURCE_DIR}/fuzz/corpus/${arg_CORPUS}")
  if(NOT IS_DIRECTORY "${corpus}")
    message(FATAL_ERROR "parley_fuzz(${arg_NAME}): there is no folder fuzz/corpus/${arg_CORPUS}")
  endif()
  if(PARLEY_FUZZ)
    parley_add_executable(${arg_NAME} "${arg_SOURCES}" "${arg_LIBS}")
    target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${arg_NAME})
  else()
    set(replay "${PROJECT_SOURCE_DIR}/fuzz/replay_main.cpp")
    parley_add_executable(${arg_NAME} "${arg_SOURCES};${replay}" "${arg_LIBS}")
    add_test(NAME ${arg_NAME}_corpus COMMAND ${arg_NAME} "${corpus}"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    parley_set_test_properties(${arg_NAME}_corpus unit "" "")
  endif()
endfunction()

# A program that users run; it lands in PARLEY_BIN_DIR (bin/ of the tree in the release preset).
function(parley_program)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBS")
  parley_refuse_unknown("parley_program(${arg_NAME})" "${arg_UNPARSED_ARGUMENTS}")
  parley_require_targets("parley_program(${arg_NAME})" "${arg_LIBS}")
  parley_add_executable(${arg_NAME} "${arg_SOURCES}" "${arg_LIBS}")
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PARLEY_BIN_DIR}")
  add_dependencies(programs ${arg_NAME})
endfunction()

# --- what they share ------------------------------------------------------------------------------

function(parley_add_executable name sources libs)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${name} PRIVATE parley_options ${libs} Threads::Threads)
endfunction()

# Tests with models or sockets want the machine for themselves: they run one at a time.
function(parley_set_test_properties name labels timeout environment)
  if(NOT labels)
    set(labels unit)
  endif()
  if(NOT timeout)
    set(timeout 300)
  endif()
  set(serial OFF)
  if("model" IN_LIST labels OR "e2e" IN_LIST labels OR "soak" IN_LIST labels)
    set(serial ON)
  endif()
  set(variables "PARLEY_CACHE=${PARLEY_CACHE}" "PARLEY_BIN_DIR=${PARLEY_BIN_DIR}" ${environment})
  if(PARLEY_SANITIZE)
    set(suppressions "${PROJECT_SOURCE_DIR}/cmake/sanitizers")
    list(APPEND variables
      "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
      "LSAN_OPTIONS=suppressions=${suppressions}/lsan.supp:print_suppressions=0"
      "TSAN_OPTIONS=suppressions=${suppressions}/tsan.supp:halt_on_error=1:second_deadlock_stack=1")
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT "${timeout}"
    RUN_SERIAL ${serial} ENVIRONMENT "${variables}")
endfunction()

function(parley_refuse_unknown where words)
  if(words)
    message(FATAL_ERROR "${where}: unknown words: ${words}")
  endif()
endfunction()

# A name with `::` that is no target would only fail at the end of the configure step, far from here.
function(parley_require_targets where libs)
  foreach(lib IN LISTS libs)
    if(lib MATCHES "::" AND NOT TARGET ${lib})
      if(lib MATCHES "^deps::(onnxruntime|llama)$")
        set(advice "Run tools/deps to fetch it.")
      elseif(lib MATCHES "^parley::")
        set(advice "Its folder has no CMakeLists.txt, or comes later in cmake/layers.cmake.")
      else()
        set(advice "Run `make packages` to install what is missing.")
      endif()
      message(FATAL_ERROR "${where}: there is no target ${lib}. ${advice}")
    endif()
  endforeach()
endfunction()
