"""A Redis connection as small as a worker needs: sends commands, reads answers, and nothing else.

The redis library is right wherever there is one process; but there is a worker for every caller, and in each it cost 2.8 MB,
measured by itself (pages of shared code and tables that are copied by merely running it). This costs a quarter of that.
Errors are the redis library's own, so that nobody needs to know which of the two he holds.
"""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import redis

Word = str | int | float
Command = tuple[Word, ...]

_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Address:
    """Where Redis listens, and what it wants to hear first. `place` is a path, or host and port."""

    place: str | tuple[str, int]
    greeting: tuple[Command, ...]


@lru_cache(maxsize=4)
def address(url: str) -> Address:
    """Of `redis://[[user]:password@]host[:port][/db]` or `unix://[[user]:password@]/path[?db=0]`, the two kinds the edge speaks
    too. Raises ValueError for any other."""
    parts = urlsplit(url)
    if parts.scheme == "redis":
        place: str | tuple[str, int] = (parts.hostname or "127.0.0.1", parts.port or 6379)
        database = parts.path.strip("/")
    elif parts.scheme == "unix":
        place = unquote(parts.path)
        database = next((item[3:] for item in parts.query.split("&") if item.startswith("db=")), "")
    else:
        raise ValueError(f"cannot speak {parts.scheme}:// to Redis")
    greeting: list[Command] = []
    if parts.password:
        user = (unquote(parts.username),) if parts.username else ()
        greeting.append(("AUTH", *user, unquote(parts.password)))
    if database and int(database):
        greeting.append(("SELECT", int(database)))
    return Address(place, tuple(greeting))


class Wire:
    """One connection, opened when first needed and again after it was lost. Not to be used by two threads.

    Every method raises redis.RedisError: ConnectionError, TimeoutError, or ResponseError when Redis refused a command. After
    the first two it is closed, and the next use opens it anew.
    """

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        self._address = address(url)
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._read = bytearray()

    def ask(self, *commands: Command) -> list[Any]:
        """Send commands at once and return their answers: str, int, None or lists of them.

        A connection that turns out to be dead before its first answer is opened again, once: Redis was started anew meanwhile.
        """
        used = self._socket is not None
        try:
            self.send(*commands)
            first = self._answer()
        except redis.ConnectionError:
            if not used:
                raise
            self.send(*commands)
            first = self._answer()
        answers = [first, *(self._answer() for _ in commands[1:])]
        for answer in answers:
            if isinstance(answer, redis.ResponseError):
                raise answer
        return answers

    def send(self, *commands: Command) -> None:
        """Send without waiting; the answers are read by :meth:`receive`."""
        data = b"".join(map(encode, commands))
        try:
            if self._socket is None:
                self._open()
            assert self._socket is not None
            self._socket.sendall(data)
        except OSError as error:
            raise self._lost(error) from error

    def receive(self) -> Any:
        """The next answer to what was sent."""
        answer = self._answer()
        if isinstance(answer, redis.ResponseError):
            raise answer
        return answer

    def fileno(self) -> int:
        """To wait for answers with. -1 while closed."""
        return self._socket.fileno() if self._socket is not None else -1

    def close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None
        self._read.clear()

    def _open(self) -> None:
        place = self._address.place
        if isinstance(place, str):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(self._timeout)
            self._socket.connect(place)
        else:
            self._socket = socket.create_connection(place, self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for command in self._address.greeting:
            self._socket.sendall(encode(command))
            if isinstance(refusal := self._answer(), redis.ResponseError):
                self.close()
                raise redis.ConnectionError(str(refusal))

    def _lost(self, error: OSError) -> redis.RedisError:
        self.close()
        return redis.TimeoutError(str(error)) if isinstance(error, TimeoutError) else redis.ConnectionError(str(error))

    # Reading (RESP2): a line tells what follows.

    def _answer(self) -> Any:
        line = self._line()
        mark, rest = line[:1], line[1:]
        match mark:
            case b":":
                return int(rest)
            case b"$":
                size = int(rest)
                return None if size < 0 else self._bytes(size).decode("utf-8", "replace")
            case b"+":
                return rest.decode()
            case b"*":
                return None if int(rest) < 0 else [self._answer() for _ in range(int(rest))]
            case b"-":
                return redis.ResponseError(rest.decode("utf-8", "replace"))
        raise self._lost(OSError("Redis spoke another language"))

    def _line(self) -> bytes:
        start = 0
        while (end := self._read.find(b"\r\n", start)) < 0:
            start = max(0, len(self._read) - 1)
            self._more()
        line = bytes(self._read[:end])
        del self._read[: end + 2]
        return line

    def _bytes(self, size: int) -> bytes:
        while len(self._read) < size + 2:
            self._more()
        data = bytes(self._read[:size])
        del self._read[: size + 2]
        return data

    def _more(self) -> None:
        try:
            assert self._socket is not None
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost(ConnectionResetError("Redis closed the connection"))
        self._read += data


def encode(command: Command) -> bytes:
    """As Redis reads it (RESP2)."""
    words = [word.encode() if isinstance(word, str) else str(word).encode() for word in command]
    return b"".join([b"*%d\r\n" % len(words), *(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)])
