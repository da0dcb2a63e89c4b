"""What a Postfix of ours on this machine is set to: how long a mail may lie in its queue, where no withdrawal reaches it."""

import re
import shutil
import subprocess
from datetime import timedelta

LONGEST = timedelta(hours=1)  # C2: mail in our relay expires within it
PATIENCE = 10  # seconds
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks", "": "days"}  # postconf(5)


def queue_lifetime() -> timedelta | None:
    """Postfix's `maximal_queue_lifetime`; None where there is no Postfix here. Heeds MAIL_CONFIG, as Postfix does."""
    program = shutil.which("postconf", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603  Postfix's own program, from the places where it lies
            [program, "-h", "maximal_queue_lifetime"],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.fullmatch(r"(\d{1,9})([smhdw]?)", said.strip())
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
