# Most of what a source file takes to compile is its headers: the standard library, fmt, Json, and Catch2 in tests. They
# are parsed once for the rooms and once for the tests. g++ alone: clang wants every macro of the command line to be the
# same, and builds without them, so that an include which is missing is found.
option(ERRAND_PRECOMPILED "Parse the libraries' headers once (g++)" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(ERRAND_PRECOMPILED OFF)
endif()

# precompiled(<name> HEADERS <files…> LIBRARIES <libs…>): what targets take over with use_precompiled(). LIBRARIES bring
# the macros and options that the headers see; they must be the same there.
function(precompiled name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBRARIES" ${ARGN})
  if(NOT ERRAND_PRECOMPILED)
    return()
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Holds the headers alone.\n")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

function(use_precompiled target name)
  if(ERRAND_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
