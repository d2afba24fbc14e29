# SPDX-License-Identifier: Apache-2.0
#
# Messages from .proto files: parley_protobuf(protos FILES parley/speech/v1/speech.proto …) makes the
# library parley::protos of their C++ code, below the build folder. Paths are relative to the folder
# of the caller. It holds messages only: services are told to gRPC by name (src/transport/grpc), so
# its headers reach nobody else, and its code generator is not needed.
#
# parley_protobuf_set(livekit_protos SET ….fds FILES ffi.proto …) makes such a library of files that
# are only known as their descriptors.

include_guard(GLOBAL)

find_program(PARLEY_PROTOC protoc)
mark_as_advanced(PARLEY_PROTOC)

function(parley_protobuf name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES")
  parley_refuse_unknown("parley_protobuf(${name})" "${arg_UNPARSED_ARGUMENTS}")
  parley_require_targets("parley_protobuf(${name})" "deps::protobuf")
  parley_require_protoc()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/generated")
  file(MAKE_DIRECTORY "${folder}")
  set(inputs ${arg_FILES})
  list(TRANSFORM inputs PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  set(sources "")
  set(outputs "")
  foreach(file IN LISTS arg_FILES)
    string(REGEX REPLACE "[.]proto$" "" stem "${file}")
    list(APPEND sources "${folder}/${stem}.pb.cc")
    list(APPEND outputs "${folder}/${stem}.pb.cc" "${folder}/${stem}.pb.h")
  endforeach()
  # All in one call: a file's imports are then always as new as the file.
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${PARLEY_PROTOC} "--proto_path=${CMAKE_CURRENT_SOURCE_DIR}" "--cpp_out=${folder}" ${inputs}
    DEPENDS ${inputs}
    COMMENT "Messages of ${name}"
    VERBATIM)
  parley_add_messages(${name} "${folder}" "${sources}")
endfunction()

function(parley_protobuf_set name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SET" "FILES")
  parley_refuse_unknown("parley_protobuf_set(${name})" "${arg_UNPARSED_ARGUMENTS}")
  parley_require_targets("parley_protobuf_set(${name})" "deps::protobuf")
  parley_require_protoc()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/generated")
  file(MAKE_DIRECTORY "${folder}")
  set(sources ${arg_FILES})
  list(TRANSFORM sources REPLACE "[.]proto$" ".pb.cc")
  list(TRANSFORM sources PREPEND "${folder}/")
  set(headers ${sources})
  list(TRANSFORM headers REPLACE "[.]cc$" ".h")
  add_custom_command(
    OUTPUT ${sources} ${headers}
    COMMAND ${PARLEY_PROTOC} "--descriptor_set_in=${arg_SET}" "--cpp_out=${folder}" ${arg_FILES}
    DEPENDS "${arg_SET}"
    COMMENT "Messages of ${name}"
    VERBATIM)
  parley_add_messages(${name} "${folder}" "${sources}")
endfunction()

function(parley_require_protoc)
  if(NOT PARLEY_PROTOC)
    message(FATAL_ERROR "protoc is missing: install Debian's protobuf-compiler, "
      "or run `make packages`")
  endif()
endfunction()

# Without parley_options: our warnings are for our own code.
function(parley_add_messages name folder sources)
  add_library(parley_${name} STATIC ${sources})
  add_library(parley::${name} ALIAS parley_${name})
  target_compile_features(parley_${name} PUBLIC cxx_std_20)
  target_include_directories(parley_${name} SYSTEM PUBLIC "${folder}")
  target_link_libraries(parley_${name} PUBLIC deps::protobuf Threads::Threads)
endfunction()
