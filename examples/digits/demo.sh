#!/bin/sh
# usage: demo.sh PGBCHECK FOLDER
# Runs the tool on every trained network of this example and leaves an HTML report of each in FOLDER. What was found
# before by the same program on the same files is only shown again.
set -eu
pgbcheck=$1 reports=$2
here=$(dirname "$0")
mkdir -p "$reports"

# Whether the file $1 is newer than the program and everything in this folder.
is_current() {
  [ -f "$1" ] && [ "$1" -nt "$pgbcheck" ] && [ -z "$(find "$here" -newer "$1" -type f)" ]
}

written=""
for name in tanh tanh_aug relu relu_aug wide early; do
  problem="$here/$name.json"
  report="$reports/$name.html"
  found="$reports/$name.txt"
  printf '\n$ %s\n' "$pgbcheck $problem --report $report"
  if ! is_current "$found"; then
    status=0
    "$pgbcheck" "$problem" --report "$report" > "$found.new" || status=$?
    # 0 the condition holds, 1 it does not, 3 undecided: all three are answers.
    case $status in
      0 | 1 | 3) mv "$found.new" "$found" ;;
      *) exit "$status" ;;
    esac
  fi
  cat "$found"
  written="$written $report"
done

printf '\nReports:\n'
for report in $written; do
  printf '  %s\n' "$report"
done
