# switchback_layer(NAME SOURCES ... USES ... TESTS ...): one library for one folder, and one test
# program for the tests that stand beside its sources.
function(switchback_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;USES;TESTS;TEST_USES" ${ARGN})
  add_library(${name} STATIC ${LAYER_SOURCES})
  target_link_libraries(${name} PUBLIC switchback_options fmt::fmt ${LAYER_USES})
  if(LAYER_TESTS)
    add_executable(${name}_test ${LAYER_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} ${LAYER_TEST_USES}
      rapidcheck rapidcheck_gtest GTest::gtest GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
