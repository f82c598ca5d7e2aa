#!/bin/sh
# parts.sh MAKE PART...: makes the parts one after another, up to the first that fails, and says what each of them took.
set -u
make=$1
shift
times=$(mktemp)
table=$(mktemp)
trap 'rm -f "$times" "$table"' EXIT

# The processors' time of all that has ended so far, in seconds. `times` answers only for the shell that asks.
processors() {
    times >"$times"
    tail -n 1 "$times" | sed 's/m/ /g; s/s//g' | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }'
}

failed=0
for part in "$@"; do
    began=$(date +%s)
    processors >"$table.now"
    had=$(cat "$table.now")
    "$make" --no-print-directory "$part" || failed=1
    processors >"$table.now"
    printf '%s %d %d %d\n' "$part" $(($(date +%s) - began)) $(($(cat "$table.now") - had)) "$failed" >>"$table"
    [ "$failed" = 0 ] || break
done
rm -f "$table.now"

awk -v processors="$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)" '
    function clock(seconds) { return sprintf("%d:%02d", seconds / 60, seconds % 60) }
    function row(name, took, used, failed) {
        printf "%-18s %8s %12s %8d %%%s\n", name, clock(took), clock(used), \
            took ? 100 * used / took / processors : 0, failed ? "   failed" : ""
    }
    BEGIN { printf "\n%-18s %8s %12s %10s\n", "", "took", "processors", "in use" }
    { row($1, $2, $3, $4); took += $2; used += $3 }
    END { row("all", took, used, 0) }
' "$table"
exit "$failed"
