"""Commands of the house itself: migrate, serve, web, tracker, worker."""

import contextlib
import sys

import click
from django.conf import settings
from django.core.management import call_command

from tifo.delivery.public import SendingStopped, bind_new
from tifo.kernel.public import console, data_path
from tifo.registry.public import repeat_erasures
from tifo.server import supervisor, worker
from tifo.server.doctor import doctor
from tifo.server.moving import cli as moving
from tifo.server.moving.stream import number_on


@click.command()
@console.json_option
def migrate(as_json: bool) -> None:
    """Prepare the database: make or update its tables and what they start with."""
    call_command("migrate", verbosity=0, interactive=False)
    number_on()
    repeat_erasures()
    with contextlib.suppress(SendingStopped):  # a base that was set back is said so by doctor and studio
        bind_new()
    console.out({"migrated": True}, as_json, ["The database is up to date."])


@click.command()
@click.option("--workers", default=1, show_default=True, help="Processes.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
def web(workers: int, threads: int) -> None:
    """Serve the fan club, the studio and the API."""
    from granian import Granian
    from granian.constants import Interfaces

    repeat_erasures()
    host, port = supervisor.split_address(settings.TIFO_WEB_BIND, "TIFO_WEB_BIND")
    call_command("collectstatic", verbosity=0, interactive=False)
    Granian(
        "tifo.server.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        static_path_route=["/static"],
        static_path_mount=[data_path("static", "x").parent],
        static_path_expires=3600,
        log_level="warning",  # type: ignore[arg-type]  # it takes the name as well as the enumeration
        respawn_failed_workers=True,
    ).serve()


@click.command()
@click.option("--workers", default=1, show_default=True, help="Processes.")
def tracker(workers: int) -> None:
    """Serve pixels, links and one-click unsubscribes; needs no database."""
    from granian import Granian
    from granian.constants import Interfaces

    host, port = supervisor.split_address(settings.TIFO_TRACK_BIND, "TIFO_TRACK_BIND")
    Granian(
        "tifo.delivery.web.tracker:app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        websockets=False,
        log_level="warning",  # type: ignore[arg-type]
        respawn_failed_workers=True,
    ).serve()


@click.command("worker")
@click.option("--senders", default=1, show_default=True, help="Threads that send.")
@click.option("--until-idle", is_flag=True, help="Do what is waiting, then stop.")
def run_worker(senders: int, until_idle: bool) -> None:
    """Do the work in the background; start as many as you like, on any machine."""
    repeat_erasures()
    if until_idle:
        worker.run_until_idle()
    else:
        worker.run(senders)


def _addresses() -> list[str]:
    url = settings.TIFO_PUBLIC_URL
    pages = (("Fan club", "/"), ("Studio", "/studio/"), ("Inbox", "/inbox/"), ("API", "/api/docs"))
    return [f"  {name:<9} {url}{path}" for name, path in pages]


@click.command()
@click.option("--demo", is_flag=True, help="Migrate first, and load the demo event into an empty base.")
def serve(demo: bool) -> None:
    """Start web, tracker, worker and, outside production, the built-in mail inbox. Ctrl-C stops all."""
    binds = {"web": "TIFO_WEB_BIND", "tracker": "TIFO_TRACK_BIND"}
    if not settings.PRODUCTION:
        binds["inbox"] = "TIFO_INBOX_BIND"
    for setting in binds.values():
        supervisor.check_free(getattr(settings, setting), setting)
    lines = ["tifo is starting; open", *_addresses()]
    if demo:
        from tifo.server.demo import load, logins

        call_command("migrate", verbosity=0, interactive=False)
        load()
        lines += ["Staff of the demo", *(f"  {login}" for login in logins())]
    click.echo("\n".join([*lines, "Ctrl-C stops everything."]))
    parts = [supervisor.Part(name, (sys.executable, "-m", "tifo", name)) for name in (*binds, "worker")]
    sys.exit(supervisor.run(parts, {"PYTHONUNBUFFERED": "1", "TIFO_DATA": str(settings.TIFO_DATA)}))


@click.command("demo")
@console.json_option
def load_demo(as_json: bool) -> None:
    """Put Valmera 2027, a made-up event, into an empty base."""
    from tifo.server.demo import load

    call_command("migrate", verbosity=0, interactive=False)
    fresh = load()
    said = "Valmera 2027 is loaded." if fresh else "Valmera 2027 was there already; nothing was changed."
    console.out({"loaded": fresh}, as_json, [said])


COMMANDS: dict[str, click.Command] = {
    **moving.COMMANDS,
    "demo": load_demo,
    "doctor": doctor,
    "migrate": migrate,
    "serve": serve,
    "web": web,
    "tracker": tracker,
    "worker": run_worker,
}
