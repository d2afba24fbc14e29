# SPDX-License-Identifier: Apache-2.0
"""Certificates for servers of the tests."""

import subprocess
from pathlib import Path


def make_certificate(folder, name="server"):
    """(certificate, key): PEM files, for 127.0.0.1, signed by itself."""
    certificate, key = Path(folder) / f"{name}.crt", Path(folder) / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=parley test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(certificate), str(key)
