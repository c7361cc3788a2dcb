#!/bin/sh
# usage: pkg_config.sh PKG_CONFIG LIBDIR COMPILER SOURCE PROGRAM
# Compiles SOURCE with the flags of LIBDIR/pkgconfig/pgb.pc, and runs it.
set -eu
pkg_config=$1 libdir=$2 compiler=$3 source=$4 program=$5

flags=$(PKG_CONFIG_PATH="$libdir/pkgconfig" "$pkg_config" --cflags --libs pgb)
# shellcheck disable=SC2086  # both are lists of words
$compiler -std=c++17 "$source" $flags -Wl,-rpath,"$libdir" -o "$program"
"$program"
