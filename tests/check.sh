#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every test that this machine can run. Closes with the plain line
# "N passed, N failed, N skipped".
# Use: check.sh BUILD_DIRECTORY
set -u
build=$1
passed=0
failed=0
skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

count() { # NAME PASSED FAILED SKIPPED
	printf '%-28s %4d passed %3d failed %3d skipped\n' "$1" "$2" "$3" "$4"
	passed=$((passed + $2))
	failed=$((failed + $3))
	skipped=$((skipped + $4))
}

# A cmocka program: a line for each test. One that dies counts as a failure.
unit() {
	"$1" >"$log" 2>&1
	rc=$?
	p=$(grep -c '^\[       OK \]' "$log")
	f=$(grep -c '^\[  FAILED  \] [^0-9]*$' "$log")
	s=$(grep -c '^\[  SKIPPED \] [^0-9]*$' "$log")
	# Failed tests are listed twice, in place and at the end.
	f=$((f > 1 ? (f + 1) / 2 : f))
	[ $rc -ne 0 ] && [ "$f" -eq 0 ] && f=1
	[ "$p$f$s" = 000 ] && f=1
	if [ "$f" -gt 0 ]; then cat "$log"; else grep -i 'skip:' "$log"; fi
	count "$(basename "$1")" "$p" "$f" "$s"
}

# Any other program: one test; 77 means skipped, with the reason printed.
single() {
	name=$1
	shift
	"$@" >"$log" 2>&1
	case $? in
	0) count "$name" 1 0 0 ;;
	77)
		tail -1 "$log"
		count "$name" 0 0 1
		;;
	*)
		cat "$log"
		count "$name" 0 1 0
		;;
	esac
}

# A program that ends with the plain line itself.
counted() {
	name=$1
	shift
	"$@" 2>&1 | tee "$log"
	set -- $(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" |
		tail -1 | tr -dc '0-9 ')
	if [ $# -eq 3 ]; then count "$name" "$1" "$2" "$3"; else count "$name" 0 1 0; fi
}

for t in "$build"/unit/test_*; do
	case $t in *.d) ;; *) unit "$t" ;; esac
done
for t in "$build"/fuzz/*.corpus; do
	name=$(basename "$t" .corpus)
	single "$name" "$t" "tests/fuzz/corpus/${name#fuzz_}"
done
single "manual pages" sh tests/manual.sh
counted "captures" /usr/bin/python3 tests/lab/check_pcaps.py
counted "replay, golden" /usr/bin/python3 tests/golden/golden.py \
	--sallyport "$build/sallyport"
counted "replay and tshark" /usr/bin/python3 tests/replay/agree.py \
	--sallyport "$build/sallyport"
single "broken captures (sample)" sh tests/mutate/run.sh "$build/asan/mutate" \
	sample
if [ "${CHECK_LAB:-yes}" = yes ]; then
	counted "daemon" /usr/bin/python3 tests/daemon/run.py \
		--sallyport "$build/sallyport"
	counted "lab scenarios" /usr/bin/python3 tests/lab/run.py \
		--sallyport "$build/sallyport"
	counted "reference lab" /usr/bin/python3 tests/lab/reference.py \
		--sallyport "$build/sallyport"
	counted "lab matrix (pairs)" /usr/bin/python3 tests/lab/matrix.py \
		--sallyport "$build/sallyport"
	counted "lab FTPS matrix (pairs)" /usr/bin/python3 \
		tests/lab/ftps_matrix.py --sallyport "$build/sallyport"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
