#!/bin/sh
# usage: pages.sh PREFIX TOOL…
# Every flag that a tool prints in its --help is in its manual page and completions, and these are well formed.
set -eu
prefix=$1
shift
status=0
complain() {
  printf '%s\n' "$*" >&2
  status=1
}

for tool in "$@"; do
  man=$prefix/share/man/man1/$tool.1.gz
  bash=$prefix/share/bash-completion/completions/$tool
  zsh=$prefix/share/zsh/vendor-completions/_$tool
  fish=$prefix/share/fish/vendor_completions.d/$tool.fish
  flags=$("$prefix/bin/$tool" --help | grep -oE -- '^  (-[a-z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+')
  [ -n "$flags" ] || complain "$tool: no flags in --help"
  page=""
  [ ! -e "$man" ] || page=$(gzip -dc "$man" | sed 's/\\//g')
  for flag in $flags; do
    case $page in
      '' | *"$flag"*) ;;
      *) complain "$man: lacks $flag" ;;
    esac
    grep -qwF -- "$flag" "$bash" || complain "$bash: lacks $flag"
    grep -qwF -- "$flag" "$zsh" || complain "$zsh: lacks $flag"
    grep -qE -- " -l ${flag#--}( |\$)" "$fish" || complain "$fish: lacks $flag"
  done
  for shell in bash zsh fish; do
    eval "file=\$$shell"
    command -v $shell >/dev/null || continue
    $shell -n "$file" || complain "$file: $shell cannot read it"
  done
  # What a person who types "--js" and presses the tab key is offered.
  if command -v bash >/dev/null; then
    offered=$(bash -c "source '$bash'; COMP_WORDS=($tool --js); COMP_CWORD=1; _$tool 2>/dev/null; echo \"\${COMPREPLY[*]}\"")
    [ "$offered" = "--json" ] || complain "$bash: offers \"$offered\" for --js"
  fi
done
exit $status
