"""Built scripts with settings, and scripts that tests run in pages."""

from typing import Final

from footfall.settings import TagSettings
from footfall.tag import render


def rendered(built: bytes) -> bytes:
    """Return a script built in a test with the default settings, as `render` writes them into the committed one."""
    script = render(TagSettings())
    begin = script.index(b'["_dvp"')
    return built.replace(b"FOOTFALL_SETTINGS", script[begin : script.index(b"]", begin) + 1])


BUY: Final = "divolte.signal('buy_button_click', {price: '990 ₽', amount: 1})"

TRIED: Final = "new Promise((done) => divolte.whenCommitted(done))"
"""Script: wait until what was signalled has been tried, in vain perhaps."""

HURRY: Final = """
    const wait = setTimeout;
    window.pauses = [];
    window.setTimeout = (work, ms, ...rest) => {
        const pause = ms >= 1000 && ms != 30000;
        if (pause) pauses.push(ms);
        return wait(work, pause ? ms / 100 : ms, ...rest);
    };
"""
"""Script: a page's pauses take a hundredth of their time. 30 seconds are no pause but how long an answer may take."""

CLOCK: Final = """
    const now = Date.now;
    window.hours = 0;
    Date.now = () => now() + hours * 3600000;
"""
"""Script: the page's clock can be set."""

FULL: Final = """
    localStorage.clear();
    localStorage.shop = "";
    for (let size = 4 << 20; size; size >>= 1) {
        try { for (;;) localStorage.shop += "x".repeat(size) } catch (error) {}
    }
"""
"""Script: the shop fills the storage to the last byte."""

STALL: Final = """
    const later = setTimeout;
    window.setTimeout = (work, ms, ...rest) => (ms >= 1000 ? 1 : later(work, ms, ...rest));
"""
"""Script: what failed is not tried again by itself."""

QUEUED: Final = "Object.keys(localStorage).filter((key) => key.startsWith('footfall:')).length"
"""Script: how many events are stored."""
