# Test programs: how they are compiled and linked, and what each test is labelled with.

# Everything that builds one kind of tests, and nothing else: for runs that need only that kind.
add_custom_target(tests_simulated)
add_custom_target(tests_threads)
add_custom_target(tests_libvirt)

# switchback_libraries_of(TARGET RESULT): our own libraries that TARGET is linked with, all the way down.
function(switchback_libraries_of target result)
  set(found)
  get_target_property(linked ${target} LINK_LIBRARIES)
  foreach(library IN LISTS linked)
    if(NOT TARGET ${library})
      continue()
    endif()
    get_target_property(type ${library} TYPE)
    get_target_property(imported ${library} IMPORTED)
    if(type STREQUAL STATIC_LIBRARY AND NOT imported)
      switchback_libraries_of(${library} below)
      list(APPEND found ${library} ${below})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# Debug builds do not optimise what is only a test: under sanitizers that compiles three times faster.
# Of the templates that a test shares with our libraries the linker keeps what it meets first. So it is
# given the libraries first, whole: with the tests' copies campaigns take twice as long.
function(switchback_leave_unoptimised program)
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    return()
  endif()
  switchback_libraries_of(${program} libraries)
  list(TRANSFORM libraries REPLACE "(.+)" "$<TARGET_FILE:\\1>")
  target_compile_options(${program} PRIVATE -O0)
  target_link_options(${program} PRIVATE
    LINKER:--whole-archive ${libraries} LINKER:--no-whole-archive)
endfunction()

# switchback_discover_tests(PROGRAM LABEL): its tests, with LABEL (see switchback_layer).
function(switchback_discover_tests program label)
  if(NOT label)
    set(label simulated)
  endif()
  if(NOT label MATCHES "^(simulated|simulated-threads|simulated-search|libvirt|libvirt-tours)$")
    message(FATAL_ERROR "${program}: TEST_LABEL ${label} is none of those in cmake/layers.cmake")
  endif()
  # Ends what hangs. Under sanitizers some take minutes.
  set(properties LABELS ${label} TIMEOUT 1200)
  if(label MATCHES "^libvirt")
    set(properties LABELS ${label} TIMEOUT 600)
    if(label STREQUAL "libvirt")
      list(APPEND properties RUN_SERIAL TRUE)
    endif()
    add_dependencies(tests_libvirt ${program})
  else()
    # Searches do not run under sanitizers.
    if(NOT label STREQUAL "simulated-search" OR NOT SWITCHBACK_SANITIZE)
      add_dependencies(tests_simulated ${program})
    endif()
    if(label STREQUAL "simulated-threads")
      add_dependencies(tests_threads ${program})
    endif()
  endif()
  switchback_precompile(${program} tests)
  switchback_leave_unoptimised(${program})
  gtest_discover_tests(${program} DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
