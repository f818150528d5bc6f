"""HTTPS for phones in the same network."""

import http.client
import http.server
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509

from backend.host import certificates


def connect(data: Path, name: str) -> None:
    """A TLS handshake by somebody who trusts the authority and asks for ``name`` at loopback."""
    certificate, key = certificates.for_address(data, name)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        server.socket = serving.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.handle_request, daemon=True).start()
        trusting = ssl.create_default_context(cafile=certificates.authority(data))
        connection = http.client.HTTPSConnection("127.0.0.1", server.server_port, context=trusting, timeout=5)
        connection.connect()
        connection.close()


def test_whoever_trusts_the_authority_trusts_the_address_and_loopback(tmp_path: Path):
    connect(tmp_path, "192.168.1.7")
    names = x509.load_pem_x509_certificate((tmp_path / "certificates/server.crt").read_bytes())
    alternatives = names.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert {str(name.value) for name in alternatives} == {"192.168.1.7", "127.0.0.1", "localhost"}


def test_a_new_address_gets_a_new_certificate_of_the_same_authority(tmp_path: Path):
    certificates.for_address(tmp_path, "192.168.1.7")
    authority = certificates.authority(tmp_path).read_bytes()
    first = (tmp_path / "certificates/server.crt").read_bytes()

    certificates.for_address(tmp_path, "192.168.1.7")
    assert (tmp_path / "certificates/server.crt").read_bytes() == first
    certificates.for_address(tmp_path, "10.1.2.3")

    assert (tmp_path / "certificates/server.crt").read_bytes() != first
    assert certificates.authority(tmp_path).read_bytes() == authority


@pytest.mark.parametrize("address", ["203.0.113.9", "city.example"])
def test_the_authority_is_good_for_private_networks_and_nothing_else(tmp_path: Path, address: str):
    certificates.for_address(tmp_path, "192.168.1.7")
    before = certificates.authority(tmp_path).read_bytes()

    certificates.for_address(tmp_path, address)

    assert certificates.authority(tmp_path).read_bytes() != before


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path):
    certificates.for_address(tmp_path, "laptop.local")

    for path in (tmp_path / "certificates").rglob("*"):
        assert not path.stat().st_mode & 0o077, path
    assert [path.name for path in certificates.authority(tmp_path).parent.iterdir()] == ["bihuan-ca.crt"]
