include(${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/test_programs.cmake)

# switchback_layer(NAME SOURCES ... USES ... TESTS ... TEST_USES ... TEST_LABEL ...): one library for
# one folder, and one test program for the tests that stand beside its sources.
#
# TEST_LABEL is what `ctest -L` chooses by: `simulated` (if nothing is said), `simulated-threads` for
# tests that start threads, `simulated-search` for those that draw thousands of sequences until they
# come upon what is rare (not under sanitizers), `libvirt` for tests on real VMs, which run one at a
# time, or `libvirt-tours` for those of them that take long, wait for nothing and can run side by side.
function(switchback_layer name)
  cmake_parse_arguments(LAYER "" "TEST_LABEL" "SOURCES;USES;TESTS;TEST_USES" ${ARGN})
  add_library(${name} STATIC ${LAYER_SOURCES})
  target_link_libraries(${name} PUBLIC switchback_options fmt::fmt ${LAYER_USES})
  switchback_precompile(${name} code)
  if(LAYER_TESTS)
    add_executable(${name}_test ${LAYER_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} ${LAYER_TEST_USES}
      rapidcheck rapidcheck_gtest GTest::gtest GTest::gmock GTest::gtest_main)
    switchback_discover_tests(${name}_test "${LAYER_TEST_LABEL}")
  endif()
endfunction()
