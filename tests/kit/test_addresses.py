import pytest

from backend.kit import addresses
from backend.kit.addresses import Trusted

PROXIES = Trusted(["10.0.0.0/8", "127.0.0.1", "2001:db8::/32"])
NOBODY = Trusted([])


def scope(peer: str | None, **headers: str) -> dict:
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"client": (peer, 1) if peer else None, "headers": pairs, "scheme": "http", "state": {}}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "1.1.1.1", "203.0.113.7"),  # anybody may write that
        ("10.0.0.2", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.2", "6.6.6.6, 1.1.1.1", "1.1.1.1"),  # what stands further left anybody may have written
        ("10.0.0.2", "1.1.1.1, 10.0.0.9", "1.1.1.1"),
        ("10.0.0.2", "10.0.0.8, 10.0.0.9", "10.0.0.8"),
        ("10.0.0.2", "1.1.1.1:4711", "1.1.1.1"),
        ("10.0.0.2", "[2400:cb00::1]:443", "2400:cb00::1"),
        ("10.0.0.2", "::ffff:1.1.1.1", "1.1.1.1"),
        ("::ffff:10.0.0.2", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.2", "unknown", ""),
        ("10.0.0.2", "1.1.1.1, <script>", ""),
        ("10.0.0.2", "", "10.0.0.2"),
        (None, "1.1.1.1", ""),
        ("not an address", "1.1.1.1", "not an address"),
    ],
)
def test_the_asker_is_the_nearest_hop_that_is_no_trusted_proxy(peer, forwarded, address):
    headers = {"x_forwarded_for": forwarded} if forwarded else {}

    assert addresses.client(scope(peer, **headers), PROXIES)[0] == address


def test_without_trusted_proxies_nothing_is_believed():
    asked = scope("127.0.0.1", x_forwarded_for="1.1.1.1", x_forwarded_proto="https")

    assert addresses.client(asked, NOBODY) == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("said", "scheme"),
    [("https", "https"), ("HTTPS", "https"), ("http, https", "https"), ("ftp", "http"), ("", "http")],
)
def test_the_scheme_is_what_the_trusted_neighbour_says(said, scheme):
    assert addresses.client(scope("10.0.0.2", x_forwarded_proto=said), PROXIES)[1] == scheme


@pytest.mark.parametrize(
    ("peer", "passed_on", "near"),
    [
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("127.0.0.1", True, False),
        ("192.168.1.5", False, False),
        (None, False, False),
        ("x", False, False),
    ],
)
def test_only_this_machine_is_loopback(peer, passed_on, near):
    asked = {**scope(peer), "state": {"passed_on": passed_on}}

    assert addresses.is_loopback(asked) is near


def test_a_proxy_that_nobody_told_us_about_is_noticed():
    assert addresses.passed_on(scope("127.0.0.1", x_forwarded_for="127.0.0.1"), NOBODY)
    assert not addresses.passed_on(scope("127.0.0.1", x_forwarded_for="127.0.0.1"), PROXIES)
    assert not addresses.passed_on(scope("127.0.0.1"), NOBODY)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("1.1.1.1", "1.1.1.1"),
        ("2400:cb00:1:2:3::4", "2400:cb00:1:2::/64"),
        ("::ffff:1.1.1.1", "1.1.1.1"),
        ("", ""),
        ("x", ""),
    ],
)
def test_one_household_is_one_asker(address, group):
    assert addresses.group(address) == group
