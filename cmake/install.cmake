# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` (or `make install PREFIX=…`) installs: the CMake package Parley.
#
#   Parley::engine   graphs, the operators of the box, Silero VAD; needs Debian's libspdlog-dev,
#                    libyaml-cpp-dev, libsndfile1-dev, libspeexdsp-dev
#   Parley::speech   Moonshine and any ONNX file behind its operators; ONNX Runtime is installed
#                    with it
#   Parley::plugin   the one header that plugins need
#
# Each library is one archive, made of what the layers have compiled already: nothing is built
# twice. Inside the tree the same archives go by the same names, and the examples link them.

include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(PARLEY_ENGINE_LAYERS base text exec media dsp codec graph model operators backend_silero)
# Of these layers, what only the program uses, and which would ask its users for OpenSSL.
set(PARLEY_NOT_IN_ENGINE "aes_gcm|sha256|model_catalogue")

# parley_archive(engine LAYERS base exec … WITHOUT regex LIBS …)
function(parley_archive name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "WITHOUT" "LAYERS;LIBS")
  set(objects "")
  foreach(layer IN LISTS arg_LAYERS)
    list(APPEND objects
      "$<FILTER:$<TARGET_OBJECTS:parley_${layer}>,EXCLUDE,/(${arg_WITHOUT})[.]cpp[.]o$>")
  endforeach()
  add_library(parley_${name} STATIC ${objects})
  add_library(Parley::${name} ALIAS parley_${name})
  set_target_properties(parley_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_features(parley_${name} INTERFACE cxx_std_20)
  target_include_directories(parley_${name} INTERFACE
    "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(parley_${name} INTERFACE Threads::Threads ${arg_LIBS})
  install(TARGETS parley_${name} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ${name})
endfunction()

# Headers keep their folders below include/parley: "graph/runner.h" is as in the tree.
function(parley_install_headers component without)
  foreach(layer IN LISTS ARGN)
    string(REPLACE "_" "/" folder "${layer}")
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/${folder}/"
      DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/parley/${folder}" COMPONENT ${component}
      FILES_MATCHING PATTERN "*.h" REGEX "/(${without})[.]h$" EXCLUDE)
  endforeach()
endfunction()

function(parley_install_package)
  set(config "${PROJECT_BINARY_DIR}/package")
  set(folder "${CMAKE_INSTALL_LIBDIR}/cmake/Parley")
  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/ParleyConfig.cmake.in"
    "${config}/ParleyConfig.cmake" INSTALL_DESTINATION "${folder}"
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
  write_basic_package_version_file("${config}/ParleyConfigVersion.cmake"
    VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
  install(FILES "${config}/ParleyConfig.cmake" "${config}/ParleyConfigVersion.cmake"
    DESTINATION "${folder}" COMPONENT engine)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT engine)
endfunction()

foreach(layer IN LISTS PARLEY_ENGINE_LAYERS)
  if(NOT TARGET parley_${layer})
    return()  # a PARLEY_ONLY build of less
  endif()
endforeach()

parley_archive(engine LAYERS ${PARLEY_ENGINE_LAYERS} WITHOUT "${PARLEY_NOT_IN_ENGINE}"
  LIBS spdlog::spdlog yaml-cpp deps::sndfile deps::speexdsp ${CMAKE_DL_LIBS})
# yaml_reader.h is between two sources, and shows yaml-cpp.
parley_install_headers(engine "${PARLEY_NOT_IN_ENGINE}|yaml_reader" ${PARLEY_ENGINE_LAYERS})
install(FILES "${PROJECT_SOURCE_DIR}/include/parley/plugin.h"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/parley" COMPONENT engine)
parley_install_package()

if(TARGET parley_backend_onnx)
  set(without "piper_tts|piper_voice")  # speech synthesis needs a program beside it
  parley_archive(speech LAYERS backend_onnx WITHOUT "${without}"
    LIBS Parley::engine deps::onnxruntime)
  parley_install_headers(speech "${without}" backend_onnx)
  get_target_property(runtime deps::onnxruntime IMPORTED_LOCATION)
  install(FILES "${runtime}" DESTINATION "${CMAKE_INSTALL_LIBDIR}/parley" COMPONENT speech)
  file(GLOB headers "${PARLEY_CACHE}/sdk/onnxruntime/include/*.h")
  install(FILES ${headers}
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/parley" COMPONENT speech)
endif()
