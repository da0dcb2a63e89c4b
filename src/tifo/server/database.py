"""Which database holds the truth: SQLite by default, PostgreSQL by TIFO_DATABASE_URL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# WAL lets readers go on beside the one writer; FULL makes a commit durable before it is answered;
# secure_delete overwrites what an erasure removed.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-65536;PRAGMA mmap_size=268435456;"
)
# A machine that died or was cut off must be noticed on both sides within half a minute: by us, so that its work waits
# for no dead connection, and by the server, so that its locks do not hold up the others.
KEEPALIVE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
SERVERS_KEEPALIVE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20000"
_FORM = "TIFO_DATABASE_URL must read postgresql://user:password@host:port/name, or be empty for SQLite"


def database_from_url(url: str, folder: Path) -> dict[str, Any]:
    """Django's DATABASES entry for `url`: `postgresql://user:password@host:port/name?option=value`,
    `sqlite:///a/file`, or empty for the embedded SQLite in `folder`."""
    if not url or url.startswith("sqlite://"):
        file = Path(unquote(urlsplit(url).path)) if url else folder / "tifo.sqlite3"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"The folder of the database, {file.parent}, can't be made ({error.strerror}); name another"
            ) from None
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": file,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": SQLITE_PRAGMAS, "timeout": 30},
            "TEST": {
                "NAME": folder / "test.sqlite3"
            },  # a file, so that tests may open it from other processes
        }
    try:
        parts = urlsplit(url)
        port = parts.port or ""
    except ValueError:
        raise ImproperlyConfigured(_FORM) from None
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ImproperlyConfigured(_FORM)
    said: dict[str, Any] = dict(parse_qsl(parts.query))
    options = KEEPALIVE | said | {"options": f"{SERVERS_KEEPALIVE} {said.get('options', '')}".strip()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": port,
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
    }
