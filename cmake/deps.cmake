# SPDX-License-Identifier: Apache-2.0
#
# Third-party libraries as targets. Those of tools/deps come from the cache outside the tree; the
# rest are Debian's. Imported targets' headers are SYSTEM, so our warnings do not reach them.

include_guard(GLOBAL)

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json)

# A library without a usable CMake package: header and library are looked up, and both must be there.
function(parley_find_library target header library package)
  string(MAKE_C_IDENTIFIER "${target}" id)
  find_path(${id}_INCLUDE NAMES ${header})
  find_library(${id}_LIBRARY NAMES ${library})
  mark_as_advanced(${id}_INCLUDE ${id}_LIBRARY)
  if(NOT ${id}_INCLUDE OR NOT ${id}_LIBRARY)
    message(FATAL_ERROR "${header} or lib${library} is missing: install Debian's ${package}, "
      "or run `make packages`")
  endif()
  add_library(${target} UNKNOWN IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${${id}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${${id}_INCLUDE}")
endfunction()

# prometheus-cpp has a CMake package, but it asks for civetweb and curl, which we do not use.
parley_find_library(deps::prometheus prometheus/counter.h prometheus-cpp-core prometheus-cpp-dev)
parley_find_library(deps::speexdsp speex/speex_resampler.h speexdsp libspeexdsp-dev)
parley_find_library(deps::sndfile sndfile.h sndfile libsndfile1-dev)
parley_find_library(deps::lame lame/lame.h mp3lame libmp3lame-dev)
parley_find_library(deps::opus opus/opus.h opus libopus-dev)
parley_find_library(deps::aacenc vo-aacenc/voAAC.h vo-aacenc libvo-aacenc-dev)
parley_find_library(deps::flac FLAC/stream_encoder.h FLAC libflac-dev)
parley_find_library(deps::portaudio portaudio.h portaudio portaudio19-dev)
parley_find_library(deps::hiredis hiredis/hiredis.h hiredis libhiredis-dev)
parley_find_library(deps::sqlite sqlite3.h sqlite3 libsqlite3-dev)
parley_find_library(deps::protobuf google/protobuf/message.h protobuf libprotobuf-dev)
# gRPC has a CMake package, but it looks for the development files of all that gRPC itself is made of.
parley_find_library(deps::grpc grpcpp/grpcpp.h grpc++ libgrpc++-dev)
parley_find_library(deps::grpc_core grpc/grpc.h grpc libgrpc-dev)
parley_find_library(deps::grpc_support grpc/support/log.h gpr libgrpc-dev)
parley_find_library(deps::grpc_reflection
  grpcpp/ext/proto_server_reflection_plugin.h grpc++_reflection libgrpc++-dev)
parley_find_library(deps::absl_mutex absl/synchronization/mutex.h absl_synchronization libabsl-dev)
# What its headers call by themselves.
target_link_libraries(deps::grpc INTERFACE deps::grpc_core deps::grpc_support deps::absl_mutex)

# A library that tools/deps put under `folder` of the cache: `libs` are exact file names in lib/, the
# first being the one that carries the API. Nothing is defined when it was not fetched; naming the
# target then fails with advice (parley_require_targets).
function(parley_import_sdk target folder header)
  set(root "${PARLEY_CACHE}/sdk/${folder}")
  list(GET ARGN 0 main)
  if(NOT EXISTS "${root}/include/${header}" OR NOT EXISTS "${root}/lib/${main}")
    message(STATUS "${target}: not in ${root} (tools/deps fetches it)")
    return()
  endif()
  set(needed "${ARGN}")
  list(REMOVE_AT needed 0)
  add_library(${target} SHARED IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${root}/lib/${main}"
    IMPORTED_SONAME "${main}"
    INTERFACE_INCLUDE_DIRECTORIES "${root}/include")
  foreach(lib IN LISTS needed)
    add_library(${target}::${lib} SHARED IMPORTED GLOBAL)
    set_target_properties(${target}::${lib} PROPERTIES
      IMPORTED_LOCATION "${root}/lib/${lib}" IMPORTED_SONAME "${lib}")
    target_link_libraries(${target} INTERFACE ${target}::${lib})
  endforeach()
endfunction()

parley_import_sdk(deps::onnxruntime onnxruntime onnxruntime_c_api.h libonnxruntime.so)
# The file names carry the release, and there is no unversioned link: a header of one release with a
# library of another fails at load instead of misbehaving.
parley_import_sdk(deps::llama llama llama.h libllama.v0.5.0.so libggml.v0.5.0.so libggml-base.so)

# sherpa-onnx is not linked: its library is loaded with the first voice that needs it.
if(EXISTS "${PARLEY_CACHE}/sdk/sherpa/include/sherpa-onnx/c-api/c-api.h")
  add_library(deps::sherpa_headers INTERFACE IMPORTED GLOBAL)
  set_target_properties(deps::sherpa_headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${PARLEY_CACHE}/sdk/sherpa/include")
endif()

# Neither is LiveKit's client: its library is loaded with the first room. What it needs to be built
# with is what its messages look like.
set(PARLEY_LIVEKIT_MESSAGES "${PARLEY_CACHE}/sdk/livekit/proto/livekit_ffi.fds")
if(NOT EXISTS "${PARLEY_LIVEKIT_MESSAGES}")
  message(STATUS "LiveKit's client: not in ${PARLEY_CACHE}/sdk/livekit (tools/deps fetches it)")
endif()
