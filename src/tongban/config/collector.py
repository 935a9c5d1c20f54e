"""Listening for syslog (RFC 5424) on UDP and TCP; messages are kept in batches."""

import queue
import socket
import threading
import time

import structlog
from django.db import close_old_connections, connection

from tongban.lib import syslog
from tongban.rooms.trust.security.commands import intake

BATCH, WAIT, HELD, PEERS = 500, 0.5, 50_000, 200
log = structlog.get_logger(__name__)


class Collector:
    """Threads of the worker. What comes faster than it can be kept waits, up to 50,000 messages; then it is counted and dropped."""

    def __init__(self, host: str, port: int) -> None:
        self.waiting: queue.Queue[tuple[syslog.Message, str]] = queue.Queue(HELD)
        self.dropped = 0
        self.places = threading.BoundedSemaphore(PEERS)  # connections at once: more are closed, so that nobody starves the others
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.bind((host, port))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.create_server((host, self.port), family=family)

    def start(self) -> None:
        for work in (self._datagrams, self._connections, self._keep):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        self.udp.close()
        self.tcp.close()

    def _take(self, line: str, peer: str) -> None:
        try:
            self.waiting.put_nowait((syslog.parse(line), peer))
        except queue.Full:
            self.dropped += 1

    def _datagrams(self) -> None:
        while True:
            try:
                octets, peer = self.udp.recvfrom(syslog.LONGEST)
            except OSError:
                return
            self._take(octets.decode("utf-8", "replace"), peer[0])

    def _connections(self) -> None:
        while True:
            try:
                peer, address = self.tcp.accept()
            except OSError:
                return
            if self.places.acquire(blocking=False):
                threading.Thread(target=self._stream, args=(peer, address[0]), daemon=True).start()
            else:
                peer.close()

    def _stream(self, peer: socket.socket, address: str) -> None:
        framing = syslog.Framing()
        with peer:
            peer.settimeout(600)
            try:
                while octets := peer.recv(65536):
                    for line in framing.feed(octets):
                        self._take(line, address)
            except OSError:
                return
            finally:
                self.places.release()

    def _keep(self) -> None:
        while True:
            batch = [self.waiting.get()]
            until = time.monotonic() + WAIT
            while len(batch) < BATCH and (left := until - time.monotonic()) > 0:
                try:
                    batch.append(self.waiting.get(timeout=left))
                except queue.Empty:
                    break
            self._keep_batch(batch)

    def _keep_batch(self, batch: list[tuple[syslog.Message, str]]) -> None:
        """A database that is away is waited for; the queue holds what comes meanwhile."""
        while True:
            try:
                close_old_connections()
                intake.take_syslog(batch)
                return
            except Exception:
                log.exception("syslog messages could not be kept; trying again", waiting=self.waiting.qsize(), dropped=self.dropped)
                connection.close()
                time.sleep(2)
