"""Applications submitted over HTTP, complete: case, process, work item, clock, ledger and outbox; 8 clients.

The peer in the same run is pgbench (simple protocol, 8 clients) inserting the same rows in one transaction.
"""

import http.client
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.harness import installation, load_base, main

CLIENTS, SECONDS = 8, 15
CODE = "food-operation-permit-new@370102"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(port):
    """The web process as `up` starts it."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
               "--blocking-threads", "2", "--no-ws", "--log-level", "error", "tongban.config.wsgi:application"]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, "TONGBAN_RATE_LIMITS": "0", "TONGBAN_ADDRESS": f"http://127.0.0.1:{port}"})
    for _n in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/")
            if connection.getresponse().status == 200:
                return process
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the web process did not answer")


def prepare():
    """A token and the body of one complete application."""
    from tongban.config import province
    from tongban.kernel.files import commands as files
    from tongban.kernel.identity import commands as identity
    from tongban.kernel.identity import queries
    from tongban.kernel.identity.actor import STRANGER

    account = queries.account_named("zhang")
    token = identity.issue_token(STRANGER, account=account)
    actor = province.citizen(enterprise=False)
    enterprise = queries.mandates(actor)[0]
    data, materials = province.complete(actor.for_legal_person(enterprise.id, enterprise.name), CODE)
    body = province.plan_pdf()
    files.keep_file(actor, name="plan.pdf", stream=io.BytesIO(body), size=len(body))
    return token, json.dumps({"matter": CODE, "data": data, "materials": materials, "acting_for": enterprise.credit_code}).encode()


def client(port, token, body, until, counts, place):
    """One keep-alive connection over a plain socket: the load generator shares the cores, so it must cost little."""
    head = (
        f"POST /api/hall/applications HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < until:
            peer.sendall(request)
            answer = peer.recv(65536)
            while b"}" not in answer:
                answer += peer.recv(65536)
            if b" 201 " not in answer[:20]:
                raise RuntimeError(answer.decode(errors="replace"))
            counts[place] += 1


def submissions(port, token, body, seconds):
    counts = [0] * CLIENTS
    began = time.monotonic()
    threads = [threading.Thread(target=client, args=(port, token, body, began + seconds, counts, n)) for n in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(counts) / (time.monotonic() - began)


def bare_rows(postgres):
    """A pgbench script that inserts the rows of the latest submission again, as literals."""
    import psycopg

    with psycopg.connect(postgres.url()) as link:
        case = link.execute("SELECT max(id) FROM cases_case").fetchone()[0]
        tables = {
            "cases_case": ("id = %s", ("id", "number")), "cases_workitem": ("case_id = %s", ("id", "case_id")),
            "cases_clockevent": ("case_id = %s", ("id", "case_id")), "ledger_entry": ("subject = 'case:' || (SELECT number FROM cases_case WHERE id = %s)", ("id", "xid")),
        }  # fmt: skip
        lines = ["BEGIN;"]
        for table, (where, skipped) in tables.items():
            columns = [
                r[0]
                for r in link.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position", [table])
                if r[0] not in skipped
            ]
            quoted = ", ".join(f'"{c}"' for c in columns)
            literals = link.execute(
                f"SELECT {', '.join(f'quote_nullable({chr(34)}{c}{chr(34)}::text)' for c in columns)} FROM {table} WHERE {where} LIMIT 1", [case]
            ).fetchone()
            values = ", ".join(literals)
            if table == "cases_case":
                lines.append(f"INSERT INTO {table} (number, {quoted}) VALUES ('B' || nextval('cases_number'), {values}) RETURNING id AS case_id \\gset")
            elif "case_id" in skipped:
                lines.append(f"INSERT INTO {table} (case_id, {quoted}) VALUES (:case_id, {values});")
            else:
                lines.append(f"INSERT INTO {table} ({quoted}) VALUES ({values});")
    return "\n".join([*lines, "COMMIT;"])


def pgbench(postgres, script, seconds):
    # Literals hold colons; pgbench takes ":name" for a variable only where it is set, and says nothing of the others.
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        Path(file.name).chmod(0o644)
        done = subprocess.run(
            [str(postgres.tree / "bin" / "pgbench"), "-n", "-M", "simple", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), "-f", file.name, postgres.url()],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if not found or "error" in done.stderr.lower():
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])


def measure(say):
    with installation() as postgres:
        load_base()
        token, body = prepare()
        from django.db import connections

        connections.close_all()
        port = free_port()
        web = serve(port)
        try:
            submissions(port, token, body, 3)
            say("warm")
            rates, peers, script = [], [], bare_rows(postgres)
            for _n in range(3):
                rates.append(submissions(port, token, body, SECONDS / 3))
                peers.append(pgbench(postgres, script, 5))
                say(f"{rates[-1]:.0f}/s beside pgbench {peers[-1]:.0f}/s")
        finally:
            web.terminate()
            web.wait()
    rate, peer = sorted(rates)[1], sorted(peers)[1]
    return {
        "value": round(rate, 1), "unit": "applications/s", "limit": round(peer, 1), "ratio": round(rate / peer, 3),
        "detail": {"clients": CLIENTS, "rates": [round(r, 1) for r in rates], "pgbench_simple": [round(p, 1) for p in peers]},
    }  # fmt: skip


if __name__ == "__main__":
    main("cases", measure)
