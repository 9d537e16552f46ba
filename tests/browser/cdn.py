"""The part of a CDN that FastAPI's pages load Swagger UI from, at loopback.

The files are those of a package that has them in it: the network is not asked while tests run.
"""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST: Final = "cdn.jsdelivr.net"
_WHEEL: Final = "drf_spectacular_sidecar-2026.10.1-py3-none-any.whl"
_CACHE: Final = Path(__file__).parents[2] / ".cache" / "swagger-ui"
_FOLDER: Final = "drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}


@contextmanager
def cdn(folder: Path) -> Iterator[int]:
    """The port at which the files are, by TLS with a certificate that nobody trusts."""
    with ZipFile(_wheel()) as wheel:
        files = {
            Path(name).name: wheel.read(name)
            for name in wheel.namelist()
            if name.startswith(_FOLDER) and Path(name).suffix in _TYPES
        }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            self.send_response(200 if name in files else 404)
            self.send_header("content-type", _TYPES.get(Path(name).suffix, "text/plain"))
            self.end_headers()
            self.wfile.write(files.get(name, b""))

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _wheel() -> Path:
    """The package, fetched once."""
    if not (_CACHE / _WHEEL).is_file():
        name, version = _WHEEL.split("-")[:2]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
        subprocess.run([*command, str(_CACHE), f"{name}=={version}"], check=True)
    return _CACHE / _WHEEL


def _certificate(folder: Path) -> Path:
    """A file with a key and a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
