#!/bin/sh
# usage: kernels_stand_alone.sh NM OBJECT
# No weak function of OBJECT, compiled for newer processors, has a name that other objects could use as well.
set -eu
symbols=$("$1" -C "$2")
printf '%s\n' "$symbols" | grep -q ' kAvx2\|::kAvx2' || {
  printf '%s: the kernels are not there\n' "$2" >&2
  exit 1
}
shared=$(printf '%s\n' "$symbols" | grep -E '^[0-9a-f]+ [Wu] ' | grep -v 'pgb_eigen_avx2' || true)
[ -z "$shared" ] || {
  printf 'symbols that the linker may choose for every processor:\n%s\n' "$shared" >&2
  exit 1
}
