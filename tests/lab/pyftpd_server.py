#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pyftpdlib in the foreground: HOME PORT LOW-HIGH [PUBLIC ADDRESS]."""

import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

import jail


def main(home, port, passive, public=None):
    low, high = map(int, passive.split("-"))
    authorizer = DummyAuthorizer()
    authorizer.add_user(jail.USER, jail.PASSWORD, home, perm="elradfmwMT")
    FTPHandler.authorizer = authorizer
    FTPHandler.passive_ports = range(low, high + 1)
    FTPHandler.masquerade_address = public
    logging.basicConfig(level=logging.DEBUG)
    # "::" takes IPv4 as well.
    FTPServer(("::", int(port)), FTPHandler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
