"""Loaded before Django's settings: every test process gets a data folder of its own, with a space in its path."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp(prefix="tifo test "))
atexit.register(shutil.rmtree, folder, ignore_errors=True)

os.environ["TIFO_DATA"] = str(folder / "data")
os.environ["XDG_STATE_HOME"] = str(folder / "state")
os.environ["TIFO_ENV"] = "development"
os.environ["TIFO_SECRET_KEY"] = "only for tests, the same in each process"
os.environ["TIFO_ALLOWED_RECIPIENTS"] = "*@example.org,*@*.example,*@example.com"
for name in (
    "TIFO_EPOCH_FILE",
    "TIFO_SMTP_URL",
    "TIFO_APPROVAL_ABOVE",
    "TIFO_RAMP_ABOVE",
    "TIFO_PRESSURE_CAP",
    "TIFO_QUIET_HOURS",
    "TIFO_CRASH_AT",
):
    os.environ.pop(name, None)
