# shellcheck shell=bash
# Sourced by the other scripts: says what is being done, and how long it took.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
step_times="${STEP_TIMES:-$(mktemp)}"

# Builds all programs, with the examples: by them cargo selects the same features as for tests, and neither builds the other's
# crates anew.
build_programs() {
  cargo build --quiet --workspace --bins --examples
}

# Where they are: wherever cargo was told to build.
programs() {
  cargo metadata --no-deps --format-version=1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1\/debug/'
}

# step WORDS -- COMMAND…: runs the command; a failure ends the script, naming the step.
step() {
  local words="" began=$SECONDS
  while [ "$1" != "--" ]; do words="$words${words:+ }$1"; shift; done
  shift
  printf '\n==> %s\n' "$words"
  if ! "$@"; then
    printf '\n==> failed: %s\n' "$words" >&2
    exit 1
  fi
  printf '%5d s  %s\n' "$((SECONDS - began))" "$words" >>"$step_times"
}

# The table of steps so far.
print_steps() {
  printf '\nWhere the time went:\n'
  cat "$step_times"
}
