"""What can go wrong, each with the place, the thing and what was expected.

BounceError
├── InputError                 what a caller sent; `.field` names it
│   ├── UnknownCommand         a command name that nobody uses
│   └── TooLarge               over a limit; `.limit` says which
├── RulebookError              a file under rules/; `.path`, `.line`
├── SnapshotError              the rules as the workers start from them
├── NotPrivateError            a file or folder of ours that others may write; `.path`
└── SettingsError              a BOUNCES_* setting
"""


class BounceError(Exception):
    """Base of every error that this project raises on purpose."""


class InputError(BounceError):
    """A caller's input cannot be used. `field` is the JSON path, header or parameter at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class UnknownCommand(InputError):
    """The command is neither an SMTP command nor one of the names that programs use for one."""


class TooLarge(InputError):
    """The input exceeds a limit. `limit` is the limit's name and value, as in `max_body 10485760`."""

    def __init__(self, field: str, message: str, limit: str) -> None:
        super().__init__(field, message)
        self.limit = limit


class RulebookError(BounceError):
    """A rules file cannot be used. `line` counts from 1; 0 where the file as a whole is meant."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


class SettingsError(BounceError):
    """A setting is missing or wrong; the message names the variable and what it takes."""


class SnapshotError(BounceError):
    """A snapshot of the rules is torn, foreign or gone."""


class NotPrivateError(BounceError):
    """A file or folder belongs to another user, or others may write it, so that what it holds is not used."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is not ours alone; remove it, or name another folder (BOUNCES_STATE_DIR)")
        self.path = path
