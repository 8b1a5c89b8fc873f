"""Reading a certificate agrees with the library that made it, and takes any bytes."""

from __future__ import annotations

import datetime
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.wire.certificates import certificate

from fireline.synthetic.engine.wire.certificates import read

CHARACTERS = st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Cn", "Cf"])
TEXTS = st.text(CHARACTERS, min_size=1, max_size=16)  # at most 64 bytes
TIMES = st.datetimes(datetime.datetime(1991, 1, 1), datetime.datetime(9999, 12, 31)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0, tzinfo=datetime.UTC)
)
FULL = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Berlin"),
        x509.NameAttribute(NameOID.LOCALITY_NAME, "Berlin"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Läden, Inc."),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Web"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, "not shown"),
        x509.NameAttribute(NameOID.COMMON_NAME, "shop.example"),
    ]
)


def der(found: x509.Certificate) -> bytes:
    return found.public_bytes(serialization.Encoding.DER)


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@given(TEXTS, TEXTS, TIMES)
@settings(max_examples=60, deadline=None)
@example("a", "b", datetime.datetime(2049, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
@example("a", "b", datetime.datetime(2050, 1, 1, tzinfo=datetime.UTC))
def test_names_and_end_are_those_it_was_made_with(subject, issuer, until):
    found = read(der(certificate(named(subject), named(issuer), until)))

    assert found.not_after == until
    assert (found.subject, found.issuer) == (f"CN={subject}", f"CN={issuer}")


def test_a_name_is_told_from_the_most_specific_part():
    found = read(der(certificate(FULL, named("ca"), datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC))))

    assert found.subject == "CN=shop.example, OU=Web, O=Läden, Inc., L=Berlin, ST=Berlin, C=DE"


def test_a_certificate_without_a_subject_is_read():
    found = read(
        der(certificate(x509.Name([]), named("ca"), datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)))
    )

    assert found.subject == ""


def test_control_characters_of_a_name_are_not_repeated():
    found = read(
        der(
            certificate(
                named("a\x1b[31m\r\nb"), named("ca"), datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
            )
        )
    )

    assert "\x1b" not in found.subject


@given(st.binary(max_size=200))
def test_what_is_no_certificate_is_a_value_error(data):
    with pytest.raises(ValueError, match=r".|^$"):
        read(data)


@given(st.integers(0, 400), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_certificate_is_read_or_is_a_value_error(at, byte):
    whole = bytearray(CHANGED)
    whole[at % len(whole)] = byte

    with suppress(ValueError):
        read(bytes(whole))


CHANGED = der(certificate(FULL, FULL, datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)))
