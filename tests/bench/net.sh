# SPDX-License-Identifier: GPL-2.0-or-later
# The network of the benchmark, sourced by run.sh: one client and one server,
# and between them a gateway for each way of looking at control connections.
# All are there at once; a measurement chooses one by the server's address.
#
#	client 10.1.N.4 - 10.1.N.1 gateway N 10.2.N.1 - 10.2.N.5 server
#
#	N=1 (a) nothing is queued     N=3 (c) sallyport run
#	N=2 (b) accept_all            N=4 (d) the kernel's helper
#
# Every gateway masquerades. (a) and (b) let every port through; (c) and (d)
# only the control port and what is RELATED or ESTABLISHED.

in_ns() { # NAME COMMAND...
	name=$1
	shift
	ip netns exec "$prefix-$name" "$@"
}

net_space() { # NAME
	ip netns add "$prefix-$1" || return
	in_ns "$1" ip link set lo up
}

net_link() { # HOST GATEWAY NUMBER HOST-DEVICE GATEWAY-DEVICE NET LAST
	in_ns "$2" ip link add "$5" type veth peer name "$4$3" \
		netns "$prefix-$1" &&
	in_ns "$2" ip addr add "10.$6.$3.1/24" dev "$5" &&
	in_ns "$2" ip link set "$5" up &&
	in_ns "$1" ip addr add "10.$6.$3.$7/24" dev "$4$3" &&
	in_ns "$1" ip link set "$4$3" up
}

net_gateway() { # NAME NUMBER POLICY
	net_space "$1" &&
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' &&
	net_link client "$1" "$2" c inside 1 4 &&
	net_link server "$1" "$2" s outside 2 5 &&
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

net_make() {
	net_space client && net_space server &&
	net_gateway a 1 ACCEPT && net_gateway b 2 ACCEPT &&
	net_gateway c 3 DROP && net_gateway d 4 DROP
}

net_delete() {
	for name in client server a b c d; do
		ip netns pids "$prefix-$name" 2>/dev/null |
			while read -r pid; do kill -KILL "$pid"; done
		ip netns del "$prefix-$name" 2>/dev/null
	done
}

# The same place where sallyport's rules queue: both directions in mangle.
accept_all_rules() { # GATEWAY
	for port in --dport --sport; do
		in_ns "$1" iptables -t mangle -A FORWARD -p tcp $port 21 \
			-j NFQUEUE --queue-num 0 || return
	done
}

helper_rules() { # GATEWAY
	in_ns "$1" iptables -t raw -A PREROUTING -p tcp --dport 21 \
		-j CT --helper ftp
}
