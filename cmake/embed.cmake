# SPDX-License-Identifier: Apache-2.0
#
# Script: writes the files below FOLDER as a C++ table into OUTPUT: rows of TYPE, a struct of two
# texts that HEADER declares in NAMESPACE, given out by FUNCTION. MORE names files that are elsewhere,
# `name=path`; where the path has no file, none is written.
#   cmake -DFOLDER=web -DOUTPUT=web_assets_table.cpp -DHEADER=server/web_assets.h
#         -DNAMESPACE=parley::server -DTYPE=WebAsset -DFUNCTION=web_assets
#         -DMORE=a.js=/there/b.js -P cmake/embed.cmake

file(GLOB_RECURSE files RELATIVE "${FOLDER}" "${FOLDER}/*")
list(FILTER files EXCLUDE REGEX "(^|/)\\.|\\.md$")
foreach(entry IN LISTS MORE)
  string(REGEX MATCH "^([^=]+)=(.+)$" entry "${entry}")
  if(EXISTS "${CMAKE_MATCH_2}")
    list(APPEND files "${CMAKE_MATCH_1}")
    set(path_of_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
  endif()
endforeach()
list(SORT files)
list(LENGTH files count)

set(text "// Written by cmake/embed.cmake.\n#include <array>\n\n#include \"${HEADER}\"\n\n")
string(APPEND text "namespace ${NAMESPACE} {\nnamespace {\n\n")
set(rows "")
set(index 0)
foreach(file IN LISTS files)
  if(DEFINED path_of_${file})
    file(READ "${path_of_${file}}" hex HEX)
  else()
    file(READ "${FOLDER}/${file}" hex HEX)
  endif()
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," list "${hex}")
  # A NUL at the end: an array cannot be empty, a file can.
  string(APPEND text "constexpr unsigned char kFile${index}[] = {${list}0};\n")
  string(APPEND rows "      ${TYPE}{\"/${file}\",\n"
    "               {reinterpret_cast<const char*>(kFile${index}), ${bytes}}},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND text "\n}  // namespace\n\nstd::span<const ${TYPE}> ${FUNCTION}() {\n"
  "  static const std::array<${TYPE}, ${count}> files{\n${rows}  };\n  return files;\n}\n\n"
  "}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUTPUT}" "${text}")
