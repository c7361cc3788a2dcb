#!/bin/sh
# usage: demo.sh PGBCHECK FOLDER
# Runs the tool on every trained network of this example and leaves an HTML report of each in FOLDER.
set -eu
pgbcheck=$1 reports=$2
here=$(dirname "$0")
mkdir -p "$reports"

written=""
for name in tanh tanh_aug relu wide wide_aug early; do
  problem="$here/$name.json"
  report="$reports/$name.html"
  printf '\n$ %s\n' "$pgbcheck $problem --report $report"
  status=0
  "$pgbcheck" "$problem" --report "$report" || status=$?
  # 0 the condition holds, 1 it does not, 3 undecided: all three are answers.
  case $status in
    0 | 1 | 3) written="$written $report" ;;
    *) exit "$status" ;;
  esac
done

printf '\nReports:\n'
for report in $written; do
  printf '  %s\n' "$report"
done
