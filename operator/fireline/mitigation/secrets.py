"""What looks like a secret: by its name, or by itself. Used by ``shown`` and ``diffing``.

It errs on the side of hiding: a value that is hidden wrongly costs a look at the object, one that is shown
wrongly cannot be taken back. Digests of images, commits, checksums and uids are known for what they are and
stay, because a person needs them. Every pattern begins where a word begins and has an end, so that no text,
however long, takes longer than its length.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORDS = frozenset(
    {"apikey", "auth", "authorization", "bearer", "cookie", "credential", "credentials", "dsn", "pass"}
    | {"passcode", "passphrase", "passwd", "password", "passwords", "pat", "pin", "psk", "pwd"}
    | {"secret", "secrets", "signature", "token", "tokens"}
)
_ENDINGS = ("apikey", "credentials", "passphrase", "passwd", "password", "secret", "token")
"""Of words that are written without a break, such as PGPASSWORD."""
_KEYS_OF = frozenset(
    {"access", "account", "api", "auth", "client", "crypto", "decryption", "deploy", "enc", "encryption"}
    | {"hmac", "host", "jwt", "license", "master", "pgp", "private", "rsa", "secret", "service", "session"}
    | {"shared", "sign", "signing", "ssh", "ssl", "storage", "tls", "webhook"}
)
"""What the key is of, in names such as API_KEY; the key of a label selector is no secret."""
_ABOUT = frozenset(
    {"address", "audience", "count", "domain", "enabled", "endpoint", "expiration", "file", "header", "host"}
    | {"id", "interval", "issuer", "kind", "limit", "method", "mode", "mount", "name", "names", "namespace"}
    | {"path", "policy", "port", "provider", "realm", "ref", "refs", "required", "seconds", "selector"}
    | {"server", "size", "timeout", "ttl", "type", "uri", "url", "version"}
)
"""Names that end so tell something about a secret, and not the secret: secretName, tokenPath."""
_DIGESTS = frozenset({"checksum", "commit", "config", "digest", "hash", "image", "revision", "sha", "uid"})
"""Names that end so have long hex digits that people need."""

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{1,64}-----.*?(?:-----END [A-Z0-9 ]{1,64}-----|\Z)", re.DOTALL)
_ASSIGNED = re.compile(r"(?<![\w.-])([\w.-]{1,100})\\?[\"']?[ \t]{0,20}([:=])[ \t]{0,20}(?=[^\s])")
_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_TO_LINE_END = re.compile(r"[^\n]+")
_TO_WORD_END = re.compile(r"[^\s\"',;&]+")
_CREDENTIALS = re.compile(r"(?<=://)([^/\s:@]{0,200}):([^\s\"']{1,1000})(?=@)")
_AUTHORIZATION = re.compile(r"(?i)\b(bearer|basic|digest|apikey)([ \t]{1,20})([A-Za-z0-9+/_.=~-]{8,})")
_TOKENS = re.compile(
    r"(?<![\w.-])(?:"
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*"  # JSON web token
    r"|(?:gh[pousr]|github_pat|glpat|glptt|npm|hvs|dop_v1|shpat)[_.-][\w.-]{16,}"
    r"|xox[abeoprs]-[\w-]{10,}|(?:sk|rk|pk)[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}\b|AIza[\w-]{35}\b|SG\.[\w-]{16,}\.[\w-]{16,})"
)
_HEX = re.compile(r"(?<![\w:-])[0-9a-fA-F]{32,}(?![\w-])")
_BASE64 = re.compile(r"(?<![\w+/=-])[\w+/-]{32,}={0,2}(?![\w+/=-])")
_RANDOM = 4.2
"""Bits per character from which a text is not one a person wrote; random base64 has about 5."""


def fingerprint(text: str) -> str:
    """``sha256:`` and 8 hex digits: enough to see that a secret changed, too few to tell it."""
    return f"sha256:{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}…"


def is_about(name: str) -> bool:
    """Whether what is called so only tells something about a secret, such as where it is kept."""
    words = _words(name)
    return bool(words) and words[-1] in _ABOUT


def is_secret_name(name: str) -> bool:
    """Whether what is called so is a secret: DB_PASSWORD, apiKey, tls.key; not secretName, nor key."""
    words = _words(name)
    if not words or words[-1] in _ABOUT or words[0] in {"max", "min"}:
        return False
    if words[-1] in {"key", "keys"}:
        return any(word in _KEYS_OF for word in words[:-1])
    return any(word in _SECRET_WORDS or word.endswith(_ENDINGS) for word in words)


def without_secrets(text: str, name: str = "") -> str:
    """A text, called ``name``, with what looks like a secret in it replaced by fingerprints: PEM blocks,
    ``password: …`` in the lines of a file, passwords in URLs, tokens, long random base64 and hex."""
    text = _PEM.sub(lambda found: fingerprint(found[0]), text)
    text = "".join(_without_assigned(text))
    text = _CREDENTIALS.sub(lambda found: f"{found[1]}:{fingerprint(found[2])}", text)
    text = _AUTHORIZATION.sub(lambda found: f"{found[1]}{found[2]}{fingerprint(found[3])}", text)
    text = _TOKENS.sub(lambda found: fingerprint(found[0]), text)
    words = _words(name)
    if words and words[-1] in _DIGESTS:
        return text
    text = _HEX.sub(lambda found: fingerprint(found[0]), text)
    return _BASE64.sub(lambda found: fingerprint(found[0]) if _is_random(found[0]) else found[0], text)


def _without_assigned(text: str) -> Iterator[str]:
    """The pieces of a text, with the values of ``password: …`` and ``password=…`` hidden."""
    place = 0
    while found := _ASSIGNED.search(text, place):
        yield text[place : found.end()]
        place = found.end()
        if is_secret_name(found[1]):
            value = _value_at(text, found)
            yield fingerprint(value)
            place += len(value)
    yield text[place:]


def _value_at(text: str, name: re.Match[str]) -> str:
    """What is assigned: in quotes, or to the end of the line, or, in the middle of one, of the word."""
    quoted = _QUOTED.match(text, name.end())
    if quoted is not None:
        return quoted[0]
    begins_line = not text[text.rfind("\n", 0, name.start()) + 1 : name.start()].strip(" \t\"'")
    pattern = _TO_LINE_END if begins_line or name[2] == ":" else _TO_WORD_END
    value = pattern.match(text, name.end())
    return "" if value is None else value[0]


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _is_random(text: str) -> bool:
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(kind(char) for char in text) for kind in kinds) and _entropy(text) >= _RANDOM


def _entropy(text: str) -> float:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)
