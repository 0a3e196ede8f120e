"""An institution's program that trusts nobody: it writes down what it sends before, and what it is told after."""

import json
import os
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.faults.traffic import REVERSE, SEND, WITHDRAW, Step

THREADS = 4
_TIMEOUT = 10
_PAUSE = 0.05
# A file is sent in so many parts.
PARTS = 5


class Journal:
    """Lines of JSON, each written to the disk before anything else happens; appended to by any number of threads."""

    def __init__(self, path: Path):
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._next, self._lock = 0, threading.Lock()

    def sent(self, step: Step) -> int:
        """The number of this request."""
        with self._lock:
            self._next += 1
            number = self._next
        told = {"kind": step.kind, "institution": step.institution, "number": step.number}
        self._write(told | {"request": number, "body": step.body, "expect": step.expect})
        return number

    def told(self, request: int, status: int | None, claim_id: str | None) -> None:
        """`status` None: no answer came."""
        self._write({"answer": request, "status": status, "claim": claim_id})

    def _write(self, entry: dict) -> None:
        os.write(self._file, (json.dumps(entry) + "\n").encode())

    def flush(self) -> None:
        os.fdatasync(self._file)

    def read(self) -> "dict[tuple[str, str], Told]":
        """What the journal knows, by institution and claim number."""
        found, requests_ = {}, {}
        with self._path.open() as lines:
            for entry in map(json.loads, lines):
                if "answer" in entry:
                    requests_.pop(entry["answer"])(entry["status"], entry["claim"])
                    continue
                key = entry["institution"], entry["number"]
                about = found.setdefault(key, Told())
                requests_[entry["request"]] = about.asked(entry)
        return found


@dataclass
class Told:
    """All that was said about one claim number. `bodies`: what was sent under it.

    `accepted`: the bodies to which the answer was that they are stored; `unknown`: those without an answer.
    `reversed`, `withdrawn`: how often it was asked for, and what was told: True, False, None (nothing).
    """

    bodies: list[dict] = field(default_factory=list)
    accepted: list[dict] = field(default_factory=list)
    unknown: list[dict] = field(default_factory=list)
    refused: list[dict] = field(default_factory=list)
    claim_ids: set[str] = field(default_factory=set)
    expect: set[str] = field(default_factory=set)
    any_end: bool = False
    reversed: list[bool | None] = field(default_factory=list)
    withdrawn: list[bool | None] = field(default_factory=list)

    def asked(self, entry: dict) -> Callable[[int | None, str | None], None]:
        """Notes a request; what is returned notes its answer."""
        if entry["kind"] != SEND:
            answers = self.reversed if entry["kind"] == REVERSE else self.withdrawn
            answers.append(None)
            place = len(answers) - 1

            def answer(status: int | None, _claim: str | None) -> None:
                answers[place] = None if _unknown(status) else status == 200

            return answer
        body = entry["body"]
        self.bodies.append(body)
        self.unknown.append(body)
        self.expect.update(entry["expect"])
        self.any_end |= not entry["expect"]

        def stored(status: int | None, claim: str | None) -> None:
            if _unknown(status):
                return
            self.unknown.remove(body)
            if status in (200, 202):
                self.accepted.append(body)
                self.claim_ids.add(claim)
            else:
                self.refused.append(body)

        return stored


def _unknown(status: int | None) -> bool:
    """Whether an answer says nothing about what was done: none, or a fault of the server's."""
    return status is None or status >= 500 or status == 429


