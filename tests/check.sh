#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every test that this machine can run. Closes with the plain line
# "N passed, N failed, N skipped".
# Use: check.sh BUILD_DIRECTORY MUTATE_PROGRAM
#
# Two lanes run side by side, since most of the lab's time is waiting: what
# needs no lab of this machine, whose output is printed when it is through, and
# the lab.
set -u
build=$1
mutate=$2
logs=$(mktemp -d)
counts=$logs/counts
trap 'rm -rf "$logs"' EXIT
# What runs in the background does not hear of an interrupt by itself.
trap 'trap - TERM; kill 0; exit 1' INT TERM

count() { # NAME PASSED FAILED SKIPPED
	printf '%-28s %4d passed %3d failed %3d skipped\n' "$1" "$2" "$3" "$4"
	echo "$2 $3 $4" >>"$counts"
}

units() {
	for t in "$build"/unit/test_*; do
		case $t in *.d) ;; *) echo "$t" ;; esac
	done
}

# Far longer than the slowest takes, also under a sanitizer.
UNIT_SECONDS=300

# All cmocka programs, two for each processor, as some wait for the kernel.
run_units() {
	units | xargs -P $((2 * $(nproc))) -I '{}' sh -c \
		'timeout "$3" "$1" >"$2/$(basename "$1")" 2>&1
		echo $? >"$2/$(basename "$1").rc"' sh '{}' "$logs" $UNIT_SECONDS
}

# What became of one: a line for each test. One that dies counts as a failure.
unit() {
	rc=$(cat "$1.rc") || rc=1
	p=$(grep -c '^\[       OK \]' "$1")
	f=$(grep -c '^\[  FAILED  \] [^0-9]*$' "$1")
	s=$(grep -c '^\[  SKIPPED \] [^0-9]*$' "$1")
	# Failed tests are listed twice, in place and at the end.
	f=$((f > 1 ? (f + 1) / 2 : f))
	[ $rc -ne 0 ] && [ "$f" -eq 0 ] && f=1
	[ "$p$f$s" = 000 ] && f=1
	if [ "$f" -gt 0 ]; then cat "$1"; else grep -i 'skip:' "$1"; fi
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

plain_lane() {
	log=$logs/plain.log
	run_units
	for t in $(units); do
		unit "$logs/$(basename "$t")"
	done
	for t in "$build"/fuzz/*.corpus; do
		name=$(basename "$t" .corpus)
		single "$name" "$t" "tests/fuzz/corpus/${name#fuzz_}"
	done
	single "systemd unit" sh tests/systemd.sh "$build"
	single "manual pages" sh tests/manual.sh
	counted "captures" /usr/bin/python3 tests/lab/check_pcaps.py
	counted "replay, golden" /usr/bin/python3 tests/golden/golden.py \
		--sallyport "$build/sallyport"
	counted "replay and tshark" /usr/bin/python3 tests/replay/agree.py \
		--sallyport "$build/sallyport"
	single "broken captures (sample)" sh tests/mutate/run.sh "$mutate" sample
	if [ "${CHECK_LAB:-yes}" = yes ]; then
		counted "the distribution's kernel" /usr/bin/python3 \
			tests/vm/run.py --sallyport "$build/sallyport"
	fi
}

lab_lane() {
	log=$logs/lab.log
	counted "daemon" /usr/bin/python3 tests/daemon/run.py \
		--sallyport "$build/sallyport"
	counted "failure matrix" /usr/bin/python3 tests/failures/run.py \
		--sallyport "$build/sallyport"
	counted "lab scenarios" /usr/bin/python3 tests/lab/run.py \
		--sallyport "$build/sallyport"
	counted "reference lab" /usr/bin/python3 tests/lab/reference.py \
		--sallyport "$build/sallyport"
	counted "lab matrix (pairs)" /usr/bin/python3 tests/lab/matrix.py \
		--sallyport "$build/sallyport"
	counted "lab FTPS matrix (pairs)" /usr/bin/python3 \
		tests/lab/ftps_matrix.py --sallyport "$build/sallyport"
	counted "audit and lab (pairs)" /usr/bin/python3 \
		tests/lab/audit_agree.py --sallyport "$build/sallyport"
	counted "load" /usr/bin/python3 tests/load/run.py \
		--sallyport "$build/sallyport" --programs "$build/load"
}

plain_lane >"$logs/plain" 2>&1 &
plain=$!
if [ "${CHECK_LAB:-yes}" = yes ]; then
	lab_lane
fi
wait $plain || count "the other lane" 0 1 0
cat "$logs/plain"
awk '{ passed += $1; failed += $2; skipped += $3 }
	END {
		print passed " passed, " failed " failed, " skipped " skipped"
		exit failed > 0
	}' "$counts"
