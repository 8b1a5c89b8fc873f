"""Certificates of all shapes, made for one test."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.bed.certs import KeyPair

KEY = ec.generate_private_key(ec.SECP256R1())


def not_after(pair: KeyPair) -> datetime.datetime:
    """When a certificate ends, as another library reads it."""
    return x509.load_pem_x509_certificate(pair.cert.read_bytes()).not_valid_after_utc


def certificate(
    subject: x509.Name, issuer: x509.Name, until: datetime.datetime, *, since: datetime.datetime | None = None
) -> x509.Certificate:
    """A certificate without extensions."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since or datetime.datetime(1990, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(until)
        .sign(KEY, hashes.SHA256())
    )


def self_signed(directory: Path) -> KeyPair:
    """A certificate for localhost that vouches for itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "selfmade")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(KEY, hashes.SHA256())
    )
    pair = KeyPair(directory / "self.crt", directory / "self.key")
    pair.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pair
