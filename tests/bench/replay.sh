#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `sallyport replay` costs, next to a loop that only reads the capture and
# to tshark that prints the same of it. Started by run.sh.
#
# The capture (replay_gen.c) has 10,000 FTP sessions open at any time. Half of it
# shows whether memory grows with the length. That half is what tshark gets, and
# in a few rounds only, for it is slow; what counts is how much it reads in a
# second.
#
# Samples go to standard output, the rest to standard error.
#	replay.sh BUILD-DIRECTORY SALLYPORT ROUNDS BYTES
set -u
here=$1
sallyport=$2
rounds=$3
bytes=$4
sessions=10000
tshark_rounds=3

whole=$here/replay.pcap
half=$here/replay-half.pcap
trap 'rm -f "$whole" "$half"' EXIT
trap 'exit 130' INT TERM HUP

skip() {
	echo "skipped: $*" >&2
}

# Is there room for the captures, and in memory for their pages? From a disk
# the loop reads no faster than anybody else.
room=$((bytes / 1024 * 2))
if [ "$(df -Pk "$here" | awk 'END { print $4 }')" -lt $room ]; then
	skip "replay: less than $((room / 1024)) MB are free in $here"
	exit 0
fi
if [ "$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)" -lt $room ]; then
	skip "replay: less than $((room / 1024)) MB of memory are free"
	exit 0
fi

if command -v tshark >/dev/null; then
	tshark=yes
else
	tshark=
	skip "replay next to tshark: it is not installed"
fi

"$here/replay_gen" "$whole" "$bytes" $sessions >&2 &&
	"$here/replay_gen" "$half" $((bytes / 2)) $sessions >&2 ||
	exit 3

# Those that were written first may have left memory again.
cat "$whole" "$half" >/dev/null

measure() { # VARIANT FILE PROGRAM...
	"$here/replay_time" "$@" || exit 3
}

path() { # VARIANT
	case $1 in
	loop) measure loop "$whole" "$here/replay_loop" "$whole" ;;
	json) measure json "$whole" "$sallyport" replay --json "$whole" ;;
	table) measure table "$whole" "$sallyport" replay "$whole" ;;
	json-half) measure json-half "$half" "$sallyport" replay --json "$half" ;;
	table-half) measure table-half "$half" "$sallyport" replay "$half" ;;
	tshark)
		[ -z "$tshark" ] || [ $round -ge $tshark_rounds ] ||
			measure tshark "$half" tshark -n -r "$half" -T fields \
				-e frame.number -e ip.src -e ip.dst \
				-e tcp.srcport -e ftp.request.command \
				-e ftp.request.arg -e ftp.response.code \
				-e ftp.response.arg 2>/dev/null
		;;
	esac
}

# Every second round goes the other way.
round=0
while [ $round -lt "$rounds" ]; do
	order="loop json table json-half table-half tshark"
	[ $((round % 2)) = 0 ] ||
		order="tshark table-half json-half table json loop"
	for variant in $order; do path $variant; done
	round=$((round + 1))
done
