#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpack proftpd and pure-ftpd where they disturb nobody: as packages they
# conflict with vsftpd and with each other. Run again it does nothing, so it
# works without a network once it has been run.
#
# usage: fetch-servers.sh [DIRECTORY]		(default: build/lab-servers)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
into=${1:-$here/../../build/lab-servers}

# _apt may not write to a private directory, so apt keeps root.
apt() {
	apt-get -qq -o APT::Sandbox::User=root "$@"
}

# With fresh lists if need be: a new machine may have none.
download() {
	apt download "$1" 2>/dev/null || { apt update && apt download "$1"; }
}

# The libraries that a .deb depends on and the system does not have.
missing_libraries() {
	dpkg-deb -f "$1" Depends | tr ',' '\n' | sed 's/^ *//; s/[ :].*//' |
		grep '^lib' | while read -r package; do
			dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
				grep -q ' installed$' || echo "$package"
		done
}

# unpack PACKAGE TREE: with the libraries it lacks, and those that these lack.
unpack() {
	[ -e "$1.seen" ] && return
	touch "$1.seen"
	download "$1"
	dpkg -x "$1"_*.deb "$2"
	for library in $(missing_libraries "$1"_*.deb); do
		unpack "$library" "$2"
	done
}

fetch() {
	[ -d "$into/$1" ] && return
	scratch=$(mktemp -d "$into/fetch.XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 1' INT TERM
	mkdir "$scratch/tree"
	(cd "$scratch" && unpack "$1" tree)
	# Whole or not at all.
	mv "$scratch/tree" "$into/$1"
	rm -rf "$scratch"
	echo "fetch-servers: $1 is in $into/$1"
}

mkdir -p "$into"
exec 9>"$into/lock"
flock 9
fetch proftpd-core
fetch pure-ftpd
fetch proftpd-mod-crypto
