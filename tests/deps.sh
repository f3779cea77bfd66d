#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install what building, testing and the lab need; nothing if it is there.
# Use: deps.sh [all]; "all" adds what `make fuzz`, `lint` and `fmt` need.
set -eu

# Building.
packages="gcc make pkg-config libc6-dev libmnl-dev libnetfilter-queue-dev
libnetfilter-conntrack-dev libyaml-dev libjansson-dev libssl-dev libpcap-dev
zlib1g-dev uthash-dev libmicrohttpd-dev libncurses-dev libnftnl-dev
libnftables-dev libseccomp-dev libcap-ng-dev"
# Unit tests and the manual.
packages="$packages libcmocka-dev mandoc"
# The lab: kernel tools, servers and clients. proftpd and pure-ftpd conflict
# with vsftpd as packages: tests/lab/fetch-servers.sh unpacks those two.
packages="$packages iproute2 util-linux iptables nftables ipset conntrack procps
python3 python3-pyftpdlib python3-openssl openssl vsftpd curl lftp tnftp
tcpdump ethtool systemd"
# What replay is compared with.
packages="$packages tshark"
# The emulated machine, without which tests/vm is skipped; fetch-kernel.sh
# there unpacks its kernel.
machine="qemu-system-x86 cpio kmod"
# With what they recommend: clang's runtime for the fuzzers is named by version.
extra="clang clang-format clang-tidy cppcheck git"

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

missing() {
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q '^install ok installed' || echo "$p"
	done
}

fetch() { # OPTION PACKAGES...
	option=$1
	shift
	wanted=$(missing "$@")
	[ -n "$wanted" ] || return 0
	echo "installing:" $wanted
	$sudo apt-get update -q
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y "$option" \
		$wanted
}

fetch --no-install-recommends $packages
fetch --no-install-recommends $machine ||
	echo "deps: tests/vm will be skipped without $machine" >&2
[ "${1-}" != all ] || fetch --install-recommends $extra
