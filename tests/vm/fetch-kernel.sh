#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpack the distribution's kernel where it boots nothing but the tests' own
# machine: installed as a package it would become this machine's next kernel.
# Run again it does nothing, so it works without a network once it has been run.
#
# usage: fetch-kernel.sh [DIRECTORY]		(default: build/vm-kernel)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
into=${1:-$here/../../build/vm-kernel}
# Debian's kernel for clouds: that for PCs without the drivers, so it boots fast.
latest=linux-image-cloud-amd64

# _apt may not write to a private directory, so apt keeps root.
apt() {
	apt-get -qq -o APT::Sandbox::User=root "$@"
}

# The package that holds the kernel itself.
package() {
	apt-cache depends "$latest" 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -1
}

download() {
	name=$(package)
	[ -n "$name" ] || { echo "apt knows no $latest" >&2; return 1; }
	apt download "$name"
}

[ "$(uname -m)" = x86_64 ] || { echo "$latest is for x86_64" >&2; exit 1; }
mkdir -p "$into"
exec 9>"$into/lock"
flock 9
[ ! -d "$into/boot" ] || exit 0
scratch=$(mktemp -d "$into/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch"
# With fresh lists if need be: a new machine may have none.
download 2>/dev/null || { apt update && download; }
dpkg -x ./*.deb tree
version=$(ls tree/lib/modules)
# What the package does when it is installed.
PATH=$PATH:/usr/sbin:/sbin depmod -b tree "$version"
# Whole or not at all: boot comes last.
rm -rf ../lib
mv tree/lib ..
mv tree/boot ..
echo "fetch-kernel: Linux $version is in $into"
