"""Hosts of their own on one machine: each has a network, a name and processes that the others don't see.

This process is the one that all reach: run it in a network namespace of its own (`unshare --net`), as root. Each link of a
host is a cable that can be pulled, so that a host loses its database and keeps its mail server.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

NETS = {"data": "10.77.1", "mail": "10.77.2"}


def address(net: str) -> str:
    """Ours on that net."""
    return f"{NETS[net]}.1"


def allowed() -> bool:
    """Whether this machine lets us make namespaces, cables and bridges."""
    if os.geteuid() != 0:
        return False
    trial = "ip link add br0 type bridge && ip link add va type veth peer name vb"
    tried = subprocess.run(
        ["unshare", "--net", "--uts", "--pid", "--fork", "sh", "-c", trial], capture_output=True, check=False
    )
    return tried.returncode == 0


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, stdout=subprocess.DEVNULL)


def lay() -> None:
    """The nets, with us on them."""
    _ip("link", "set", "lo", "up")
    for net in NETS:
        _ip("link", "add", net, "type", "bridge")
        _ip("address", "add", f"{address(net)}/24", "dev", net)
        _ip("link", "set", net, "up")


class Host:
    """A machine: ends with all its processes when we do."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.processes = name, list[subprocess.Popen[bytes]]()
        self._first = subprocess.Popen(
            ["unshare", "--net", "--uts", "--pid", "--fork", "--kill-child", "sh", "-c",
             f"hostname {name} && ip link set lo up && echo up && exec sleep infinity"],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._first.stdout is not None  # noqa: S101  it is a pipe
        self._first.stdout.readline()
        (self._init,) = psutil.Process(self._first.pid).children()
        for net, prefix in NETS.items():
            cable = self._cable(net)
            _ip("link", "add", cable, "type", "veth", "peer", "name", net, "netns", str(self._init.pid))
            _ip("link", "set", cable, "master", net, "up")
            self._inside("ip", "address", "add", f"{prefix}.{number}/24", "dev", net)
            self._inside("ip", "link", "set", net, "up")

    def _cable(self, net: str) -> str:
        return f"{self.name}-{net}"

    def _entered(self, command: Sequence[str]) -> list[str]:
        return ["nsenter", f"--target={self._init.pid}", "--net", "--uts", "--pid", "--", *command]

    def _inside(self, *command: str) -> None:
        subprocess.run(self._entered(command), check=True)

    def start(self, command: Sequence[str], variables: Mapping[str, str], log: Path) -> None:
        """Let a process run on this host."""
        with log.open("ab") as out:
            self.processes.append(
                subprocess.Popen(self._entered(command), env=variables, stdout=out, stderr=out)
            )

    def cut(self, net: str) -> None:
        """Pull the cable: what is sent from now on is lost without a word."""
        _ip("link", "set", self._cable(net), "down")

    def join(self, net: str) -> None:
        """Plug it in again."""
        _ip("link", "set", self._cable(net), "up")

    def signal(self, number: signal.Signals) -> None:
        """To each process that was started here. What it was started by stops with it, and must go on with it too."""
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                started_by = psutil.Process(process.pid)
                for one in started_by.children(recursive=True):
                    one.send_signal(number)
                if number == signal.SIGCONT:
                    started_by.send_signal(number)

    def kill(self) -> None:
        """All its processes at once, for good."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._init.kill()
        self._first.kill()
        self._first.wait()
        for process in self.processes:
            process.wait()
        # Now, not when the kernel comes to clear the dead host's network away: the next host has the same names.
        for net in NETS:
            subprocess.run(["ip", "link", "delete", self._cable(net)], check=False, stderr=subprocess.DEVNULL)

    def stop(self, within: float) -> bool:
        """In order; whether they all ended in time."""
        self.signal(signal.SIGTERM)
        try:
            return all(process.wait(within) is not None for process in self.processes)
        except subprocess.TimeoutExpired:
            return False


@contextlib.contextmanager
def hosts(*names: str) -> Iterator[list[Host]]:
    """So many, while the block runs."""
    made: list[Host] = []
    try:
        for number, name in enumerate(names, 11):
            made.append(Host(name, number))
        yield made
    finally:
        for host in made:
            host.kill()
