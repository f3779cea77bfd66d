#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit that `make install` installs is one that systemd understands, runs
# only programs that are there, and is confined.
# Use: systemd.sh BUILD_DIRECTORY
set -eu
# In tenths, as --threshold wants them: 0 is a service that can do nothing. What
# is left is the network, which is its work, and a chroot at the start.
most=21

command -v systemd-analyze >/dev/null ||
	{ echo "skip: systemd-analyze is not installed"; exit 77; }
systemd-analyze security --help | grep -q -- --offline ||
	{ echo "skip: systemd-analyze knows no units that do not run"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP
make -s BUILD="$1" PREFIX="$scratch" install
unit=$scratch/lib/systemd/system/sallyport.service
systemd-analyze verify --man=no "$unit"
systemd-sysusers --dry-run "$scratch/lib/sysusers.d/sallyport.conf"
systemd-analyze security --no-pager --offline=true --threshold=$most "$unit" \
	>"$scratch/security" || { cat "$scratch/security"; exit 1; }
tail -1 "$scratch/security"
