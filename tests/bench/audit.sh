#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How long `sallyport audit` takes for all of its conversations, without
# sallyport and with it. Started by run.sh.
#
# Two policies: one where nearly all works, so that all data is moved, in both
# families; and one where without sallyport no data connection comes about, so
# that all of those wait for what the kernel drops.
#
# Samples go to standard output, the rest to standard error.
#	audit.sh SALLYPORT ROUNDS
set -u
sallyport=$1
rounds=$2
cd rules/audit || exit 3

# FILE VARIANT MORE-OPTIONS...
measure() {
	rules=$1
	variant=$2
	shift 2
	begin=$(date +%s%N)
	# The file's own options are words.
	"$sallyport" audit --rules "$rules" "$@" \
		$(sed -n 's/^# audit: //p' "$rules") >/dev/null
	status=$?
	end=$(date +%s%N)
	case $status in
	0 | 1) ;;
	3)
		echo "skipped: audit: the system refused it" >&2
		exit 0
		;;
	*) exit 3 ;;
	esac
	echo "audit.time $variant" \
		"$(awk "BEGIN { print ($end - $begin) / 1e9 }")"
}

round=0
while [ $round -lt "$rounds" ]; do
	measure routed-strict.rules open --rules6 routed-strict.rules6
	measure routed-sallyport.rules closed
	round=$((round + 1))
done
