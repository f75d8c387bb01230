# SPDX-License-Identifier: Apache-2.0
# Sourced by the checks beside it: what they expect of the program, in sentences.
# shellcheck shell=bash

: "${SWITCHBACK:?the path of the program}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# expect CODE WORDS COMMAND...: the command ends with that code, and says these words on stdout or
# stderr (words may be empty).
expect() {
  local code=$1 words=$2 said status=0
  shift 2
  said=$("$@" 2>&1) || status=$?
  ((status == code)) || fail "exit code $status, not $code: $*"$'\n'"$said"
  [[ $said == *"$words"* ]] || fail "'$words' is not said by: $*"$'\n'"$said"
  printf 'ok: %s: %s\n' "$code" "${*##*/}"
}

# number FILE KEY: the value of a numeric key of a JSON summary.
number() {
  sed -n "s/^ *\"$2\": \([0-9.]*\),\?$/\1/p" "$1" | head -n 1
}
