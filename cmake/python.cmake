# SPDX-License-Identifier: Apache-2.0
#
# Whether the Python package is built: PARLEY_PYTHON is ON, OFF, or AUTO (when Python's headers and
# pybind11 are there). tools/deps puts pybind11, and what the package's tests import, into the
# environment venv/python of the cache; another folder that holds them can be named by hand.

include_guard(GLOBAL)

set(PARLEY_PYTHON AUTO CACHE STRING "The Python package: ON, OFF, or AUTO (when pybind11 is there)")
set(PARLEY_PYTHON_SITE "" CACHE PATH "Folder of Python packages with pybind11 and NumPy")
set(PARLEY_HAS_PYTHON OFF)

# An interpreter without a sanitizer cannot load a module with one.
if(NOT PARLEY_PYTHON STREQUAL "OFF" AND NOT PARLEY_ONLY AND NOT PARLEY_SANITIZE AND NOT PARLEY_FUZZ)
  find_package(Python3 3.11 COMPONENTS Interpreter Development.Module)
  set(site "${PARLEY_PYTHON_SITE}")
  if(NOT site)
    set(version "${Python3_VERSION_MAJOR}.${Python3_VERSION_MINOR}")
    set(site "${PARLEY_CACHE}/venv/python/lib/python${version}/site-packages")
  endif()
  set(PARLEY_PYBIND11_INCLUDE "${site}/pybind11/include")
  if(Python3_Development.Module_FOUND AND EXISTS "${PARLEY_PYBIND11_INCLUDE}/pybind11/pybind11.h")
    set(PARLEY_HAS_PYTHON ON)
    set(PARLEY_PYTHON_PACKAGES "${site}")
  elseif(PARLEY_PYTHON STREQUAL "ON")
    message(FATAL_ERROR "PARLEY_PYTHON: Python's headers or pybind11 are missing: install Debian's "
      "python3-dev and run tools/deps --with tests, or set PARLEY_PYTHON_SITE")
  else()
    message(STATUS "Python package: not built, no Python headers or no pybind11 in ${site} "
      "(tools/deps --with tests fetches it)")
  endif()
endif()

# A library and what it stands on may end up in a shared object: the Python module, or one of somebody
# who links Parley::engine. That is so with and without Python, so that one build serves both.
# Nobody interposes the functions, so the compiler may inline them as it does in a program.
function(parley_position_independent)
  foreach(library IN LISTS ARGN)
    if(NOT TARGET "${library}")
      continue()
    endif()
    get_target_property(aliased "${library}" ALIASED_TARGET)
    if(aliased)
      set(library "${aliased}")
    endif()
    get_target_property(type "${library}" TYPE)
    get_target_property(is_done "${library}" POSITION_INDEPENDENT_CODE)
    if(NOT library MATCHES "^parley_" OR NOT type STREQUAL "STATIC_LIBRARY" OR is_done)
      continue()
    endif()
    set_target_properties("${library}" PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options("${library}" PRIVATE -fno-semantic-interposition)
    endif()
    get_target_property(below "${library}" LINK_LIBRARIES)
    parley_position_independent(${below})
  endforeach()
endfunction()
