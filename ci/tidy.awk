# SPDX-License-Identifier: Apache-2.0
# The part of ci/tidy that reads sources line by line. POSIX awk; Debian's is mawk.
# Arguments: ci/tidy.layers, ci/tidy.allow, then the sources.

function report(rule, line, what) {
  if ((rule, FILENAME) in allowed) {
    used[rule, FILENAME] = 1
    return
  }
  print FILENAME ":" line ": " rule ": " what
}

# The longest layer that `path` lies in, or "".
function layer_of(path, name, best) {
  best = ""
  for (name in may_include)
    if (index(path, name "/") == 1 && length(name) > length(best)) best = name
  return best
}

function file_done() {
  if (source == "") return
  if (lines > 700)
    print source ":700: length: " lines " lines, 700 at most: what are the two ideas in it?"
  else if (lines > 400 && !(("length", source) in allowed))
    print source ":400: length: " lines " lines, 400 at most: what are the two ideas in it?"
  if (lines > 400) used["length", source] = 1
}

function check_include(text, part, target, mine, theirs) {
  split(text, part, "\"")
  target = part[2]
  if (index(target, "/") == 0) {
    report("include", FNR, "\"" target "\" is not a path from the root of the repository")
    return
  }
  mine = layer_of(FILENAME)
  theirs = layer_of(target)
  if (mine == "") report("include", FNR, "this folder is in no layer of ci/tidy.layers")
  else if (theirs == "") report("include", FNR, "\"" target "\" is in no layer of ci/tidy.layers")
  else if (mine != theirs && may_include[mine] !~ /^ *\* *$/ &&
           index(" " may_include[mine] " ", " " theirs " ") == 0)
    report("include", FNR, mine " may not include " theirs)
}

# `code` is the line without its comment and with its strings emptied.
function check_calls(code) {
  if (code ~ /(^|[^A-Za-z0-9_.>])(s?rand|rand_r|random_device|drand48)[ \t]*[({]/ ||
      code ~ /std::random_device/)
    report("random", FNR, "randomness comes from the seed of the run")
  if (code ~ /(system_clock|utc_clock|file_clock)/ ||
      code ~ /(^|[^A-Za-z0-9_.>:]|[^A-Za-z0-9_]std::|^std::)(time|clock|gettimeofday|clock_gettime|localtime|gmtime)[ \t]*\(/)
    report("wall clock", FNR, "time comes from the clock that is handed in")
  if (code ~ /(steady_clock|high_resolution_clock)/)
    report("steady clock", FNR, "only files of ci/tidy.allow measure real time")
  if (code ~ /(sleep_for|sleep_until|this_thread::sleep)/ ||
      code ~ /(^|[^A-Za-z0-9_.>])(sleep|usleep|nanosleep)[ \t]*\(/)
    report("sleep", FNR, "wait for a condition with a deadline")
}

function check_names(code) {
  if (code ~ /(class|struct)[ \t]+[A-Za-z]*(Manager|Helper|Util|Utils)[ \t]*[{;:]/ ||
      code ~ /(class|struct)[ \t]+[A-Za-z]*(Manager|Helper|Util|Utils)$/)
    report("name", FNR, "Manager, Helper and Util name nothing of the domain")
}

# A function of a namespace starts and ends in the first column.
function check_function_length(text) {
  if (text ~ /^[A-Za-z_].*\{$/ && text !~ /^(namespace|struct|class|enum|union|extern)/ &&
      text !~ /= *\{$/)
    function_start = FNR
  else if (text ~ /^[A-Za-z_].*[(,]$/ && text !~ /;/ && !function_start)
    function_start = FNR
  else if (text ~ /^\}/ || text ~ /;$/ && text ~ /^[A-Za-z_]/) {
    if (text ~ /^\}$/ && function_start && FNR - function_start + 1 > 70)
      report("function", function_start, (FNR - function_start + 1) " lines, 70 at most")
    function_start = 0
  }
}

FILENAME ~ /tidy\.layers$/ {
  if ($0 ~ /^#/ || NF == 0) next
  name = $1
  sub(/:$/, "", name)
  list = $0
  sub(/^[^:]*:/, "", list)
  gsub(/[ \t]+/, " ", list)
  may_include[name] = list
  next
}

FILENAME ~ /tidy\.allow$/ {
  if ($0 ~ /^#/ || NF == 0) next
  split($0, field, /[ \t]*:[ \t]*/)
  if (field[1] == "" || field[2] == "" || field[3] == "") {
    print FILENAME ":" FNR ": allow: needs \"rule: path: reason\""
    next
  }
  allowed[field[1], field[2]] = FNR
  next
}

FNR == 1 {
  file_done()
  source = FILENAME
  function_start = 0
  if (FILENAME ~ /([Mm]anager|[Hh]elper|[Uu]tils?)[._]/)
    report("name", 1, "Manager, Helper and Util name nothing of the domain")
  if ($0 != "// SPDX-License-Identifier: Apache-2.0")
    report("licence", 1, "the first line is not the SPDX line")
}

FNR == 2 && $0 !~ /^\/\/ [A-Z`].*[a-z].*[a-z]/ {
  report("purpose", 2, "the second line does not say what the file is for")
}

{
  lines = FNR
  if (length($0) > 100) report("columns", FNR, length($0) " columns, 100 at most")
  if ($0 ~ /(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)/)
    report("unfinished", FNR, "do it, or open an issue")
  if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*"/) check_include($0)
  code = $0
  gsub(/\\./, "", code)
  gsub(/"[^"]*"/, "\"\"", code)
  sub(/\/\/.*/, "", code)
  check_calls(code)
  check_names(code)
  check_function_length($0)
}

END {
  file_done()
  for (key in allowed)
    if (!(key in used)) {
      split(key, field, SUBSEP)
      print "ci/tidy.allow:" allowed[key] ": allow: " field[1] " in " field[2] " is not needed"
    }
}
