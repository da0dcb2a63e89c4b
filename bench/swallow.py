"""`python -m bench.swallow PORT`: takes all mail by CHUNKING and keeps nothing, a process a connection.

Faster than Postfix's smtp-sink, so that what limits a client that sends to it is the client.
"""

import os
import signal
import socket
import sys

ROOM = 1 << 20
GREETING = b"220 swallow ESMTP\r\n"
FEATURES = b"250-swallow\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n"
DONE = b"250 ok\r\n"


def _talk(line: socket.socket) -> None:
    line.sendall(GREETING)
    held, skip, answers = b"", 0, []
    while got := line.recv(ROOM):
        if skip >= len(got):
            skip -= len(got)
            got = b""
        elif skip:
            got, skip = got[skip:], 0
        held = held + got if held else got
        place = 0
        while not skip and (end := held.find(b"\r\n", place)) >= 0:
            words = held[place:end].split()
            place = end + 2
            verb = words[0].upper() if words else b""
            if verb == b"BDAT":
                place += int(words[1])
                skip = max(0, place - len(held))
            elif verb == b"EHLO":
                answers.append(FEATURES)
                continue
            elif verb == b"QUIT":
                line.sendall(b"".join(answers) + b"221 bye\r\n")
                return
            answers.append(DONE)
        held = held[place:]
        # the answer to a message must wait until all of it is there
        last = answers.pop() if skip and answers else b""
        if answers:
            line.sendall(b"".join(answers))
        answers = [last] if last else []


def main() -> None:
    """Serve until ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=200) as door:
        while True:
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                with line:
                    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    _talk(line)
                os._exit(0)
            line.close()


if __name__ == "__main__":
    main()
