#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is measured through the kernel. Started by run.sh, as the first process
# of a PID namespace of its own and with mounts of its own: whatever happens,
# everything that is made here goes with it.
#
# One client and one server, and between them a gateway for each way of looking
# at control connections. All are there at once; a measurement chooses one by
# the server's address.
#
#	client 10.1.N.4 - 10.1.N.1 gateway N 10.2.N.1 - 10.2.N.5 server
#
#	N=1 (a) nothing is queued     N=3 (c) sallyport run
#	N=2 (b) accept_all            N=4 (d) the kernel's helper
#	                              N=5 (e) sallyport run, tls.fast-path
#
# Every gateway masquerades. (a) and (b) let every port through; the others
# only the control port and what is RELATED or ESTABLISHED.
#
# Samples go to standard output, the rest to standard error.
#	net.sh PREFIX BUILD-DIRECTORY SALLYPORT ROUNDS TALKS MILLISECONDS BYTES PARTS

# Lists of words are meant to be split, and "make or die" is what it seems.
# shellcheck disable=SC2086,SC2015
set -u
prefix=$1
here=$2
sallyport=$3
rounds=$4
talks=$5
milliseconds=$6
bytes=$7
parts=$8

# Data connections of one round.
connects=100
log=$here/sallyport.log

# Sessions end by RST, thousands a second. While conntrack remembers them, for ten
# seconds otherwise, the helper's expectations fill the kernel's table, and then
# it drops what asks for more.
short_lived='echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close'

# The range that the server's ports come from: any.
range="32768-60999"

skip() {
	echo "skipped: $*" >&2
}

die() {
	skip "$*"
	exit 0
}

in_ns() { # NAME COMMAND...
	name=$1
	shift
	ip netns exec "$prefix-$name" "$@"
}

space() { # NAME
	ip netns add "$prefix-$1" && in_ns "$1" ip link set lo up
}

link() { # HOST GATEWAY NUMBER HOST-DEVICE GATEWAY-DEVICE NET LAST
	in_ns "$2" ip link add "$5" type veth peer name "$4$3" \
		netns "$prefix-$1" &&
	in_ns "$2" ip addr add "10.$6.$3.1/24" dev "$5" &&
	in_ns "$2" ip link set "$5" up &&
	in_ns "$1" ip addr add "10.$6.$3.$7/24" dev "$4$3" &&
	in_ns "$1" ip link set "$4$3" up
}

gateway() { # NAME NUMBER POLICY
	space "$1" &&
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' &&
	in_ns "$1" sh -c "$short_lived" &&
	link client "$1" "$2" c inside 1 4 &&
	link server "$1" "$2" s outside 2 5 &&
	in_ns client ip route add "10.2.$2.0/24" via "10.1.$2.1" &&
	in_ns server ip route add "10.1.$2.0/24" via "10.2.$2.1" &&
	in_ns "$1" iptables-restore <<-EOF
	*filter
	:FORWARD $3
	-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	-A FORWARD -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT
	COMMIT
	*nat
	-A POSTROUTING -o outside -j MASQUERADE
	COMMIT
	EOF
}

# Where sallyport's own rules queue: both directions, in mangle FORWARD.
start_b() {
	for port in --dport --sport; do
		in_ns b iptables -t mangle -A FORWARD -p tcp $port 21 \
			-j NFQUEUE --queue-num 0 || return
	done
	pid_b=$(in_ns b "$here/accept_all")
}

queue_is_bound() { # NAME
	in_ns "$1" grep -q '^ *0 ' /proc/net/netfilter/nfnetlink_queue
}

configure() { # NAME SERVER FAST-PATH
	rm -f "$here/$1.sock" "/run/sallyport-bench.$1.state"
	cat >"$here/$1.yaml" <<-EOF
	control-socket: $here/$1.sock
	state-file: /run/sallyport-bench.$1.state
	tls: { fast-path: $3 }
	servers:
	  - { name: bench, address: [$2], passive-ports: $range, max-new: 60000,
	      max-data: 1024 }
	EOF
}

