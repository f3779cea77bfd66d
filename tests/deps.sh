#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install what building, testing and the lab need; nothing if it is there.
set -eu

# Building.
packages="gcc make pkg-config libc6-dev libmnl-dev libnetfilter-queue-dev
libnetfilter-conntrack-dev libyaml-dev libjansson-dev"
# Unit tests, fuzzing, lint, manual.
packages="$packages libcmocka-dev clang libclang-rt-14-dev clang-format
clang-tidy cppcheck mandoc"
# The lab: kernel tools, servers and clients. proftpd and pure-ftpd conflict
# with vsftpd as packages: tests/lab/fetch-servers.sh unpacks those two.
packages="$packages iproute2 util-linux iptables ipset conntrack procps tcpdump python3
python3-pyftpdlib vsftpd curl lftp tnftp"

missing=
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
		grep -q '^install ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	echo "installing:$missing"
	$sudo apt-get update -q
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y \
		--no-install-recommends $missing
fi
