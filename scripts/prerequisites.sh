# Sourced by the scripts beside it: finds the package's root, and makes sure that what a build needs
# is there. Checks come first; the network is touched only where something is missing, and every
# command that changes the machine is printed before it is run.

needed_swift_major=6
needed_swift_minor=2

# shellcheck disable=SC2034 # read by the scripts that source this file
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '%s\n' "$line" >&2; done
  exit 1
}

# Prints a command in a form that can be pasted, then runs it.
announce_and_run() {
  printf '+ %s\n' "$*" >&2
  "$@"
}

# The version of the Swift on the PATH, as 'MAJOR MINOR'; nothing where that is not clear.
swift_version() {
  local answer
  answer=$(swift --version 2>&1 </dev/null || true)
  if [[ $answer =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]]; then
    printf '%s %s' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
  fi
}

# Whether the Swift on the PATH is of the given major and minor version or newer.
has_swift() {
  local major minor
  read -r major minor <<<"$(swift_version)"
  [[ -n $major ]] && ((major > $1 || (major == $1 && minor >= $2)))
}

check_swift() {
  local needed="$needed_swift_major.$needed_swift_minor"
  local hint="hint: get it from https://www.swift.org/install"
  if ! command -v swift >/dev/null 2>&1; then
    fail "no Swift found; hwcost needs Swift $needed or newer" \
      "$hint and make sure that 'swift' is on the PATH"
  fi
  if ! has_swift "$needed_swift_major" "$needed_swift_minor"; then
    local found
    found=$(swift_version)
    fail "found Swift ${found:+${found/ /.} }($(command -v swift)); hwcost needs Swift $needed or newer" \
      "$hint"
  fi
}

has_libyaml() {
  if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists yaml-0.1; then return 0; fi
  # Without pkg-config, ask the compiler that comes with Swift.
  command -v clang >/dev/null 2>&1 &&
    printf '#include <yaml.h>\nint main(void) { return yaml_get_version_string() == 0; }\n' |
    clang -x c - -lyaml -o /dev/null >/dev/null 2>&1
}

check_libyaml() {
  if has_libyaml; then return 0; fi
  local what="the development files of libyaml (pkg-config yaml-0.1) are missing"
  if command -v apt-get >/dev/null 2>&1; then
    if [[ $(id -u) == 0 ]]; then
      printf '%s; installing them\n' "$what" >&2
      announce_and_run apt-get update
      announce_and_run env DEBIAN_FRONTEND=noninteractive apt-get install -y libyaml-dev
    elif command -v sudo >/dev/null 2>&1 && [[ -t 0 && -t 2 ]]; then
      printf '%s; installing them\n' "$what" >&2
      announce_and_run sudo apt-get update
      announce_and_run sudo apt-get install -y libyaml-dev
    else
      fail "$what" "hint: run 'sudo apt-get install -y libyaml-dev', then this again"
    fi
  elif command -v dnf >/dev/null 2>&1; then
    fail "$what" "hint: run 'sudo dnf install -y libyaml-devel', then this again"
  elif command -v brew >/dev/null 2>&1; then
    fail "$what" "hint: run 'brew install libyaml', then this again"
  else
    fail "$what" "hint: install libyaml with its header yaml.h, then run this again"
  fi
  has_libyaml || fail "libyaml is still not found after installing libyaml-dev"
}

check_prerequisites() {
  check_swift
  check_libyaml
}