class Client:
    """Sends visits from a few threads, as institutions do, to any of the web servers."""

    def __init__(self, urls: list[str], keys: dict[str, str], journal: Journal, seed: str):
        self._urls, self._keys, self.journal = urls, keys, journal
        self._seed = seed
        self._ids: dict[tuple[str, str], str] = {}
        self._here = threading.local()

    def play(self, visits: Iterable[list[Step]], threads: int = THREADS) -> None:
        """Returns when all visits are over."""
        waiting = queue.Queue()
        for visit in visits:
            waiting.put(visit)

        def work() -> None:
            while True:
                try:
                    visit = waiting.get_nowait()
                except queue.Empty:
                    return
                self.take(visit)

        _in_threads(work, threads)
        self.journal.flush()

    @contextmanager
    def playing(self, visit: Callable[[], list[Step]], threads: int = 3) -> Iterator[None]:
        """Visits without end in the background, while the block lasts."""
        over, lock = threading.Event(), threading.Lock()

        def work() -> None:
            while not over.is_set():
                with lock:
                    steps = visit()
                self.take(steps)

        started = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
        for thread in started:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in started:
                thread.join()
            self.journal.flush()

    def take(self, visit: list[Step]) -> None:
        for step in visit:
            if step.kind == SEND:
                self._send(step)
            else:
                self._decide(step)

    def _send(self, step: Step) -> None:
        """Sends a claim; half of what stays without an answer is sent again at once, the rest left unknown."""
        for _ in range(3):
            status = self.request(step, "POST", "/api/v1/claims/", step.body)
            if not _unknown(status) or self._chance.random() < 0.5:
                return
            time.sleep(_PAUSE)

    def _decide(self, step: Step) -> None:
        """A reversal needs a settlement first: asked for until there is one, for a while."""
        id = self._ids.get((step.institution, step.number))
        if id is None:
            return
        what = {REVERSE: "reversal", WITHDRAW: "withdrawal"}[step.kind]
        body = {"reversal_reason": "faults"} if step.kind == REVERSE else {}
        for _ in range(4):
            status = self.request(step, "POST", f"/api/v1/claims/{id}/{what}/", body)
            if status != 409 or step.kind == WITHDRAW:
                return
            time.sleep(4 * _PAUSE)

    def request(self, step: Step, method: str, path: str, body: dict) -> int | None:
        request = self.journal.sent(step)
        status = claim_id = None
        try:
            url = self._chance.choice(self._urls) + path
            headers = {"Authorization": f"Bearer {self._keys[step.institution]}"}
            answer = self._session.request(method, url, json=body, headers=headers, timeout=_TIMEOUT)
            status = answer.status_code
            if step.kind == SEND and status in (200, 202):
                claim_id = answer.json()["id"]
                self._ids[step.institution, step.number] = claim_id
        except (requests.RequestException, ValueError, KeyError):
            status = claim_id = None
        self.journal.told(request, status, claim_id)
        return status

    def send_file(
        self, steps: Sequence[Step], key: str, *, pause: float = 0, parts: int = PARTS
    ) -> int | None:
        """One institution's claims as a file under an idempotency key. Hangs up after some of its `parts`."""
        numbers = [self.journal.sent(step) for step in steps]
        status, ids = None, {}
        with suppress(OSError, HTTPException, ValueError, KeyError):
            status, ids = self._upload(steps, key, pause, parts)
        for number, step in zip(numbers, steps, strict=True):
            self.journal.told(number, status, ids.get(step.number))
        return status

    def _upload(self, steps: Sequence[Step], key: str, pause: float, parts: int) -> tuple[int | None, dict]:
        """The status and, of what was taken, each claim's id by its number, as the results tell it."""
        url, body = self._chance.choice(self._urls), json.dumps([step.body for step in steps]).encode()
        own = {"Authorization": f"Bearer {self._keys[steps[0].institution]}"}
        about = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Idempotency-Key": key}
        size = -(-len(body) // PARTS)
        with closing(HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT)) as wire:
            wire.putrequest("POST", "/api/v1/claim-batches/")
            for name, value in (own | about).items():
                wire.putheader(name, value)
            wire.endheaders()
            for part in range(parts):
                wire.send(body[part * size : (part + 1) * size])
                time.sleep(pause)
            if parts < PARTS:
                return None, {}
            answer = wire.getresponse()
            batch = json.load(answer)
        if answer.status not in (200, 202):
            return answer.status, {}
        results = self._session.get(url + batch["links"]["results"], headers=own, timeout=_TIMEOUT).json()
        return answer.status, {row["claim_number"]: row["claim"] for row in results["results"]}

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._here, "session"):
            self._here.session = requests.Session()
        return self._here.session

    @property
    def _chance(self) -> random.Random:
        if not hasattr(self._here, "chance"):
            self._here.chance = random.Random(f"{self._seed}/{threading.current_thread().name}")
        return self._here.chance


def _in_threads(work: Callable[[], None], threads: int) -> None:
    started = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def ask_again(client: Client, seconds: float = 600) -> int:
    """Send once more whatever stayed without an answer, until each is known. How many there were."""
    unknown, asked, ends = _unanswered(client), 0, time.monotonic() + seconds
    while unknown and time.monotonic() < ends:
        asked = asked or len(unknown)
        client.play([step] for step in unknown)
        unknown = _unanswered(client)
    return asked


def _unanswered(client: Client) -> list[Step]:
    return [
        Step(SEND, institution, number, told.unknown[0], tuple(told.expect))
        for (institution, number), told in client.journal.read().items()
        if told.unknown and not (told.accepted or told.refused)
    ]
