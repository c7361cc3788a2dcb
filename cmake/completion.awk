# Shell completion of a command-line tool, made from what its --help prints:
#   awk -v tool=pgbcheck -v shell=bash|zsh|fish -f completion.awk help.txt
# An option whose value is called FILE or DIR completes to paths; so does what is no option, after the subcommands.

/^[A-Z].*:$/ { section = $0 }

section == "Subcommands:" && /^  [a-z]/ {
  commands[++command_count] = $1
  words = $0
  sub(/^ *[^ ]+ */, "", words)
  command_words[command_count] = words
}

/^  -/ {
  line = $0
  sub(/^ +/, "", line)
  names = line
  sub(/ .*/, "", names)
  words = ""
  value = ""
  rest = substr(line, length(names) + 1)
  if (match(rest, /^ [A-Z]+( \.\.\.)?/)) {
    value = substr(rest, 2, RLENGTH - 1)
    rest = substr(rest, RLENGTH + 1)
  }
  sub(/^ +/, "", rest)
  ++option_count
  short_name[option_count] = names ~ /^-[a-z],/ ? substr(names, 1, 2) : ""
  long_name[option_count] = names
  sub(/^-[a-z],/, "", long_name[option_count])
  value_name[option_count] = value
  option_words[option_count] = rest
}

function is_path(k) { return value_name[k] ~ /^(FILE|DIR)/ }

# Text inside single quotes of a shell.
function quoted(text) {
  gsub(/'/, "'\\''", text)
  return text
}

# The same inside brackets of a zsh specification.
function bracketed(text) {
  gsub(/\\/, "\\\\", text)
  gsub(/:/, "\\:", text)
  gsub(/\[/, "\\[", text)
  gsub(/\]/, "\\]", text)
  return quoted(text)
}

function bash(  k, flags, paths, values, plain) {
  for (k = 1; k <= option_count; ++k) {
    flags = flags " " long_name[k]
    if (is_path(k)) {
      paths = paths (paths == "" ? "" : "|") long_name[k]
    } else if (value_name[k] != "") {
      values = values (values == "" ? "" : "|") long_name[k]
    }
  }
  for (k = 1; k <= command_count; ++k) plain = plain " " commands[k]
  printf "_%s() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n", tool
  printf "  compopt +o filenames 2>/dev/null\n  case $prev in\n"
  if (paths != "") printf "    %s) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n", paths
  if (values != "") printf "    %s) COMPREPLY=(); return ;;\n", values
  printf "  esac\n  if [[ $cur == -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")\n", substr(flags, 2)
  printf "    return\n  fi\n  compopt -o filenames\n  mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
  if (command_count) {
    printf "  if ((COMP_CWORD == 1)); then COMPREPLY+=($(compgen -W '%s' -- \"$cur\")); fi\n", substr(plain, 2)
  }
  printf "}\ncomplete -F _%s %s\n", tool, tool
}

function zsh(  k, action, both) {
  printf "#compdef %s\n_arguments -s \\\n", tool
  for (k = 1; k <= option_count; ++k) {
    action = value_name[k] == "" ? "" : (":" value_name[k] ":" (is_path(k) ? "_files" : " "))
    if (short_name[k] != "") {
      both = short_name[k] " " long_name[k]
      printf "  '(%s)'{%s,%s}'[%s]%s' \\\n", both, short_name[k], long_name[k], bracketed(option_words[k]), action
    } else {
      printf "  '%s[%s]%s' \\\n", long_name[k], bracketed(option_words[k]), action
    }
  }
  if (command_count) {
    printf "  '1: :{_alternative \"commands:command:("
    for (k = 1; k <= command_count; ++k) printf "%s%s", (k > 1 ? " " : ""), commands[k]
    printf ")\" \"files:file:_files\"}' \\\n"
  }
  printf "  '*:file:_files'\n"
}

function fish(  k) {
  for (k = 1; k <= option_count; ++k) {
    printf "complete -c %s -l %s", tool, substr(long_name[k], 3)
    if (short_name[k] != "") printf " -s %s", substr(short_name[k], 2)
    if (value_name[k] != "") printf "%s", is_path(k) ? " -r -F" : " -x"
    printf " -d '%s'\n", quoted(option_words[k])
  }
  for (k = 1; k <= command_count; ++k) {
    printf "complete -c %s -n __fish_is_first_arg -a %s -d '%s'\n", tool, commands[k], quoted(command_words[k])
  }
}

END {
  if (shell == "bash") bash()
  else if (shell == "zsh") zsh()
  else fish()
}
