# common.sh - what ci/test, ci/bench and ci/full do first. Sourced, not run.
#
# A step that has nothing to do takes well under a second.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ASSAY_BUILD_DIR:-$root/build}
cd "$root"

say() { printf '== %s\n' "$*" >&2; }

# How many times longer than on a machine of one's own a test may take here,
# 1..8, for meson test -t: the watchdogs inside of tests do the same.
patience() {
    local load processors times
    read -r load _ </proc/loadavg
    processors=$(nproc)
    times=$(((${load%.*} + processors - 1) / processors))
    echo $((times < 1 ? 1 : times > 8 ? 8 : times))
}

# Sets up a build folder, if it is not. Further words go to meson setup.
set_up_in() {
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
}

# Sets it up and builds it, or of it what $targets names.
build_in() {
    set_up_in "$@"
    say "building in $1"
    # shellcheck disable=SC2086  # names of targets have no blanks
    ninja -C "$1" --quiet ${targets:-} >&2 || exit 3
}
