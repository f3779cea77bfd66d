# SPDX-License-Identifier: GPL-2.0-or-later
"""One network with a firewall in the middle: what every test stands on."""

import itertools
import os
import shutil
import threading

import ftps
import netns
import transfer
from daemon import Daemon
from firewall import BOTH, DNAT, FTP, ROUTED, SNAT, Firewall
from servers import PASSIVE, Server
from topology import AF, FAMILIES, V4, Topology, address
from wiretap import Wiretap, endpoint_port

# In the configuration and in the event log.
SERVER_NAME = "lab"


class Lab:
    """Use as a context manager; everything in it is gone afterwards.

    @mode, @closed: as in Firewall. @port: where the server listens.
    @client_at, @server_at: the hosts they are on; "gateway" is possible.
    @tls: how servers and clients speak TLS, a Tls; implicit TLS has a port
    of its own. @keylog: into this file clients write its secrets.
    """

    def __init__(self, workspace, mode=ROUTED, family=V4, port=FTP,
                 closed=("FORWARD",), client_at="client",
                 server_at="server", tls=None, keylog=""):
        if tls and tls.implicit:
            port = ftps.IMPLICIT_PORT
        self.mode, self.family, self.port = mode, family, port
        self.tls = tls
        self.keylog = keylog
        self._workspace = workspace
        self._closing = threading.Lock()
        self._running = []
        self._count = itertools.count(1)
        self.topology = self.directory = self._number = None
        self._number, prefix = workspace.adopt(self)
        self.directory = f"{workspace.directory}/{self._number}"
        try:
            os.makedirs(self.directory)
            os.chmod(self.directory, 0o711)
            # Rule changes here need not wait for those of other networks.
            lock = {"XTABLES_LOCKFILE": f"{self.directory}/xtables.lock"}
            self.topology = net = Topology(prefix, lock)
            self.gateway = net.gateway
            self.client = getattr(net, client_at)
            self.server = getattr(net, server_at)
            self.firewall = Firewall(net.gateway, mode, closed, port)
            self.client_tap = self._tap(self.client, "outside")
            self.server_tap = self._tap(self.server, "inside")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Repeatable, and callable from another thread."""
        with self._closing:
            while self._running:
                self._running.pop().stop()
            if self.topology:
                netns.delete([space.name for space in self.topology.all])
            self.topology = None
            if self.directory:
                shutil.rmtree(self.directory, ignore_errors=True)
            self._workspace.disown(self._number)

    @property
    def target(self):
        """The address that the client connects to."""
        if self.server is self.gateway:
            return address("gateway", self.family)
        if self.mode in (DNAT, BOTH):
            return address("public", self.family)
        return address("server", self.family)

    def named_by_client(self):
        """(address, port) that the last PORT or EPRT told the server."""
        host = ("outer" if self.mode in (SNAT, BOTH) else "client")
        line = self.server_tap.endpoint_commands()[-1]
        return address(host, self.family), endpoint_port(line)

    def serve(self, name, public=None, **more):
        """Start that server; it listens when this returns. @more: as for
        Server."""
        server = Server(name, self.server, self._folder(name), self.port,
                        self.family, public, self.tls,
                        self.tls and self._workspace.certificate, **more)
        self._running.append(server)
        return server

    def transfer(self, client, command, server, **more):
        """Start a Transfer from @server; finish() it."""
        if self.tls:
            more["tls"] = self.tls
            more["authority"] = self._workspace.certificate.chain
            more["keylog"] = self.keylog
        started = transfer.Transfer(
            client, self.client, server, self._folder(client),
            self._workspace.files, command=command, host=self.target,
            port=self.port, **more)
        self._running.append(started)
        return started

    def sallyport(self, **config):
        """Load its rules; start() the Daemon that this gives."""
        control = {"ports": [self.port]}
        if self.tls and self.tls.implicit:
            control = {"ports": [FTP], "implicit-tls-ports": [self.port]}
        daemon = Daemon(self.gateway, self._folder("sallyport"),
                        {"control": control, **config})
        self._running.append(daemon)
        return daemon

    def server_entry(self, **more):
        """What `servers` in the configuration says of the lab's server."""
        entry = {
            "name": SERVER_NAME,
            "address": [address("server", family) for family in FAMILIES],
            "passive-ports": "{}-{}".format(*PASSIVE), "active": "allow"}
        if self.mode in (DNAT, BOTH):
            entry["public-address"] = [address("public", family)
                                       for family in FAMILIES]
        return {**entry, **more}

    def watch_all(self):
        """A tap on the server's link that leaves nothing out."""
        return self.adopt(Wiretap(self.server, self.port, everything=True))

    def client_context(self):
        """ssl.SSLContext of a client that speaks the lab's TLS."""
        made = ftps.client_context(self.tls.version,
                                   self._workspace.certificate.chain)
        if self.keylog:
            made.keylog_filename = self.keylog
        return made

    def server_context(self):
        """ssl.SSLContext of a server with the lab's certificate."""
        return ftps.server_context(self._workspace.certificate)

    def clear_hosts(self):
        """Clients and servers are gone, with what they have started in
        sessions of its own; the taps start anew."""
        for space in {self.client, self.server} - {self.gateway}:
            space.clear()
        self.forget()

    def forget(self):
        """The taps start anew."""
        self.client_tap.forget()
        self.server_tap.forget()

    def adopt(self, thing):
        """Have thing.stop() called when the lab ends; gives @thing back."""
        self._running.append(thing)
        return thing

    def socket(self, space):
        """A TCP socket on host @space, of the lab's family."""
        return self.closing(space.socket(AF[self.family]))

    def closing(self, sock):
        """Have @sock closed when the lab ends; gives it back."""
        self.adopt(_Closer(sock))
        return sock

    def _folder(self, name):
        return f"{self.directory}/{name}-{next(self._count)}"

    def _tap(self, space, link):
        return self.adopt(Wiretap(
            space, self.port, link if space is self.gateway else "eth0"))


class _Closer:
    """What a lab stops when it ends, around a socket."""

    def __init__(self, sock):
        self._sock = sock

    def stop(self):
        self._sock.close()
