# common.sh - what ci/test, ci/bench and ci/full do first. Sourced, not run.
#
# A step that has nothing to do takes well under a second.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ASSAY_BUILD_DIR:-$root/build}
cd "$root"

say() { printf '== %s\n' "$*" >&2; }

# How many times longer than on a machine of one's own a test may take here,
# 1..8, for meson test -t: at least as much as the watchdogs inside of tests
# allow themselves under this load (harness/lib/patience.c), or what is around
# one would end it first.
patience() {
    local average now wanting processors times
    read -r average _ _ now _ </proc/loadavg
    wanting=$((10#${average/./})) # in hundredths of a thread
    now=$((${now%/*} * 100))
    wanting=$((now > wanting ? now : wanting))
    processors=$(($(nproc) * 100))
    times=$(((wanting + processors - 1) / processors))
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
