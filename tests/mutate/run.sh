#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Broken captures through `sallyport replay`, under the sanitizers.
#	run.sh PROGRAM all|sample [FOLDER]
#
# all: each capture of pcaps/, and of ../shared/pcaps where that is there, cut
# after every byte; 100,000 changed captures. sample: a part of both that takes
# seconds. Cases that fail are kept in FOLDER (beside the program, if none is
# given). Status 77: nothing to run, with the reason.
set -u
program=$1
much=$2
folder=${3:-$(dirname "$1")/mutate-cases}
cd "$(dirname "$0")/../.." || exit 3

if [ ! -x "$program" ]; then
	echo "skip: broken captures: $program was not built"
	exit 77
fi
case $much in
all) cut=1 change=100000 ;;
sample) cut=401 change=2000 ;;
*) exit 2 ;;
esac
mkdir -p "$folder" || exit 3
set -- pcaps/*.pcap
for file in ../shared/pcaps/*.pcap*; do
	[ ! -e "$file" ] || set -- "$@" "$file"
done

mutate() {
	"$program" -d "$folder" -c tests/mutate/routed.yaml \
		-c tests/mutate/nat.yaml "$@"
}

status=0
mutate -e $cut cut "$@" || status=1
mutate -n $change -s 4217 change "$@" || status=1
exit $status
