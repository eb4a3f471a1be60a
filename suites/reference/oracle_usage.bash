# oracle_usage.bash - what the tests of an oracle's options share.

# The program ends with the status wanted, and says something.
expect() {
    local wanted=$1 status=0
    shift
    text=$("$program" "$@" 2>&1 </dev/null) || status=$?
    if [ "$status" -ne "$wanted" ] || [ -z "$text" ]; then
        echo "'$*' ended with $status, not $wanted: $text"
        exit 1
    fi
}
