include(${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake)

# Everything that builds one kind of tests, and nothing else: for runs that need only that kind.
add_custom_target(tests_simulated)
add_custom_target(tests_threads)
add_custom_target(tests_libvirt)

# switchback_layer(NAME SOURCES ... USES ... TESTS ... TEST_USES ... TEST_LABEL ...): one library for
# one folder, and one test program for the tests that stand beside its sources.
#
# TEST_LABEL is what `ctest -L` chooses by: `simulated` (if nothing is said), `simulated-threads` for
# tests that start threads, `libvirt` for tests on real VMs, which run one at a time, or
# `libvirt-tours` for those of them that take long, wait for nothing and can run side by side.
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

function(switchback_discover_tests program label)
  if(NOT label)
    set(label simulated)
  endif()
  if(NOT label MATCHES "^(simulated|simulated-threads|libvirt|libvirt-tours)$")
    message(FATAL_ERROR "${program}: TEST_LABEL ${label} is none of those in cmake/layers.cmake")
  endif()
  set(properties LABELS ${label} TIMEOUT 300)
  if(label MATCHES "^libvirt")
    set(properties LABELS ${label} TIMEOUT 600)
    if(label STREQUAL "libvirt")
      list(APPEND properties RUN_SERIAL TRUE)
    endif()
    add_dependencies(tests_libvirt ${program})
  else()
    add_dependencies(tests_simulated ${program})
    if(label STREQUAL "simulated-threads")
      add_dependencies(tests_threads ${program})
    endif()
  endif()
  switchback_precompile(${program} tests)
  gtest_discover_tests(${program} DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
