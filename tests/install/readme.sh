#!/bin/sh
# usage: readme.sh code README EXAMPLES           the first C++, CMake and JSON blocks are files of the folder EXAMPLES
#        readme.sh run README COMMAND PROGRAM     console blocks "$ COMMAND …" show what PROGRAM prints
#        readme.sh problems PAGE PGBCHECK         each JSON block of the page is a problem that PGBCHECK can answer
# Programs run in the folder of the README. Lines that depend on the machine may differ: time, numbers in double near 0.
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
  diff -u --label "${readme##*/}" --label "$3" "$1" "$2" >&2 || failed="$failed $3;"
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
      sh -c "'$program'${line#"$command"}" >"$work/printed" 2>&1 </dev/null || [ $? -eq 1 ] || [ $? -eq 3 ]
      for text in "shown" "printed"; do
        [ "$text" = printed ] || shown "$line" >"$work/$text"
        grep -vE '^  (Effort|Smallest curvature) ' "$work/$text" >"$work/$text.kept" || true
      done
      compare "$work/shown.kept" "$work/printed.kept" "$line"
    done <"$work/commands"
    ;;
  problems)
    awk -v folder="$work" '$0 == "```" { on = 0 } on { print > (folder "/" count ".json") }
      $0 == "```json" { on = 1; ++count }' "$readme"
    [ -s "$work/1.json" ] || failed=" no JSON block;"
    for problem in "$work"/*.json; do
      "$3" "$problem" --quiet || [ $? -eq 1 ] || [ $? -eq 3 ] || failed="$failed JSON block ${problem##*/};"
    done
    ;;
esac
[ -z "$failed" ] || {
  printf '%s is out of date:%s\n' "${readme##*/}" "$failed" >&2
  exit 1
}
