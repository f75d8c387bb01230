# Headers of others that most files include, compiled once for all targets instead of once a file.
#
# Only what is not ours goes in here: a change of our own headers must not rebuild everything. The
# sources still include all they use, as if there were none of this: -DSWITCHBACK_PCH=OFF tells.
option(SWITCHBACK_PCH "Precompile the headers of others that most files include" ON)

# Headers are most of what is compiled: a dozen sources at once take little longer than one. For
# builds from scratch; files whose local names meet those of others are compiled alone.
option(SWITCHBACK_UNITY "Compile a dozen sources of a target at once" OFF)

set(precompiled_code <algorithm> <array> <chrono> <cstdint> <filesystem> <fstream> <functional> <map>
  <memory> <optional> <random> <set> <span> <sstream> <string> <string_view> <utility> <variant>
  <vector> <fmt/format.h> <nlohmann/json.hpp> <tl/expected.hpp>)
# Google Test comes before RapidCheck.
set(precompiled_tests ${precompiled_code} <gmock/gmock.h> <gtest/gtest.h> <rapidcheck/gtest.h>)

if(SWITCHBACK_PCH)
  # A precompiled header belongs to a target, and that needs a source: an empty one.
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "")
  foreach(kind code tests)
    add_library(precompiled_${kind} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(precompiled_${kind} PRIVATE switchback_options fmt::fmt
      nlohmann_json::nlohmann_json)
    target_precompile_headers(precompiled_${kind} PRIVATE ${precompiled_${kind}})
    # A time in it would make each build's result another one for a compiler cache.
    target_compile_options(precompiled_${kind} PRIVATE
      "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  endforeach()
  target_link_libraries(precompiled_tests PRIVATE rapidcheck rapidcheck_gtest GTest::gtest
    GTest::gmock)
  if(CMAKE_BUILD_TYPE STREQUAL Debug)
    target_compile_options(precompiled_tests PRIVATE -O0) # as the tests are: test_programs.cmake
  endif()
endif()

# switchback_precompile(TARGET code|tests): TARGET uses the precompiled headers of that kind.
function(switchback_precompile target kind)
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD ${SWITCHBACK_UNITY} UNITY_BUILD_BATCH_SIZE 12)
  if(SWITCHBACK_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Types local to a file are only fine in the main one; here none is.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  if(SWITCHBACK_PCH)
    target_precompile_headers(${target} REUSE_FROM precompiled_${kind})
  endif()
endfunction()
