"""What is kept of a visitor."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.collector.privacy import Keeping, Privacy, keep_address
from footfall.settings import PrivacySettings

HEADERS = [
    (b"user-agent", b"Mozilla/5.0"),
    (b"referer", b"https://shop.example/"),
    (b"accept-language", b"ru"),
    (b"authorization", b"Basic secret"),
    (b"cookie", b"_dvp=1; secret=2; _dvs=3"),
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-real-ip", b"203.0.113.10"),
]


@pytest.mark.parametrize(
    ("address", "keeping", "kept"),
    [
        ("192.0.2.77", "truncated", "192.0.2.0"),
        ("192.0.2.77", "full", "192.0.2.77"),
        ("192.0.2.77", "none", ""),
        ("2001:db8:1:2:3:4:5:6", "truncated", "2001:db8:1::"),
        ("2001:db8:1:2:3:4:5:6", "full", "2001:db8:1:2:3:4:5:6"),
        ("::ffff:192.0.2.77", "truncated", "192.0.2.0"),
        ("::1", "truncated", "::"),
        ("fe80::1%eth0", "full", "fe80::1"),
        ("shop.example", "full", ""),
        ("012.1", "full", ""),
        ("", "full", ""),
    ],
)
def test_an_address_is_kept_as_the_setting_says(address: str, keeping: Keeping, kept: str) -> None:
    assert keep_address(address, keeping) == kept


@given(st.ip_addresses())
def test_of_a_truncated_address_the_visitors_part_is_gone(address: object) -> None:
    kept = ip_address(keep_address(str(address), "truncated"))

    assert int(kept) % 2 ** (8 if kept.version == 4 else 80) == 0


def test_by_default_the_address_is_truncated_and_nothing_secret_is_kept() -> None:
    peer, headers = Privacy(PrivacySettings()).filter("192.0.2.77", HEADERS)

    assert peer == "192.0.2.0"
    assert [name for name, _ in headers] == [b"user-agent", b"referer", b"accept-language"]


def test_each_header_can_be_left_out() -> None:
    settings = PrivacySettings(user_agent=False, referer=False, language=False, addresses="none")

    assert Privacy(settings).filter("192.0.2.77", HEADERS) == ("", ())


def test_only_named_cookies_are_kept() -> None:
    privacy = Privacy(PrivacySettings(cookies=("_dvp", "_dvs")))

    assert (b"cookie", b"_dvp=1; _dvs=3") in privacy.filter("192.0.2.77", HEADERS)[1]
    assert privacy.filter("192.0.2.77", [(b"cookie", b"secret=2; x_dvp=1; =_dvp")])[1] == ()


@pytest.mark.parametrize(
    ("lines", "peer"),
    [
        ([b"203.0.113.9"], "203.0.113.9"),
        ([b"198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ([b"198.51.100.1", b"203.0.113.9"], "203.0.113.9"),
        ([b"203.0.113.9,"], "192.0.2.77"),
        ([b"unknown"], "192.0.2.77"),
        ([b"203.0.113.9:80"], "192.0.2.77"),
        ([b"\xff\xfe"], "192.0.2.77"),
        ([], "192.0.2.77"),
    ],
)
def test_behind_a_proxy_the_last_literal_address_counts(lines: list[bytes], peer: str) -> None:
    privacy = Privacy(PrivacySettings(forwarded=True, addresses="full"))

    assert privacy.filter("192.0.2.77", [(b"x-forwarded-for", line) for line in lines]) == (peer, ())


def test_without_a_proxy_nobody_can_choose_an_address() -> None:
    assert Privacy(PrivacySettings(addresses="full")).filter("192.0.2.77", HEADERS)[0] == "192.0.2.77"
