#!/bin/sh
# usage: readme.sh code README EXAMPLES           the first C++, CMake and JSON blocks are files of the folder EXAMPLES
#        readme.sh run README COMMAND PROGRAM     console blocks "$ COMMAND …" show what PROGRAM prints
# Programs run in the folder of the README. Lines that tell the time taken may differ.
set -eu
what=$1 readme=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The content of the first block in a language.
block() {
  awk -v fence="\`\`\`$1" '$0 == "```" && on { exit } on { print } $0 == fence { on = 1 }' "$readme"
}

# The commands of the console blocks that begin with one of COMMAND, a line each.
commands() {
  awk -v start="\$ $1" 'first && (index($0 " ", start " ") == 1) { print substr($0, 3) }
    { first = ($0 == "```console") }' "$readme"
}

# What the README shows after such a command.
shown() {
  awk -v command="\$ $1" '$0 == "```" { on = 0 } on { print }
    first && $0 == command { on = 1 } { first = ($0 == "```console") }' "$readme"
}

compare() {
  diff -u --label "README.md" --label "$3" "$1" "$2" >&2 || failed="$failed $3;"
}

failed=""
case $what in
  code)
    for pair in cpp:library/verdict.cpp cmake:library/CMakeLists.txt json:line.json; do
      block "${pair%%:*}" >"$work/shown"
      compare "$work/shown" "$3/${pair#*:}" "${pair#*:}"
    done
    ;;
  run)
    command=$3 program=$4
    commands "$command" >"$work/commands"
    [ -s "$work/commands" ] || failed=" no block \"\$ $command\";"
    cd "$(dirname "$readme")"
    while read -r line; do
      # shellcheck disable=SC2086  # arguments without spaces
      "$program" ${line#"$command"} >"$work/printed" 2>&1 </dev/null || [ $? -eq 1 ] || [ $? -eq 3 ]
      shown "$line" | grep -v '^  Effort ' >"$work/shown"
      grep -v '^  Effort ' "$work/printed" >"$work/expected"
      compare "$work/shown" "$work/expected" "$line"
    done <"$work/commands"
    ;;
esac
[ -z "$failed" ] || {
  printf 'README.md is out of date:%s\n' "$failed" >&2
  exit 1
}
