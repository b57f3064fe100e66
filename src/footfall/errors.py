"""Every error that Footfall raises on purpose, split by what the caller should do.

FootfallError
├── SettingsError     fix the settings, then start again
├── InputError        fix the input: the message names the place, the value and what was expected
├── HeldError         somebody else holds it: end the other process, or use another folder
├── FencedError       somebody else moved the position: re-read it and go on
├── UnavailableError  nothing is wrong with the request: try again later
├── LossError         events are gone that were never counted: decide whether to go on without them
└── VersionError      the data was written by a newer Footfall: upgrade
"""


class FootfallError(Exception):
    """Something went wrong that Footfall can name."""

    exit_code = 1


class SettingsError(FootfallError):
    """The settings cannot be used. The message names the key, the value and what was expected."""

    exit_code = 2


class InputError(FootfallError):
    """The input cannot be read. The message names the place, the value and what was expected."""


class HeldError(FootfallError):
    """Another process holds the journal or the folder. The message names it."""

    exit_code = 3


class FencedError(FootfallError):
    """Another writer moved the position first. Nothing was written; re-read the position and go on."""


class UnavailableError(FootfallError):
    """It cannot be written or read just now (disk full, group full, file broken). Try again later."""

    exit_code = 4


class LossError(FootfallError):
    """A log no longer holds what comes next. Its partition waits until somebody says to go on without."""

    exit_code = 6


class VersionError(FootfallError):
    """The data folder was written by a newer version of Footfall."""

    exit_code = 5
