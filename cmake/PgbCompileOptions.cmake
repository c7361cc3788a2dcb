# Flags shared by every target of the project, and the limit on parallel compile jobs.
#
# pgb_options   what our own sources are compiled with: warnings. Never exported.
# pgb_rounding  what correct rounding asks of everyone who compiles our headers. Exported with the library.

# The proofs rest on IEEE arithmetic done exactly as written.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} " MATCHES
    "-(Ofast|ffast-math|funsafe-math-optimizations|fassociative-math|freciprocal-math|ffinite-math-only) ")
  message(FATAL_ERROR "pgb: -${CMAKE_MATCH_1} changes the results of floating-point operations, on which the "
    "error bounds and proofs rest; remove it from the compiler flags")
endif()

add_library(pgb_rounding INTERFACE)
# No fused multiply-add where the source has a product and a sum: error-free transformations need both roundings.
target_compile_options(pgb_rounding INTERFACE -ffp-contract=off)
if(PGB_NATIVE)
  # Alignment of Eigen objects depends on the instruction set, hence it has to be the same in all that is linked.
  target_compile_options(pgb_rounding INTERFACE -march=native)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12 AND
      CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12.3)
    # With AVX-512 these compilers store some constant arrays wrongly (GCC bug 108599): {7, 7, 0, 0} as {7, 7, 7, 7}.
    target_compile_options(pgb_rounding INTERFACE -mno-avx512f)
  endif()
endif()

add_library(pgb_options INTERFACE)
target_compile_options(pgb_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<BOOL:${PGB_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # These compilers warn of their own AVX-512 headers (GCC bug 105593), and of Boost's cpp_int under optimisation.
  target_compile_options(pgb_options INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized)
endif()

# A heavy template file takes up to 2 GiB to compile: run fewer at a time where memory is short.
cmake_host_system_information(RESULT memory_mib QUERY TOTAL_PHYSICAL_MEMORY)
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR jobs "${memory_mib} / 2048")
if(jobs LESS cores)
  if(jobs LESS 1)
    set(jobs 1)
  endif()
  set_property(GLOBAL APPEND PROPERTY JOB_POOLS pgb_compile=${jobs})
  set(CMAKE_JOB_POOL_COMPILE pgb_compile)
endif()
