"""HTTPS in a local network: an authority of our own, kept in the data directory, and a certificate for one address."""

import datetime
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.host.processes import private_directory

AUTHORITY_DAYS = 3650
LEAF_DAYS = 365  # phones refuse more than 825 days even from an authority that they trust
RENEW_DAYS = 30
PRIVATE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
)
AUTHORITY_FILE = "bihuan-ca.crt"

Name = x509.DNSName | x509.IPAddress
Key = ec.EllipticCurvePrivateKey


def for_address(data: Path, address: str) -> tuple[Path, Path]:
    """Files of certificate and key for HTTPS at ``address`` (an IP address or a host name) and at loopback.

    Made anew when there is none for the address or it ends within 30 days.
    """
    folder = private_directory(data / "certificates")
    wanted = _subject(address)
    authority, authority_key = _authority(folder, wanted)
    certificate, key = folder / "server.crt", folder / "server.key"
    if not (certificate.exists() and key.exists() and _serves(certificate, wanted, authority)):
        _issue(certificate, key, wanted, authority, authority_key)
    return certificate, key


def authority(data: Path) -> Path:
    """The authority's certificate, alone in a directory that may be handed out."""
    return data / "certificates" / "public" / AUTHORITY_FILE


def _subject(address: str) -> Name:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _authority(folder: Path, wanted: Name) -> tuple[x509.Certificate, Key]:
    kept, kept_key = folder / "public" / AUTHORITY_FILE, folder / "authority.key"
    if kept.exists() and kept_key.exists():
        found = x509.load_pem_x509_certificate(kept.read_bytes())
        key = serialization.load_pem_private_key(kept_key.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and _lasts(found) and _may_sign(found, wanted):
            return found, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bihuan local authority")])
    networks: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE]
    networks += [x509.DNSName("localhost"), x509.DNSName("local"), _constraint(wanted)]
    made = (
        _builder(name, name, key.public_key(), days=AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        # Whoever trusts it trusts it for this network only, not for the web at large.
        .add_extension(x509.NameConstraints(permitted_subtrees=networks, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private_directory(kept.parent)
    _write(kept_key, _pem(key))
    _write(kept, made.public_bytes(serialization.Encoding.PEM))
    return made, key


def _issue(
    certificate: Path,
    key_file: Path,
    wanted: Name,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(wanted.value)[:64])])
    names = [wanted, x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        _builder(subject, authority.subject, key.public_key(), days=LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(dict.fromkeys(names))), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write(key_file, _pem(key))
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # phones' clocks run slow
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _constraint(wanted: Name) -> x509.GeneralName:
    if isinstance(wanted, x509.DNSName):
        return wanted
    return x509.IPAddress(ipaddress.ip_network(wanted.value))


def _may_sign(authority: x509.Certificate, wanted: Name) -> bool:
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    if isinstance(wanted, x509.DNSName):
        names = [name.value for name in permitted if isinstance(name, x509.DNSName)]
        return any(wanted.value == name or wanted.value.endswith(f".{name}") for name in names)
    networks = [name.value for name in permitted if isinstance(name, x509.IPAddress)]
    return any(wanted.value in network for network in networks)  # type: ignore[operator]


def _serves(certificate: Path, wanted: Name, authority: x509.Certificate) -> bool:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        found.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):  # an older authority's
        return False
    return wanted in list(names) and _lasts(found)


def _lasts(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > datetime.timedelta(days=RENEW_DAYS)


def _pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)
