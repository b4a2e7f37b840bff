# Language level, warnings (always errors) and sanitizers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# One set of flags for libraries, which are all static, and programs: precompiled headers serve them all.
add_compile_options(-fPIE -pthread)
add_link_options(-pie)

# A designated initialiser that leaves the rest to its defaults is the point of it.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these in the standard library's own inlined code
  # (GCC bugs 105329, 105562, 107852); clang checks the same at no such cost.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-dangling-pointer)
endif()

# Released binaries are small: what is resident at start-up is mostly code.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -ffunction-sections -fdata-sections")
# Nothing in a binary tells where it was built, so that it can be built again elsewhere.
add_compile_options($<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.>)
add_link_options($<$<CONFIG:Release>:-Wl,--gc-sections,--as-needed,-O1,--strip-all>)

set(ERRAND_SANITIZE "" CACHE STRING "Comma list for -fsanitize=, empty for none")
if(ERRAND_SANITIZE)
  add_compile_options(-fsanitize=${ERRAND_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(ERRAND_SANITIZE MATCHES undefined)
    # What these three find the address sanitizer finds too; they make test files twice as long to compile.
    add_compile_options(-fno-sanitize=null,object-size,vptr)
  endif()
  add_link_options(-fsanitize=${ERRAND_SANITIZE})
  # Lines for the stack traces; the rest of -g is a third of what these builds take, and seven times the disk.
  set(CMAKE_CXX_FLAGS_DEBUG "-g1")
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # What ccache asks for before it looks behind precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# A library that one room finds is linked by the programs that use the room.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
