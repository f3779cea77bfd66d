# SPDX-License-Identifier: GPL-2.0-or-later
"""What a bystander reads in TLS (RFC 5246, RFC 8446): records and, while
they are in clear, handshake messages."""

import struct
from dataclasses import dataclass

CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
HEADER_BYTES = 5
# Extension of a ServerHello in TLS 1.3, where the old field says 1.2.
SUPPORTED_VERSIONS = 43
VERSIONS = {0x0303: "1.2", 0x0304: "1.3"}

NAMES = {
    CHANGE: "ChangeCipherSpec", ALERT: "alert", DATA: "application data",
    (HANDSHAKE, CLIENT_HELLO): "ClientHello",
    (HANDSHAKE, SERVER_HELLO): "ServerHello",
    (HANDSHAKE, 4): "NewSessionTicket",
    (HANDSHAKE, 11): "Certificate",
    (HANDSHAKE, 12): "ServerKeyExchange",
    (HANDSHAKE, 14): "ServerHelloDone",
    (HANDSHAKE, 16): "ClientKeyExchange",
}


@dataclass(frozen=True)
class Record:
    kind: int
    body: bytes  # may be cut short

    @property
    def name(self):
        if self.kind == HANDSHAKE:
            return NAMES.get((HANDSHAKE, self.body[0] if self.body else 0),
                             "Finished")
        return NAMES[self.kind]


def starts_record(data):
    return len(data) >= 3 and CHANGE <= data[0] <= DATA and data[1] == 3


def records(data):
    """The records at the start of @data, and what follows them."""
    found = []
    while starts_record(data) and len(data) >= HEADER_BYTES:
        end = HEADER_BYTES + struct.unpack_from("!H", data, 3)[0]
        found.append(Record(data[0], data[HEADER_BYTES:end]))
        data = data[end:]
    return found, data


def after_lines(data):
    """@data from its first record on: AUTH and 234 come before it."""
    for at in range(len(data)):
        if starts_record(data[at:]) and (at == 0 or data[at - 1] == 0x0a):
            return data[at:]
    return b""


def is_client_hello(data):
    return (starts_record(data) and data[0] == HANDSHAKE and
            data[HEADER_BYTES:HEADER_BYTES + 1] == bytes([CLIENT_HELLO]))


def chosen_version(data):
    """"1.2" or "1.3", as the first ServerHello in @data says, or None."""
    for record in records(data)[0]:
        if record.name == "ServerHello":
            return VERSIONS.get(_version(record.body))
    return None


def _version(hello):
    # Type, length (3), version (2), random (32), session id, cipher suite
    # (2), compression (1), extensions.
    version = struct.unpack_from("!H", hello, 4)[0]
    at = 38 + 1 + hello[38] + 3
    end = at + 2 + struct.unpack_from("!H", hello, at)[0]
    at += 2
    while at + 4 <= end:
        kind, length = struct.unpack_from("!HH", hello, at)
        if kind == SUPPORTED_VERSIONS:
            return struct.unpack_from("!H", hello, at + 4)[0]
        at += 4 + length
    return version
