"""What a user agent's text says about browser, device and system, by ua-parser's rules, in Divolte's words."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ua_parser import OS, Device, UserAgent

_KEPT: Final = 10_000
"""Distinct texts remembered: a shop sees a few thousand a day, each takes some hundred bytes."""

_VENDORS: Final[Mapping[str, str]] = {
    "Chrome": "Google Inc.",
    "Chromium": "Google Inc.",
    "HeadlessChrome": "Google Inc.",
    "Firefox": "Mozilla Foundation",
    "Safari": "Apple Inc.",
    "Mobile Safari": "Apple Inc.",
    "Edge": "Microsoft Corporation.",
    "IE": "Microsoft Corporation.",
    "Opera": "Opera Software ASA.",
    "Yandex": "Yandex",
    "Samsung": "Samsung",
}
"""By the beginning of a browser's family."""

_OS_NAMES: Final[Mapping[str, str]] = {"Mac OS X": "OS X"}

_OS_VENDORS: Final[Mapping[str, str]] = {
    "Mac OS X": "Apple Computer, Inc.",
    "iOS": "Apple Inc.",
    "Windows": "Microsoft Corporation.",
    "Windows Phone": "Microsoft Corporation.",
    "Android": "Google, Inc.",
    "Chrome OS": "Google, Inc.",
    "Ubuntu": "Canonical Ltd.",
}

_TELEVISIONS: Final = frozenset({"Tizen", "WebOS", "webOS", "tvOS", "ATV OS X", "Chromecast"})
_HANDHELDS: Final = frozenset({"Android", "iOS", "Windows Phone", "KaiOS", "Firefox OS", "BlackBerry OS"})


AGENT_FIELDS: Final = (
    "userAgentName",
    "userAgentFamily",
    "userAgentVendor",
    "userAgentType",
    "userAgentVersion",
    "userAgentDeviceCategory",
    "userAgentOsFamily",
    "userAgentOsVersion",
    "userAgentOsVendor",
)
"""The fields of the default record that this module fills."""

_UNKNOWN: Final = ("unknown", "unknown", "", "", "", "", "", "", "")


@lru_cache(_KEPT)
def read_agent(text: str) -> Mapping[str, str]:
    """Return the properties of a user agent by field name; unknown ones are `unknown` (name, family) or empty."""
    from ua_parser import parse  # 30 MB of rules: loaded when the first record wants them

    found = parse(text)
    return dict(zip(AGENT_FIELDS, _describe(text, found.user_agent, found.os, found.device), strict=True))


def _describe(text: str, browser: "UserAgent | None", os: "OS | None", device: "Device | None") -> tuple[str, ...]:
    if browser is None:
        return _UNKNOWN
    robot = device is not None and device.family == "Spider"
    category = "Other" if robot else _category(text, os)
    vendor = next((name for start, name in _VENDORS.items() if browser.family.startswith(start)), "")
    version = _version(browser.major, browser.minor, browser.patch, browser.patch_minor)
    about_browser = (browser.family, browser.family, vendor, _type(robot, category), version, category)
    if os is None:
        return (*about_browser, "", "", "")
    os_version = _version(os.major, os.minor, os.patch, os.patch_minor)
    return (*about_browser, _OS_NAMES.get(os.family, os.family), os_version, _OS_VENDORS.get(os.family, ""))


def _type(robot: bool, category: str) -> str:
    if robot:
        return "Robot"
    if category in ("Smartphone", "Tablet"):
        return "Mobile Browser"
    return "Browser" if category else ""


def _category(text: str, os: "OS | None") -> str:
    if os is None:
        return ""
    if os.family in _TELEVISIONS:
        return "Smart TV"
    if os.family not in _HANDHELDS:
        return "Personal computer"
    tablet = "iPad" in text or (os.family == "Android" and "Mobile" not in text)
    return "Tablet" if tablet else "Smartphone"


def _version(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)
