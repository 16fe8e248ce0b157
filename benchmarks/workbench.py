"""The workbench under load: locks answered, fifty clients at once, killed in the middle.

    uv run benchmarks/workbench.py [--clients 50] [--seconds 120]

Starts ``gangso serve`` as a planner would, on a folder of its own, and prints

- the time from the start until the plan of the embedded Korea is answered;
- the time of a lock over the API, price included: median and worst of 20;
- the load: every client keeps a scenario of its own and moves, prices, reads and undoes; every
  answer is checked against what the optimum must be (undo gives the earlier cost back to the
  last digit; a lock never makes the nation better off; its price is the difference); no answer
  may be an error; the server's memory is read all along;
- the end: the server is killed (SIGKILL) under load and started again; every scenario must be
  at least at the version that it had confirmed.

Ends with 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server in a process of its own."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        started = time.perf_counter()
        command = [sys.executable, "-c", "from gangso.cli import main; main()", "serve"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--data", str(data)], stdout=subprocess.DEVNULL
        )
        while True:
            try:
                httpx.get(f"{self.url}/api/scenarios", timeout=60)
                break
            except httpx.TransportError:
                if self.process.poll() is not None:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.05)
        self.seconds = time.perf_counter() - started

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def neighbours(client: httpx.Client) -> list[tuple[str, str]]:
    """Pairs of municipalities that the plan keeps apart and that lie near each other."""
    made = client.post("/api/scenarios", json={"name": "pairs"}).json()
    plan = client.get(f"/api/scenarios/{made['id']}/plan").json()
    home = {row["code"]: row["alliance"] for row in plan["membership"] if row["alliance"]}
    places = {
        row["code"]: (row["lon"], row["lat"])
        for row in client.get("/api/territories/korea/municipalities").json()
        if row["code"] in home
    }
    pairs = []
    for code, (lon, lat) in places.items():
        away = sorted(
            (abs(x - lon) + abs(y - lat), other)
            for other, (x, y) in places.items()
            if home[other] != home[code]
        )
        pairs.append((code, away[0][1]))
    return pairs


class Client(threading.Thread):
    """One planner: locks, prices, reads, undoes, and checks every answer."""

    def __init__(self, url: str, number: int, pairs: list[tuple[str, str]], until: float) -> None:
        super().__init__()
        self.client = httpx.Client(base_url=url, timeout=120, trust_env=False)
        self.random = random.Random(number)
        self.number, self.pairs, self.until = number, pairs, until
        self.confirmed: dict[str, int] = {}
        self.asked = 0
        self.locks: list[float] = []
        self.wrong: list[str] = []
        self.cut_off = False

    def ask(self, method: str, path: str, **more: object) -> dict:
        answer = self.client.request(method, path, **more)  # type: ignore[arg-type]
        self.asked += 1
        if answer.status_code >= 400:
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:120]}")
            raise ValueError(answer.status_code)
        found: dict = answer.json()
        return found

    def run(self) -> None:
        try:
            made = self.ask("POST", "/api/scenarios", json={"name": f"client {self.number}"})
            home, version = f"/api/scenarios/{made['id']}", 1
            self.confirmed[made["id"]] = 1
            first = self.ask("GET", f"{home}/plan")["cost"]
            while time.monotonic() < self.until:
                pair = self.random.choice(self.pairs)
                kind = self.random.choice(("together", "together", "apart"))
                edit = {"version": version, "edit": {"kind": kind, "codes": pair}}
                began = time.perf_counter()
                moved = self.ask("POST", f"{home}/edits", json=edit)
                self.locks.append(time.perf_counter() - began)
                change = moved["change"]
                if not change["adopted"]:
                    continue
                version = moved["scenario"]["version"]
                self.confirmed[made["id"]] = version
                self.check(change["status"] == "proven", "not proven")
                self.check(change["cost_after"] >= first - 1e-9, "better with a lock than without")
                price = change["price"]["cost"]
                gap = price - (change["cost_after"] - change["cost_before"])
                self.check(abs(gap) < 1e-5, "the price is not the difference")
                plan = self.ask("GET", f"{home}/plan")
                self.check(plan["cost"] == change["cost_after"], "the plan is another one")
                prices = self.ask("GET", f"{home}/prices")
                self.check(abs(prices[0]["cost"] - price) < 1e-5, "another price")  # type: ignore[index]
                back = self.ask("POST", f"{home}/undo", json={"version": version})
                version = back["scenario"]["version"]
                self.confirmed[made["id"]] = version
                same = abs(back["change"]["cost_after"] - first) < 1e-9
                self.check(same, "undo gives another cost")
        except httpx.TransportError:
            self.cut_off = True  # the server was killed
        except ValueError:
            pass  # noted above

    def check(self, fine: bool, what: str) -> None:
        if not fine:
            self.wrong.append(what)


def load(
    server: Server, clients: int, seconds: float, pairs: list[tuple[str, str]]
) -> list[Client]:
    until = time.monotonic() + seconds
    everybody = [Client(server.url, number, pairs, until) for number in range(clients)]
    for one in everybody:
        one.start()
    return everybody


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gangso-bench-") as folder:
        server = Server(Path(folder))
        print(f"start until the plan is there: {server.seconds:.1f} s")
        client = httpx.Client(base_url=server.url, timeout=120, trust_env=False)
        pairs = neighbours(client)
        time.sleep(90)  # what is worked out beforehand
        times, cpu = [], server.cpu_s()
        for pair in pairs[:20]:
            made = client.post("/api/scenarios", json={"name": "lock"}).json()
            edit = {"version": 1, "edit": {"kind": "together", "codes": pair}}
            began = time.perf_counter()
            client.post(f"/api/scenarios/{made['id']}/edits", json=edit)
            times.append(time.perf_counter() - began)
        cpu = (server.cpu_s() - cpu) / len(times)
        print(
            f"a lock with its price: median {statistics.median(times):.2f} s, worst "
            f"{max(times):.2f} s; {cpu:.2f} s of CPU each, the new scenario included"
        )
        everybody = load(server, asked.clients, asked.seconds, pairs)
        memory = []
        while any(one.is_alive() for one in everybody):
            memory.append(server.memory_mb())
            time.sleep(1)
        wrong = [line for one in everybody for line in one.wrong]
        count = sum(one.asked for one in everybody)
        locks = [s for one in everybody for s in one.locks]
        third = max(1, len(memory) // 3)
        early, late = (
            statistics.median(part) for part in (memory[third : 2 * third], memory[-third:])
        )
        print(
            f"{asked.clients} clients, {asked.seconds:.0f} s: {count} answers, {len(wrong)} wrong; "
            f"a lock {statistics.median(locks):.2f} s (median), {max(locks):.2f} s (worst); "
            f"memory {early:.0f} MB in the second third, {late:.0f} MB in the last"
        )
        for line in wrong[:10]:
            print("  ", line)
        everybody = load(server, asked.clients, 3_600, pairs)
        time.sleep(min(10.0, asked.seconds))
        server.kill()
        for one in everybody:
            one.join()
        again = Server(Path(folder))
        client = httpx.Client(base_url=again.url, timeout=120, trust_env=False)
        kept = {row["id"]: row["version"] for row in client.get("/api/scenarios").json()}
        confirmed = {i: v for one in everybody for i, v in one.confirmed.items()}
        lost = [i for i, version in confirmed.items() if kept.get(i, 0) < version]
        print(f"killed under load: {len(confirmed)} scenarios confirmed, {len(lost)} lost")
        again.kill()
    return int(bool(wrong or lost or late > 1.15 * early))


if __name__ == "__main__":
    sys.exit(main())
