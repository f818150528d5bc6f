"""The examples of the RFCs, through the very functions that we call."""

import json
import os
from uuid import uuid4

import http_ece
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from backend.notices.push import encrypt
from backend.notices.rules import Device
from backend.notices.vapid import Vapid, public_key
from tests.conftest import NOW
from tests.notices.push_service import Breach, base64url, check_headers, check_token, point, raw

# RFC 8291 section 5 and appendix A
PLAINTEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
RECEIVER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
# RFC 8292 section 2.4
TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6"
    "Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHz"
    "voD1oA"
)
KEY = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
EXPIRES = 1453523768
ORIGIN = "https://push.example.net"


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw(text)), ec.SECP256R1())


def test_the_example_of_rfc_8291_comes_out_of_our_path_byte_by_byte(monkeypatch: pytest.MonkeyPatch):
    device = Device(id=uuid4(), endpoint="https://push.example.net/1", p256dh=RECEIVER_PUBLIC, auth=SECRET)
    monkeypatch.setattr(ec, "generate_private_key", lambda *curve: private(SENDER))
    monkeypatch.setattr(os, "urandom", lambda length: raw(SALT)[:length])

    assert encrypt(device, PLAINTEXT) == raw(MESSAGE)


def test_the_example_of_rfc_8291_is_read_by_the_fake_service_s_decryption_and_one_flipped_byte_is_not():
    receiver = private(RECEIVER)
    flipped = bytearray(raw(MESSAGE))
    flipped[-1] ^= 1

    def read(body: bytes) -> bytes:
        return http_ece.decrypt(body, private_key=receiver, auth_secret=raw(SECRET), version="aes128gcm")

    assert base64url(point(receiver.public_key())) == RECEIVER_PUBLIC
    assert read(raw(MESSAGE)) == PLAINTEXT
    with pytest.raises(http_ece.ECEException):
        read(bytes(flipped))


def test_the_same_message_is_never_encrypted_the_same_way_twice():
    device = Device(id=uuid4(), endpoint="https://push.example.net/1", p256dh=RECEIVER_PUBLIC, auth=SECRET)

    first, second = encrypt(device, PLAINTEXT), encrypt(device, PLAINTEXT)

    assert first[:16] != second[:16], "the salt"
    assert first[21:86] != second[21:86], "the sender's key (RFC 8291 §3.1)"
    assert len(first) == len(PLAINTEXT) + 103


def test_the_example_of_rfc_8292_is_accepted_by_the_fake_service():
    claims, key = check_token(f"vapid t={TOKEN}, k={KEY}", audience=ORIGIN, now=EXPIRES - 3_600)

    assert claims == {"aud": ORIGIN, "exp": EXPIRES, "sub": "mailto:push@example.com"}
    assert key == KEY


def signed(claims: dict, *, der: bool = False) -> str:
    """A token as a careless sender would make it."""
    key = private(SENDER)
    head = base64url(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
    text = f"{head}.{base64url(json.dumps(claims).encode())}"
    signature = key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    if not der:
        r, s = decode_dss_signature(signature)
        signature = r.to_bytes(32) + s.to_bytes(32)
    return f"vapid t={text}.{base64url(signature)}, k={base64url(point(key.public_key()))}"


GOOD = {"aud": ORIGIN, "exp": EXPIRES, "sub": "mailto:a@b.example"}


@pytest.mark.parametrize(
    ("authorization", "breach"),
    [
        (signed(GOOD | {"aud": f"{ORIGIN}/push/1"}), "aud"),
        (signed(GOOD | {"aud": "https://other.example"}), "aud"),
        (signed(GOOD | {"exp": EXPIRES + 86_400}), "exp"),
        (signed(GOOD | {"exp": EXPIRES - 7_200}), "exp"),
        (signed({"aud": ORIGIN, "exp": EXPIRES}), "sub"),
        (signed(GOOD, der=True), "DER"),
        (f"vapid t={TOKEN[:-1]}B, k={base64url(point(private(SENDER).public_key()))}", "signature"),
        (f"WebPush {TOKEN}", "Authorization"),
        ("", "Authorization"),
    ],
)
def test_the_fake_service_refuses_the_usual_faults_of_senders(authorization: str, breach: str):
    with pytest.raises(Breach, match=breach):
        check_token(authorization, audience=ORIGIN, now=EXPIRES - 3_600)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("TTL", "0"),
        ("TTL", ""),
        ("Urgency", "soon"),
        ("Topic", "x" * 33),
        ("Topic", "主题"),
        ("Content-Encoding", "gzip"),
    ],
)
def test_the_fake_service_refuses_wrong_headers(header: str, value: str):
    good = {"TTL": "60", "Urgency": "high", "Topic": "x" * 32, "Content-Encoding": "aes128gcm"}
    check_headers(good)

    with pytest.raises(Breach, match=header):
        check_headers(good | {header: value})


def test_our_token_names_each_service_and_is_kept_until_an_hour_before_its_end():
    vapid = Vapid(key=raw(SENDER), subject="mailto:a@b.example")
    one, other = "https://one.example", "https://other.example:8443"

    headers = {origin: vapid.header(origin, now=NOW) for origin in (one, other)}

    for origin, header in headers.items():
        claims, key = check_token(header, audience=origin, now=NOW.timestamp())
        assert claims["exp"] - NOW.timestamp() < 12 * 3_600
        assert key == public_key(raw(SENDER)) == base64url(point(private(SENDER).public_key()))
    later = [vapid.header(one, now=NOW.replace(hour=NOW.hour + hours)) for hours in (9, 10)]
    assert later[0] == headers[one]
    assert later[1] != headers[one]
