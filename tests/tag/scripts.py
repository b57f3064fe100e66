"""Built scripts with settings."""

from footfall.settings import TagSettings
from footfall.tag import render


def rendered(built: bytes) -> bytes:
    """Return a script built in a test with the default settings, as `render` writes them into the committed one."""
    script = render(TagSettings())
    begin = script.index(b'["_dvp"')
    return built.replace(b"FOOTFALL_SETTINGS", script[begin : script.index(b"]", begin) + 1])
