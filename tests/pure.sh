#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The engine takes nothing from outside but these: no clock, no heap, no I/O.
# The last three are what the compiler's hardening adds.
set -eu
allowed='memcpy memmove memset memcmp __memcpy_chk __memmove_chk __memset_chk
__stack_chk_fail'
defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
nm -P --defined-only "$1" | awk 'NF > 1 { print $1 }' | sort -u >"$defined"
nm -P -u "$1" | awk 'NF > 1 { print $1 }' | sort -u |
	grep -vxF -f "$defined" |
	grep -vE '^(__(start|stop)_)?__(asan|ubsan|sanitizer|sancov|lsan|gcov|llvm)_' |
	{
		bad=0
		while read -r symbol; do
			case " $(echo $allowed) " in
			*" $symbol "*) ;;
			*)
				echo "src/core is not pure: it uses $symbol" >&2
				bad=1
				;;
			esac
		done
		exit $bad
	}
