#!/bin/sh
# usage: debian.sh BUILD
# Makes the Debian packages of BUILD, installs them in a root that holds nothing else, and runs there what a newcomer
# would run. Needs root, debootstrap and a mirror (of the machine's own apt); exits 77, "skipped", where they are missing.
set -eu
build=$1
skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}
[ "$(id -u)" -eq 0 ] || skip "not root"
command -v debootstrap >/dev/null || skip "no debootstrap"
. /etc/os-release
[ "$ID" = debian ] || skip "not Debian"

work=$(mktemp -d)
root=$work/root
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$work"' EXIT
(cd "$build" && cpack -B "$work/packages" >"$work/cpack.log" 2>&1) || {
  cat "$work/cpack.log" >&2
  exit 1
}

mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -E 'debian/?$' | head -n 1)
[ -n "$mirror" ] || skip "no mirror of Debian in the machine's apt"
debootstrap --variant=minbase "$VERSION_CODENAME" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 || {
  tail -n 5 "$work/debootstrap.log"
  skip "debootstrap could not make a root"
}
for file in /etc/resolv.conf /etc/apt/apt.conf.d /etc/apt/sources.list /etc/apt/sources.list.d; do
  [ ! -e "$file" ] || cp -rL "$file" "$root$(dirname "$file")/"
done
mount -t proc proc "$root/proc" 2>/dev/null || true
mkdir "$root/packages"
cp "$work"/packages/*.deb "$root/packages/"
inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

inside apt-get -q update >"$work/apt.log" 2>&1
inside sh -c 'apt-get -q install -y --no-install-recommends /packages/pgb_*.deb' >>"$work/apt.log" 2>&1 || {
  tail -n 20 "$work/apt.log" >&2
  exit 1
}
inside pgbcheck --version
status=0
inside sh -c 'cd /root && pgbcheck /usr/share/pgb/examples/line.json --certificate proof.json --report line.html --json line-verdict.json' || status=$?
[ "$status" -eq 1 ] || {
  printf 'pgbcheck: expected exit status 1, found %s\n' "$status" >&2
  exit 1
}
inside pgbverify /root/proof.json
inside pgbrepro suboptimal-points
[ -s "$root/root/line.html" ] && [ -s "$root/root/line-verdict.json" ]
