#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pyftpdlib in the foreground:
HOME PORT LOW-HIGH PUBLIC-ADDRESS [explicit|implicit PEM-FILE]."""

import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer

import jail


class Explicit(TLS_FTPHandler):
    """AUTH TLS must come before USER; PROT is the client's choice."""
    tls_control_required = True


class Implicit(Explicit):
    """TLS from the first byte on, which pyftpdlib has no switch for."""

    def handle(self):
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self):
        super().handle()


HANDLERS = {"explicit": Explicit, "implicit": Implicit}


def main(home, port, passive, public, tls=None, pem=None):
    low, high = map(int, passive.split("-"))
    handler = HANDLERS.get(tls, FTPHandler)
    handler.certfile = pem
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_user(jail.USER, jail.PASSWORD, home,
                                perm="elradfmwMT")
    handler.passive_ports = range(low, high + 1)
    handler.masquerade_address = public or None
    logging.basicConfig(level=logging.DEBUG)
    # "::" takes IPv4 as well.
    FTPServer(("::", int(port)), handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
