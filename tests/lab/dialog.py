# SPDX-License-Identifier: GPL-2.0-or-later
"""A control connection by hand, for what no client can be made to do."""

import select
import socket
import struct

import jail
from topology import V6, address
from waiting import PATIENCE_SECONDS, LabError
from wiretap import endpoint_port

# More than any reply or small file here.
READ_BYTES = 65536


class Dialog:
    """A client on @space, @host its address; logged in when this returns,
    under TLS if the lab has it; if not @login, greeted. @patience: seconds
    for whatever has to come. @control: a socket that is connected already."""

    def __init__(self, lab, host="client", login=True,
                 patience=PATIENCE_SECONDS, control=None):
        self._lab, self._patience = lab, patience
        self._space = getattr(lab.topology, host)
        self.address = address(host, lab.family)
        self.control = control or self.socket()
        self.control.settimeout(patience)
        if not control:
            self.control.connect((lab.target, lab.port))
        tls = lab.tls
        self._context = lab.client_context() if tls else None
        if tls and tls.implicit:
            self.secure()
        self._lines = self._reader()
        self.expect(220)
        if login:
            if tls and not tls.implicit:
                self.command("AUTH TLS", 234)
                self.secure()
            self.log_in()

    def log_in(self):
        self.command(f"USER {jail.USER}", 331)
        self.command(f"PASS {jail.PASSWORD}", 230)
        self.command("TYPE I", 200)
        if self._lab.tls:
            self.command("PBSZ 0", 200)
            self.command(f"PROT {self._lab.tls.level}", 200)

    def secure(self):
        """TLS from here on; who is the client of FTP is that of TLS."""
        self.control = self.secured(self.control)
        self._lines = self._reader()

    def secured(self, sock):
        """@sock with TLS on it, which resumes nothing."""
        return self._lab.closing(self._context.wrap_socket(
            sock, server_hostname=self._lab.target))

    def _reader(self):
        """It reads no further than asked: select(2) tells what is left."""
        return self.control.makefile("rb", buffering=0)

    def reset(self):
        """End the control connection by an RST."""
        self.control.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        """End it by a FIN, without QUIT."""
        self._lines.close()
        self.control.close()

    def socket(self):
        """A TCP socket on this host, which is closed with the lab."""
        sock = self._lab.socket(self._space)
        sock.settimeout(self._patience)
        return sock

    def send(self, data):
        self.control.sendall(data)

    def command(self, line, code):
        """Send @line; the text of the reply, which must have that code."""
        self.send(f"{line}\r\n".encode())
        return self.expect(code)

    def reply(self):
        """The last line of the next reply."""
        while True:
            line = self._lines.readline().decode().rstrip()
            # Within one, lines without a code begin with a blank.
            if line[3:4] != "-" and not line.startswith(" "):
                return line

    def expect(self, code):
        line = self.reply()
        if not line.startswith(f"{code} "):
            raise LabError(f"expected a {code} reply: {line!r}")
        return line

    def passive(self):
        """Ask for a passive port; where to connect to."""
        v6 = self._lab.family == V6
        line = (self.command("EPSV", 229) if v6
                else self.command("PASV", 227))
        return self._lab.target, endpoint_port(line)

    def listen(self, port=0):
        """A listening socket for active mode."""
        sock = self.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.address, port))
        sock.listen()
        return sock

    def active_line(self, listener):
        """The command, without its end, that names @listener."""
        port = listener.getsockname()[1]
        if self._lab.family == V6:
            return f"EPRT |2|{self.address}|{port}|"
        host = self.address.replace(".", ",")
        return f"PORT {host},{port >> 8},{port & 255}"

    def accept(self, listener):
        """The data connection that comes to @listener."""
        data, _ = listener.accept()
        data.settimeout(self._patience)
        return data

    def receive(self, data):
        """All that comes through @data; the transfer must end well."""
        got = read_all(data)
        self.expect(226)
        return got

    def quit(self):
        self.command("QUIT", 221)
        self.close()


def read_all(sock):
    """Everything until the peer closes."""
    data = b""
    while True:
        piece = sock.recv(READ_BYTES)
        if not piece:
            return data
        data += piece


def begin_connect(sock, where):
    """Connect without waiting; connect_state() tells how it went."""
    sock.setblocking(False)
    sock.connect_ex(where)


def connect_state(sock):
    """"open", "refused", or "pending" after begin_connect()."""
    try:
        sock.getpeername()
        return "open"
    except OSError:
        ended = select.select([], [sock], [], 0)[1]
        return "refused" if ended else "pending"
