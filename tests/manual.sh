#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages are well formed.
command -v mandoc >/dev/null || { echo "skip: mandoc is not installed"; exit 77; }
mandoc -T lint -W warning man/*.[0-9]
