# Benchmarks: programs of Google Benchmark beside what they measure. Never run by ctest.
find_package(benchmark REQUIRED)

# Builds all of them: cmake --build --preset benchmarks
add_custom_target(benchmarks)

# switchback_benchmarks(NAME SOURCES ... USES ...): the program NAME_bench.
function(switchback_benchmarks name)
  cmake_parse_arguments(BENCH "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name}_bench EXCLUDE_FROM_ALL ${BENCH_SOURCES})
  target_link_libraries(${name}_bench PRIVATE ${BENCH_USES} switchback_options
    benchmark::benchmark benchmark::benchmark_main)
  add_dependencies(benchmarks ${name}_bench)
endfunction()
