# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it: steps with a heading and their time, and how to build.
# shellcheck shell=bash

step_name=""
step_started=0
step_times=()

step_end() {
  [[ -n $step_name ]] || return 0
  step_times+=("$(printf '%4d s  %s' $((SECONDS - step_started)) "$step_name")")
  step_name=""
}

# step HEADING: ends the step before and starts the next.
step() {
  step_end
  step_name=$1
  step_started=$SECONDS
  printf '\n=== %s\n' "$step_name"
}

# For `trap ... EXIT`: says which step failed, or how long each took.
report_steps() {
  local status=$1
  if ((status != 0)); then
    printf '\n=== failed with exit code %d after %d s, in the step: %s\n' "$status" \
      $((SECONDS - step_started)) "${step_name:-before the first}" >&2
  else
    step_end
    printf '\n=== all steps passed in %d s\n' "$SECONDS"
  fi
  ((${#step_times[@]} == 0)) || printf '%s\n' "${step_times[@]}"
}

# configure PRESET, with ccache where it is installed.
configure() {
  if command -v ccache >/dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
    # Without this, nothing that uses a precompiled header is ever found in the cache.
    export CCACHE_SLOPPINESS=pch_defines,time_macros
  fi
  cmake --preset "$1" --log-level=WARNING
}

# build PRESET [TARGET]: as many compilers at once as there are cores.
build() {
  NINJA_STATUS="[%f/%t %es] " cmake --build --preset "$1" --parallel "$(nproc)" ${2:+--target "$2"}
}

# binary PRESET: the path of the program.
binary() {
  printf '%s/build/%s/harness/cli/switchback' "$PWD" "$1"
}
