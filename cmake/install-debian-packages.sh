#!/bin/sh
# usage: install-debian-packages.sh [test]
# Installs with apt what the project needs and dpkg does not have; root rights are asked for only when something
# is missing. PGB_SKIP_PACKAGES=1 skips it all.
set -eu

packages="
  g++ make cmake ninja-build pkg-config
  nlohmann-json3-dev libzip-dev libgmp-dev libonnx-dev libprotobuf-dev
  libboost-dev libeigen3-dev libspectra-dev libmpfr-dev libflint-dev
  libnlopt-dev libsqlite3-dev libopenmpi-dev openmpi-bin
  libcli11-dev libgtest-dev libbenchmark-dev python3
  help2man
"
# For the tests alone.
if [ "${1:-}" = test ]; then
  packages="$packages
    dpkg-dev debootstrap
    pybind11-dev python3-dev python3-numpy python3-mpmath python3-matplotlib python3-pytest python3-torch
  "
fi

say() { printf '%s\n' "$*" >&2; }

if [ "${PGB_SKIP_PACKAGES:-0}" != 0 ]; then
  exit 0
fi

# shellcheck disable=SC2086  # a list of words
list=$(printf "%s " $packages)
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
  say "pgb: this is not a Debian or Ubuntu system (no apt-get and dpkg-query here), so nothing can be installed."
  say "pgb: going on with what is there. Needed are the equivalents of: $list"
  exit 0
fi

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed'; }
version_of() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/^[0-9]*://'; }

missing=""
for package in $packages; do
  installed "$package" || missing="$missing $package"
done
# FLINT 2 needs Arb beside it; FLINT 3 contains it.
need_arb=no
if ! installed libflint-arb-dev; then
  case "$(version_of libflint-dev)" in
    '') need_arb=perhaps ;;
    [012].*) need_arb=yes ;;
  esac
fi

if [ -z "$missing" ] && [ $need_arb = no ]; then
  say "pgb: every package needed is installed."
  exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
  as_root="env"
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  say "pgb: these packages are missing, and installing them takes root rights (no sudo here):$missing"
  say "pgb: ask an administrator to run: apt-get install$missing"
  exit 1
fi

say "pgb: updating the list of packages"
$as_root apt-get -q update >&2 || say "pgb: apt-get update failed; trying with the list already there"
if [ $need_arb != no ] && apt-cache show libflint-arb-dev >/dev/null 2>&1; then
  missing="$missing libflint-arb-dev"
fi
say "pgb: installing$missing"
# shellcheck disable=SC2086  # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing >&2 || {
  say "pgb: apt-get could not install:$missing"
  exit 1
}
