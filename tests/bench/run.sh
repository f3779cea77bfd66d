#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark: what sallyport costs, next to the least that anything of its
# kind can cost, in one run.
#
#	SALLYPORT=build/sallyport BUILD=build sh tests/bench/run.sh [--strict]
#
# --strict: exit status 1 when a bar is missed. BENCH_QUICK=1: a tenth of the
# time. BENCH_PARTS="control tls": these only, of engine control data bulk tls
# replay audit. The raw samples stay in $BUILD/bench/samples. What this machine cannot
# do is skipped, with the reason.
set -u
cd "$(dirname "$0")/../.." || exit 3
build=${BUILD:-build}
sallyport=${SALLYPORT:-$build/sallyport}
strict=
[ "${1-}" = --strict ] && strict=1
source=tests/bench
mkdir -p "$build/bench" || exit 3
here=$(cd "$build/bench" && pwd)
samples=$here/samples

# Twice the size of the largest table.
memory_kb=3000000

if [ "${BENCH_QUICK:-0}" = 1 ]; then
	rounds=5 engine_rounds=5 bytes=67108864
	replay_rounds=3 replay_bytes=1073741824
	audit_rounds=1
	talks=15 milliseconds=60
else
	rounds=60 engine_rounds=15 bytes=134217728
	replay_rounds=7 replay_bytes=2147483648
	audit_rounds=5
	# Whatever else the machine does comes and goes in tenths of seconds:
	# many short rounds tell more than a few long ones.
	talks=75 milliseconds=60
fi

compile() { # PROGRAM SOURCES AND LIBRARIES...
	program=$1
	shift
	(cd $source && ${CC:-cc} -O2 -g -std=c17 -Wall -Wextra -D_GNU_SOURCE \
		-I../../include -o "$here/$program" "$@")
}

pinned() {
	if taskset -c "$cpu" true 2>/dev/null; then
		taskset -c "$cpu" "$@"
	else
		"$@"
	fi
}

network() {
	if [ "$(id -u)" != 0 ]; then
		echo "skipped: all that goes through the kernel: not root"
		return 0
	fi
	if ! unshare --mount --pid --fork true 2>/dev/null; then
		echo "skipped: all that goes through the kernel:" \
			"no permission to make namespaces"
		return 0
	fi
	setpriv --pdeathsig KILL \
		unshare --mount --pid --fork --kill-child=KILL --mount-proc \
		sh $source/net.sh "spbench-$$" "$here" "$1" \
		$rounds $talks $milliseconds $bytes "$parts" >>"$samples" &
	inside=$!
	# unshare itself ignores the signals that would end it.
	trap 'kill -KILL $inside; exit 130' INT TERM HUP
	wait $inside
	status=$?
	trap - INT TERM HUP
	return $status
}

parts=${BENCH_PARTS:-engine control data bulk tls replay audit}
cpu=$(taskset -cp $$ | sed 's/.*: //; s/.*[,-]//')
library=$(cd "$build" && pwd)/libcore.a
compile engine_bench engine_bench.c rig.c trace.c bench.c "$library" &&
	compile ftp_load ftp_load.c ftp_client.c ftp_data.c ftp_serve.c \
		ftp_socket.c sham_tls.c bench.c &&
	compile accept_all accept_all.c bench.c -lmnl &&
	compile replay_gen replay_gen.c replay_wire.c bench.c &&
	compile replay_loop replay_loop.c -lpcap &&
	compile replay_time replay_time.c bench.c || exit 3

most=1000000
free=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
if [ "${free:-0}" -lt $memory_kb ]; then
	echo "skipped: a million sessions: less than 3 GB of memory are free"
	most=100000
fi
true >"$samples"
case $parts in
*engine*)
	echo "... the engine alone"
	pinned "$here/engine_bench" $engine_rounds $most >"$samples" || exit 3
	;;
esac
case $sallyport in
/*) ;;
*) sallyport=$PWD/$sallyport ;;
esac
case $parts in
*replay*)
	echo "... captures"
	sh $source/replay.sh "$here" "$sallyport" $replay_rounds \
		$replay_bytes >>"$samples" || exit 3
	;;
esac
case $parts in
*audit*)
	echo "... audits"
	sh $source/audit.sh "$sallyport" $audit_rounds >>"$samples" || exit 3
	;;
esac
case $parts in
*control* | *data* | *bulk* | *tls*)
	network "$sallyport" || {
		echo "bench: what goes through the kernel failed" >&2
		exit 3
	}
	;;
esac
awk -f $source/report.awk $source/lines.txt "$samples" || {
	[ -z "$strict" ] || exit 1
}
