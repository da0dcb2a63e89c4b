"""Writing fans."""

from tifo.fans.actions.merge import merge_people
from tifo.fans.actions.single import (
    create_fan,
    erase_again,
    erase_fan,
    join_club,
    leave_club,
    update_fan,
)

__all__ = ["create_fan", "erase_again", "erase_fan", "join_club", "leave_club", "merge_people", "update_fan"]
