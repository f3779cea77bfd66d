#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd as process 1 of namespaces of its own, on a copy of this machine's
# files with those in TREE on top. It begins with lab.target.
# Use: systemd-boot.sh CONTROL_GROUP SCRATCH TREE
set -eu
if [ "$1" != inside ]; then
	echo $$ >"$1/cgroup.procs"
	exec unshare --mount --propagation private --pid --fork --kill-child \
		--uts --ipc --cgroup sh "$0" inside "$2" "$3"
fi

mount -t tmpfs tmpfs "$2"
cd "$2"
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cp -r "$3"/. root
cd root
# What in them is this machine's too stays as it is.
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
pivot_root . mnt
umount -l /mnt
systemd-sysusers
# This is no machine of its own.
export container=sallyport
exec /lib/systemd/systemd --system --unit=lab.target --show-status=no \
	--log-target=console </dev/null
