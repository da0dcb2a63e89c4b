"""The one error that people read, and sentences that are translated where they are shown."""

from collections.abc import Callable

from django.apps import apps
from django.utils.translation import gettext


class Said(str):
    """A finished English sentence that still knows its message and its values, so that it can be said in any language."""

    message: str
    values: dict[str, object]

    def translated(self, say: Callable[[str], str] = gettext) -> str:
        """The sentence in the reader's language; values that are sentences too."""
        values = {
            name: value.translated(say) if isinstance(value, Said) else value
            for name, value in self.values.items()
        }
        message = say(self.message) if self.message else ""
        return message % values if values else message


def sentence(message: str, **values: object) -> Said:
    """An English sentence for people; `%(name)s` in it are filled. Import it as `_`, so that catalogues find it."""
    plain = {name: value.sentence if isinstance(value, Refused) else value for name, value in values.items()}
    said = Said(message % plain if plain else message)
    said.message, said.values = message, plain
    return said


class Refused(Exception):  # noqa: N818  it names what happened, and reads so where it is raised
    """Something a person asked for can't be done; the message says what, where, and the mend."""

    @property
    def sentence(self) -> object:
        """What was given: a Said where it can be translated."""
        return self.args[0] if self.args else ""

    def __str__(self) -> str:
        said = self.sentence
        return said.translated() if isinstance(said, Said) and apps.ready else str(said)
