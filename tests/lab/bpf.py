# SPDX-License-Identifier: GPL-2.0-or-later
"""The filter of a wiretap, in classic BPF: the kernel throws the rest away."""

import ctypes
import socket
import struct

# Not in Python's socket module.
SO_ATTACH_FILTER = 26
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
TCP = 6
SNAP_BYTES = 65535
# struct sock_filter
ROW_BYTES = 8

# Opcodes of classic BPF (linux/filter.h): load a byte or half word from a
# place or from X and a place, and so on.
_LDB, _LDB_X, _LDH_X, _LDX, _LDX_IHL = 0x30, 0x50, 0x48, 0x01, 0xb1
_JEQ, _JSET, _JUMP, _RET = 0x15, 0x45, 0x05, 0x06
_AND, _SHIFT, _ADD_X, _TO_X = 0x54, 0x74, 0x0c, 0x07

# Start of a TLS record that holds a handshake message.
_HANDSHAKE = 0x1603


def _assemble(rows):
    """@rows are (label, code, label if true, label if false, k); an empty
    label stands for the next row."""
    at = {row[0]: number for number, row in enumerate(rows) if row[0]}
    program = []
    for here, (_, code, true, false, k) in enumerate(rows, 1):
        skip = [at[label] - here if label else 0 for label in (true, false)]
        program.append((code, 0, 0, skip[0]) if code == _JUMP
                       else (code, *skip, k))
    return program


def _program(port, everything):
    """TCP from or to @port; what opens or ends any connection; and on any
    connection what begins a TLS handshake. Or all TCP.

    It starts at the IP header; X is the length of that header, then of both.
    """
    return _assemble((
        ("", _LDB, "", "", 0),
        ("", _AND, "", "", 0xf0),
        ("", _JEQ, "", "v6", 0x40),
        ("", _LDB, "", "", 9),
        ("", _JEQ, "", "drop", TCP),
        ("", _LDX_IHL, "", "", 0),
        ("", _JUMP, "tcp", "", 0),
        ("v6", _JEQ, "", "drop", 0x60),
        ("", _LDB, "", "", 6),
        ("", _JEQ, "", "drop", TCP),
        ("", _LDX, "", "", 40),
        ("tcp", _LDH_X, "", "", 0),
        ("", _JEQ, "keep", "", port),
        ("", _LDH_X, "", "", 2),
        ("", _JEQ, "keep", "", port),
        ("", _LDB_X, "", "", 13),
        ("", _JSET, "keep", "", 0xff if everything else SYN | FIN | RST),
        ("", _LDB_X, "", "", 12),
        ("", _AND, "", "", 0xf0),
        ("", _SHIFT, "", "", 2),
        ("", _ADD_X, "", "", 0),
        ("", _TO_X, "", "", 0),
        # Past the end of the packet is a "no".
        ("", _LDH_X, "", "", 0),
        ("", _JEQ, "keep", "drop", _HANDSHAKE),
        ("keep", _RET, "", "", SNAP_BYTES),
        ("drop", _RET, "", "", 0),
    ))


def attach(sock, port, everything):
    """Let only that through to the packet socket @sock."""
    program = b"".join(struct.pack("HBBI", *row)
                       for row in _program(port, everything))
    memory = ctypes.create_string_buffer(program)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("HP", len(program) // ROW_BYTES,
                                ctypes.addressof(memory)))