# Sets pid.
start_sallyport() { # NAME SERVER FAST-PATH
	[ -x "$sallyport" ] || {
		skip "($1): there is no $sallyport"
		return 1
	}
	configure "$@"
	conf=$here/$1.yaml
	in_ns "$1" "$sallyport" -c "$conf" rules --load 2>"$log" || {
		skip "($1): $(tail -n 1 "$log")"
		return 1
	}
	ip netns exec "$prefix-$1" "$sallyport" -c "$conf" run >"$log" 2>&1 &
	pid=$!
	tries=0
	until queue_is_bound "$1"; do
		tries=$((tries + 1))
		if [ $tries -gt 100 ] || ! kill -0 $pid 2>/dev/null; then
			skip "($1): $(tail -n 1 "$log")"
			return 1
		fi
		sleep 0.05
	done
}

stop_sallyport() { # NAME PID
	kill -0 "$2" 2>/dev/null || return
	in_ns "$1" "$sallyport" -c "$here/$1.yaml" ctl stats >"$here/$1.stats"
	kill "$2"
	wait "$2"
	rm -f "/run/sallyport-bench.$1.state"
}

start_d() {
	in_ns d iptables -t raw -A PREROUTING -p tcp --dport 21 \
		-j CT --helper ftp 2>"$log" || {
		skip "(d): the kernel has no helper: $(tail -n 1 "$log")"
		return 1
	}
}

load() { # PART COMMAND...
	case $parts in
	*$1*) ;;
	*) return 0 ;;
	esac
	shift
	in_ns client taskset -c "$cpus" "$here/ftp_load" "$@"
}

run_all() { # HOW CPUS
	how=$1
	cpus=$2
	echo "... $how" >&2
	for pid in $pids; do
		taskset -acp "$cpus" "$pid" >/dev/null
	done
	load control control "$how.control1" "$talks" "$milliseconds" 1 $all &&
	load control control "$how.control64" "$talks" "$milliseconds" 64 \
		$all &&
	load data passive "$how.passive" "$rounds" $connects $data &&
	load data active "$how.active" "$rounds" $connects $data &&
	load bulk bulk "$how.bulk" "$rounds" "$bytes" $data &&
	load tls control "$how.tls1" "$talks" "$milliseconds" 1 $tls &&
	load tls first "$how.first" "$rounds" $connects $first
}

mount -t tmpfs tmpfs /run && mkdir /run/netns || die "no mounts of our own"
space client && space server &&
	gateway a 1 ACCEPT && gateway b 2 ACCEPT &&
	gateway c 3 DROP && gateway d 4 DROP && gateway e 5 DROP ||
	die "namespaces, iptables or its MASQUERADE do not work here"
start_b || die "NFQUEUE does not work here"
all="a=10.2.1.5 b=10.2.2.5"
data="a=10.2.1.5"
tls="a=tls:10.2.1.5 b=tls:10.2.2.5"
first="a=10.2.1.5"
pid_c= pid_e=
if start_sallyport c 10.2.3.5 false; then
	pid_c=$pid
	all="$all c=10.2.3.5"
	data="$data c=10.2.3.5"
	tls="$tls c=tls:10.2.3.5"
	first="$first c=tls:10.2.3.5"
fi
if start_sallyport e 10.2.5.5 true; then
	pid_e=$pid
	tls="$tls e=tls:10.2.5.5"
	first="$first e=tls:10.2.5.5"
fi
if start_d; then
	all="$all d=10.2.4.5"
	data="$data d=10.2.4.5"
	first="$first d=10.2.4.5"
fi
pids="$(in_ns server "$here/ftp_load" serve \
	10.2.1.5 10.2.2.5 10.2.3.5 10.2.4.5 10.2.5.5) $pid_b $pid_c $pid_e"
every=$(taskset -cp $$ | sed 's/.*: //')
run_all pinned "${every##*[,-]}" && run_all unpinned "$every"
status=$?
[ -z "$pid_c" ] || stop_sallyport c "$pid_c"
[ -z "$pid_e" ] || stop_sallyport e "$pid_e"
exit $status
