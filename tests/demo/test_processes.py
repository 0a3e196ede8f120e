"""No process of the demo outlives it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims.demo import guard
from claims.demo.lock import AlreadyRunning, only_one
from claims.demo.processes import ProcessEnded, Processes, listen

ROOT = Path(__file__).resolve().parents[2]
# Two stand-ins for web and worker, of which one has a child and takes no notice of being asked to end.
STAGE = """
import sys, time
from pathlib import Path
from claims.demo import processes
processes.COMMANDS = {"web": "http.server 0 --bind 127.0.0.1", "worker": "http.server 0 --bind 127.0.0.1"}
folder = Path(sys.argv[1])
stage = processes.Processes(folder, folder, processes.listen("127.0.0.1", 0), {"PYTHONPATH": sys.argv[2]})
stage.start()
print(*(p.pid for p in stage._running.values()), stage._guard.pid, flush=True)
time.sleep(60)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet asked for its status does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int], seconds: float = 20) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def processes(tmp_path, monkeypatch):
    monkeypatch.setattr("claims.demo.processes.COMMANDS", {"web": "http.server 0 --bind 127.0.0.1"})
    with listen("127.0.0.1", 0) as listener:
        processes = Processes(folder=ROOT, logs=tmp_path / "log", listener=listener, environment={})
        processes.start()
        yield processes
        processes.stop()


def pids(processes: Processes) -> list[int]:
    return [process.pid for process in processes._running.values()]


class TestProcesses:
    def test_stopping_ends_them_all(self, processes):
        started = [*pids(processes), processes._guard.pid]
        processes.check()
        processes.stop()
        assert not any(alive(pid) for pid in started)

    def test_one_that_ends_by_itself_is_told_with_its_log(self, processes, tmp_path):
        (tmp_path / "log" / "web.log").write_text("why it ended\n")
        os.kill(pids(processes)[0], signal.SIGKILL)
        assert gone(pids(processes))
        with pytest.raises(ProcessEnded) as ended:
            processes.check()
        assert ended.value.args == ("web", -signal.SIGKILL, "why it ended")

    def test_they_end_where_their_guard_was_killed(self, processes):
        started = pids(processes)
        processes._guard.kill()
        processes._guard.wait()
        with pytest.raises(ProcessEnded):
            processes.check()
        processes.stop()
        assert not any(alive(pid) for pid in started)

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_they_end_where_the_demo_is_killed(self, tmp_path, how):
        command = [sys.executable, "-c", STAGE, str(tmp_path), str(ROOT)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as demo:
            started = [int(pid) for pid in demo.stdout.readline().split()]
            assert len(started) == 3
            assert all(alive(pid) for pid in started)
            demo.send_signal(how)
        assert gone(started)

    def test_one_that_does_not_listen_is_killed_with_its_group(self, monkeypatch):
        monkeypatch.setattr(guard, "GRACE_SECONDS", 0.3)
        command = [sys.executable, "-c", STUBBORN]
        with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
            process.stdout.readline()
            guard.stop([process.pid])
            assert process.wait(timeout=10) == -signal.SIGKILL


class TestRefusals:
    def test_a_port_in_use_is_told_with_the_way_out(self, monkeypatch, settings, tmp_path):
        settings.VAR_DIR = tmp_path
        with listen("127.0.0.1", 0) as taken:
            port = taken.getsockname()[1]
            monkeypatch.setenv("PORT", str(port))
            with pytest.raises(CommandError, match=f"Port {port} is in use.*make demo PORT={port + 1}"):
                call_command("demo")

    def test_it_does_not_run_with_production_settings(self, settings):
        settings.PRODUCTION = True
        with pytest.raises(CommandError, match="production"):
            call_command("demo")

    def test_a_second_one_on_the_same_data_is_refused(self, settings, tmp_path):
        settings.VAR_DIR = tmp_path
        with only_one(tmp_path / "demo.lock", "at port 1"):
            with pytest.raises(AlreadyRunning, match="at port 1"), only_one(tmp_path / "demo.lock", "second"):
                pass
            with pytest.raises(CommandError, match="at port 1"):
                call_command("demo")
