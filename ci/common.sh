# common.sh - what ci/test, ci/bench and ci/full do first. Sourced, not run.
#
# A step that has nothing to do takes well under a second.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ASSAY_BUILD_DIR:-$root/build}
cd "$root"

say() { printf '== %s\n' "$*" >&2; }

# Sets up a build folder and builds it, or of it what $targets names. Further
# words go to meson setup.
build_in() {
    local folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        say "setting up $folder"
        meson setup "$folder" "$@" >"$folder.log" 2>&1 || {
            cat "$folder.log" >&2
            exit 3
        }
        rm -f "$folder.log"
    fi
    say "building in $folder"
    # shellcheck disable=SC2086  # names of targets have no blanks
    ninja -C "$folder" --quiet ${targets:-} >&2 || exit 3
}
