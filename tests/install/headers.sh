#!/bin/sh
# usage: headers.sh LIB INCLUDE
# Every header of LIB that a caller can use is under INCLUDE, whatever those include of ours is there too, and none
# needs a library that pgb keeps to itself.
set -eu
lib=$1 include=$2
status=0
complain() {
  printf '%s\n' "$*" >&2
  status=1
}

private='nlohmann/|Eigen/|Spectra/|CLI/|zip\.h|onnx/onnx_pb'
for header in $(cd "$lib" && find pgb -name '*.h'); do
  if [ -f "$include/$header" ]; then
    cmp -s "$lib/$header" "$include/$header" || complain "$header: differs from its source"
  fi
done
# Headers that use a private library or belong to pgb_search, and those that include them, are not for callers.
inner=$(cd "$lib" && { grep -rlE "#include [<\"]($private)" --include='*.h' pgb || true
  find pgb/search/descent pgb/search/family pgb/search/local pgb/search/run -name '*.h'; })
while :; do
  more=$inner
  for header in $inner; do
    more="$more $(cd "$lib" && grep -rlF "#include \"$header\"" --include='*.h' pgb || true)"
  done
  more=$(printf '%s\n' $more | sort -u)
  [ "$more" != "$(printf '%s\n' $inner | sort -u)" ] || break
  inner=$more
done
for header in $(cd "$lib" && find pgb -name '*.h'); do
  if printf '%s\n' $inner | grep -qxF "$header"; then
    [ ! -e "$include/$header" ] || complain "$header: installed, but needs a private library"
  else
    [ -e "$include/$header" ] || complain "$header: not installed"
  fi
done
[ -f "$include/pgb/version.h" ] || complain "pgb/version.h: not installed"
exit $status
