"""The tag as it is served: the built script (tag/src) with a shop's settings written into it."""

import json
from importlib.resources import files
from typing import Final

from footfall.settings import TagSettings

_PLACE: Final = b"FOOTFALL_SETTINGS"
"""Stands once in the script, where its settings go: a name that nothing in it defines."""

_LONGEST: Final = 2**31 - 1
"""Seconds that a cookie may live at most, as in Divolte; beyond, browsers disagree."""


def render(settings: TagSettings) -> bytes:
    """Return the script with these settings, as UTF-8."""
    return files(__package__).joinpath("footfall.js").read_bytes().replace(_PLACE, _values(settings))


def _values(settings: TagSettings) -> bytes:
    """Return the values in the order of tag/src/settings.js, as JSON that is safe wherever a script may stand.

    ASCII alone, because U+2028 ended a line of script until ES2019, and no `<`, because `</script>` ends one in a page.
    """
    values = [
        settings.party_cookie,
        _seconds(settings.party_timeout),
        settings.session_cookie,
        _seconds(settings.session_timeout),
        settings.cookie_domain,
        settings.auto_page_view,
        settings.event_timeout,
        settings.privacy_signals,
        settings.consent == "wait",
        settings.preset,
        settings.logging,
    ]
    return json.dumps(values, separators=(",", ":")).replace("<", "\\u003c").encode("ascii")


def _seconds(duration: int) -> int:
    return min(duration // 1000, _LONGEST)
