# SPDX-License-Identifier: GPL-2.0-or-later
"""Client and server both by hand, over real sockets: for what no program can
be made to say, and for where exactly its segments are cut."""

import socket
import ssl

from dialog import READ_BYTES
from topology import address
from waiting import PATIENCE_SECONDS, LabError


PAYLOAD = b"a file of a few lines\r\n" * 9

_OTHER = {"client": "server", "server": "client"}


class _End:
    """One end of a connection, in clear until secure()."""

    def __init__(self, sock):
        sock.settimeout(PATIENCE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.secured = False  # is the handshake finished?
        self._tls = None
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()

    def secure(self, context, **how):
        self._tls = context.wrap_bio(self._arrived, self._leaving, **how)

    def flight(self):
        """Go on with the handshake; what is to be sent for it."""
        try:
            self._tls.do_handshake()
            self.secured = True
        except ssl.SSLWantReadError:
            pass
        return self._leaving.read()

    def wire(self, data):
        """@data as it goes on the wire."""
        if not self._tls:
            return data
        self._tls.write(data)
        return self._leaving.read()

    def take(self, size, clear=0):
        """Wait for that many bytes from the wire. TLS gets them, but for the
        first @clear."""
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            if not piece:
                raise LabError("the connection ended in the middle")
            data += piece
        if self._tls:
            self._arrived.write(data[clear:])
        while self.secured:
            try:
                self._tls.read(READ_BYTES)
            except ssl.SSLWantReadError:
                return


class Stage:
    """A control connection, and data connections on demand. The parts are
    called "client" and "server"; what one says has arrived at the other when
    the call returns."""

    def __init__(self, lab):
        self._lab = lab
        self._context = {"client": lab.tls and lab.client_context(),
                         "server": lab.tls and lab.server_context()}
        self._ends = self._connected("client", lab.port)

    def client(self, *pieces):
        """Each of @pieces (text) in a segment of its own."""
        self._say("client", pieces)

    def server(self, *pieces):
        self._say("server", pieces)

    def exchange(self, *lines):
        """Command, reply, command, ...: one line and one segment each."""
        for number, line in enumerate(lines):
            self._say(("client", "server")[number % 2], [f"{line}\r\n"])

    def secure(self, cut=0, client="", server=""):
        """The TLS handshake. The ClientHello in segments of @cut bytes; in
        front of the first flight, in the same segment, a line in clear of the
        @client's or the @server's."""
        ends, clear = self._ends, {"client": client, "server": server}
        ends["server"].secure(self._context["server"], server_side=True)
        ends["client"].secure(self._context["client"],
                              server_hostname=self._lab.target)
        while not all(end.secured for end in ends.values()):
            for part, end in ends.items():
                line = clear[part].encode()
                data = line + end.flight()
                size = cut or len(data) or 1
                self._send(ends, part, [data[at:at + size] for at in
                                        range(0, len(data), size)], len(line))
                clear[part], cut = "", 0

    def data(self, opener, port):
        """A data connection to @port, begun by @opener; the server sends
        something."""
        ends = self._connected(opener, port)
        self._send(ends, "server", [PAYLOAD])
        self._close(ends, "server")

    def close(self):
        self._close(self._ends, "server")

    def _connected(self, opener, port):
        lab, other = self._lab, _OTHER[opener]
        listener = self._bound(other, port)
        listener.listen()
        # RFC 959 3.2: the server's data port is next to the control port.
        caller = self._bound(opener, lab.port - 1 if opener == "server"
                             else 0)
        caller.connect((address(other, lab.family), port))
        ends = {opener: _End(caller),
                other: _End(lab.closing(listener.accept()[0]))}
        listener.close()
        return ends

    def _bound(self, part, port):
        sock = self._lab.socket(getattr(self._lab.topology, part))
        sock.settimeout(PATIENCE_SECONDS)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address(part, self._lab.family), port))
        return sock

    def _say(self, part, pieces):
        self._send(self._ends, part, [self._ends[part].wire(piece.encode())
                                      for piece in pieces])

    @staticmethod
    def _send(ends, part, pieces, clear=0):
        for piece in pieces:
            ends[part].sock.sendall(piece)
            ends[_OTHER[part]].take(len(piece), clear)

    @staticmethod
    def _close(ends, first):
        """A FIN from each side, @first's first."""
        for part in (first, _OTHER[first]):
            ends[part].sock.shutdown(socket.SHUT_WR)
            if ends[_OTHER[part]].sock.recv(1):
                raise LabError("something was left to read")
        for end in ends.values():
            end.sock.close()
