"""Measures a built errand against a model server on loopback, beside curl. Called by bench/run.sh."""

import argparse
import json
import os
import pwd
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

DELTAS = 20_000
SEARCHED = 100_000
ROUNDS = 50
STREAMS = 1_000
LONG_SESSION = 10_000
TURNS = 2_000


def sse(*events):
    return b"".join(b"event: %s\ndata: %s\n\n" % (e["type"].encode(), json.dumps(e).encode()) for e in events)


def head(model="bench"):
    return {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": model,
            "content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 1}}}


def tail(reason, output=5):
    return ({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": output}},
            {"type": "message_stop"})


def text_reply(pieces):
    deltas = [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}} for p in pieces]
    return sse(head(), {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
               *deltas, {"type": "content_block_stop", "index": 0}, *tail("end_turn"))


def tool_reply(n):
    return sse(head(), {"type": "content_block_start", "index": 0,
                        "content_block": {"type": "tool_use", "id": f"call_{n}", "name": "Bash", "input": {}}},
               {"type": "content_block_delta", "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": json.dumps({"command": "true"})}},
               {"type": "content_block_stop", "index": 0}, *tail("tool_use"))


class Server:
    """One reply after another, on one thread a connection. Keeps when each request arrived and its body."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2 * STREAMS)
        self.port = self.listener.getsockname()[1]
        self.replies, self.arrived, self.bodies = [], [], []
        self.lock = threading.Lock()
        self.gathered = None
        self.left = None
        threading.Thread(target=self.accept, daemon=True).start()

    def plan(self, replies):
        with self.lock:
            self.replies, self.arrived, self.bodies = list(replies), [], []

    def gather(self, count):
        """The next `count` replies begin, wait for each other, and then end."""
        self.plan([])
        self.gathered = threading.Barrier(count)

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        stream = connection.makefile("rb")
        while line := stream.readline():
            length = 0
            while (header := stream.readline().strip()):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            body = stream.read(length)
            with self.lock:
                self.arrived.append(time.monotonic())
                self.bodies.append(body)
                reply = self.replies.pop(0) if self.replies else None
            if reply is None:
                self.begin_and_wait(connection)
                continue
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
                               % len(reply) + reply)


    def begin_and_wait(self, connection):
        """Half a reply; the rest once all have theirs, or never: then it notes when the client has gone."""
        whole = text_reply(["Hello ", "there."])
        cut = whole.index(b"Hello ") + len(b"Hello ") + len(b'"}}\n\n')
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
                           % len(whole) + whole[:cut])
        if self.gathered is None:
            connection.recv(1)
            self.left = time.monotonic_ns()
            return
        self.gathered.wait()
        time.sleep(1)  # the last to hear something looks at its memory
        connection.sendall(whole[cut:])


class Run:
    """One process: wall seconds, CPU seconds, peak KiB, seconds to its first request."""

    def __init__(self, argv, env, cwd, server):
        start = time.monotonic()
        process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        err = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.monotonic() - start
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss
        self.first = server.arrived[0] - start if server and server.arrived else None
        if status != 0:
            sys.exit(f"{argv} failed: {err.decode(errors='replace')}")


def median(values):
    return statistics.median(values)


def row(name, value, beside=""):
    print(f"{name:<44} {value:>14}   {beside}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("errand")
    parser.add_argument("inside", help="errand_bench")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", choices=["sessions", "sandbox", "search", "telemetry", "inside"], help="these figures alone")
    options = parser.parse_args()
    errand, runs = os.path.abspath(options.errand), options.runs

    server = Server()
    work = tempfile.mkdtemp()
    env = {"PATH": "/usr/bin:/bin", "HOME": work, "ERRAND_DATA_DIR": f"{work}/data", "ANTHROPIC_API_KEY": "bench",
           "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.port}", "LANG": "C.UTF-8"}
    os.makedirs(f"{work}/project/.git")
    project = f"{work}/project"
    model = ["-m", "anthropic/bench"]
    parts = {"sandbox": lambda: sandbox(os.path.abspath(options.inside), project, runs),
             "sessions": lambda: sessions(errand, os.path.abspath(options.inside), env, project, work, server, runs),
             "search": lambda: search(errand, env, work),
             "telemetry": lambda: telemetry(errand, env, project, server, runs),
             "inside": lambda: inside(os.path.abspath(options.inside), server)}
    if options.only:
        parts[options.only]()
        shutil.rmtree(work)
        return

    def errand_runs(replies, *arguments, times=runs):
        out = []
        for _ in range(times):
            server.plan(replies)
            out.append(Run([errand, "run", *model, *arguments, "hello"], env, project, server))
        return out

    def curl_runs(replies, body, times=runs):
        with open(f"{work}/body", "wb") as file:
            file.write(body)
        out = []
        for _ in range(times):
            server.plan(replies)
            out.append(Run(["curl", "-sN", "-H", "content-type: application/json", "--data-binary", f"@{work}/body",
                            f"http://127.0.0.1:{server.port}/v1/messages"], env, project, server))
        return out

    def ms(seconds):
        return f"{seconds * 1000:.1f} ms"

    row("", "errand", "beside")
    version = [Run([errand, "version"], env, project, None) for _ in range(runs)]
    true = [Run(["/bin/true"], env, project, None) for _ in range(runs)]
    row("start-up of errand version, wall", ms(median(r.wall for r in version)), f"/bin/true {ms(median(r.wall for r in true))}")
    row("start-up of errand version, CPU", ms(median(r.cpu for r in version)), f"/bin/true {ms(median(r.cpu for r in true))}")

    hello = [text_reply(["Hello."])]
    errand_runs(hello, times=2)  # the store exists from here on
    ours = errand_runs(hello)
    body = server.bodies[0]
    theirs = curl_runs(hello, body)
    row("process start to first request", ms(median(r.first for r in ours)), f"curl {ms(median(r.first for r in theirs))}")
    row("one-shot hello, wall", ms(median(r.wall for r in ours)), f"curl {ms(median(r.wall for r in theirs))}")
    row("one-shot hello, CPU", ms(median(r.cpu for r in ours)), f"curl {ms(median(r.cpu for r in theirs))}")
    row("one-shot hello, peak memory", f"{median(r.peak for r in ours) / 1024:.1f} MiB",
        f"curl {median(r.peak for r in theirs) / 1024:.1f} MiB")
    row("first request with all built-in tools", f"{len(body)} bytes")

    pieces = [f"word{i % 100} " for i in range(DELTAS)]
    many = [text_reply(pieces)]
    streamed = errand_runs(many, times=max(3, runs // 3))
    copied = curl_runs(many, body, times=max(3, runs // 3))
    per_delta = (median(r.cpu for r in streamed) - median(r.cpu for r in ours)) / DELTAS * 1e6
    per_copy = (median(r.cpu for r in copied) - median(r.cpu for r in theirs)) / DELTAS * 1e6
    row(f"CPU per streamed delta, {DELTAS} deltas", f"{per_delta:.2f} us", f"curl {per_copy:.2f} us")

    if shutil.which("bwrap"):
        rounds = [tool_reply(n) for n in range(ROUNDS)] + [text_reply(["Done."])]
        worked = errand_runs(rounds, "--permission-mode", "auto", "--max-turns", str(ROUNDS + 1), times=3)
        each = (median(r.wall for r in worked) - median(r.wall for r in ours)) / ROUNDS
        bare = [Run(["bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink",
                     "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "/usr/bin/true"], env,
                    project, None) for _ in range(runs)]
        row(f"time per sandboxed tool round, {ROUNDS} rounds", ms(each), f"bare bwrap true {ms(median(r.wall for r in bare))}")
        row(f"peak memory over {ROUNDS} rounds", f"{median(r.peak for r in worked) / 1024:.1f} MiB")
        parts["sandbox"]()
    for part in ("sessions", "search", "telemetry", "inside"):
        parts[part]()
    shutil.rmtree(work)


def sandbox(bench, workspace, runs):
    """One sandboxed command, in turns with the same in bubblewrap alone and without any."""
    out = subprocess.check_output([bench, "sandbox", workspace, str(5 * runs)], text=True)
    ours, alone, none, staying, *processor = map(float, out.split())
    row("sandboxed bash -c true", f"{ours:.1f} ms", f"bwrap alone {alone:.1f} ms, bash -c alone {none:.1f} ms")
    row("its processor time", f"{processor[0]:.1f} ms", f"bwrap alone {processor[1]:.1f} ms, bash -c alone {processor[2]:.1f} ms")
    row("/bin/true in a sandboxed shell that stays", f"{staying:.2f} ms")


def sessions(errand, bench, env, project, work, server, runs):
    """A long session beside a new one, to the first request; appends beside the disk; memory over many turns."""
    def first(data, *arguments):
        out = []
        for _ in range(runs):
            server.plan([text_reply(["Hello."])])
            run = Run([errand, "run", "-m", "anthropic/bench", *arguments, "hello"],
                      {**env, "ERRAND_DATA_DIR": data}, project, server)
            out.append(run.first)
        return median(out)

    long = os.path.join(work, "long")
    subprocess.check_call([bench, "session", long, pwd.getpwuid(os.geteuid()).pw_name, project, str(LONG_SESSION)],
                          stdout=subprocess.DEVNULL)
    newest = first(long)
    subprocess.check_call([bench, "session", long, pwd.getpwuid(os.geteuid()).pw_name, project, str(LONG_SESSION)],
                          stdout=subprocess.DEVNULL)
    row(f"resume of {LONG_SESSION} messages to first request", f"{first(long, '-c') * 1000:.1f} ms",
        f"a new session {newest * 1000:.1f} ms")

    out = subprocess.check_output([bench, "append", os.path.join(work, "append"), str(20 * runs)], text=True)
    ours, worst, disk, disk_worst = map(float, out.split())
    row("append of a message, on disk", f"{ours:.2f} ms (99 %: {worst:.2f})",
        f"4 KiB with fsync {disk:.2f} ms ({disk_worst:.2f})")

    script = os.path.join(project, "turns.yaml")
    with open(script, "w") as file:
        file.write("turns:\n" + "  - reply: [ { text: answer } ]\n" * TURNS)
    chat = subprocess.Popen([errand, "chat", "-m", "scripted/turns.yaml"], env={**env, "ERRAND_DATA_DIR": f"{work}/chat"},
                            cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    sizes = {}
    for turn in range(1, TURNS + 1):
        chat.stdin.write(b"a prompt of some words that a person might have typed\n")
        chat.stdin.flush()
        chat.stdout.readline()
        if turn in (TURNS // 10, TURNS):
            with open(f"/proc/{chat.pid}/status") as file:
                sizes[turn] = int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1024
    chat.stdin.close()
    chat.wait()
    row(f"memory after {TURNS} turns", f"{sizes[TURNS]:.1f} MiB", f"after {TURNS // 10} turns {sizes[TURNS // 10]:.1f} MiB")


def search(errand, env, work):
    """Grep over many small files, a whole process each."""
    tree = os.path.join(work, "tree")
    for i in range(SEARCHED):
        directory = os.path.join(tree, f"d{i // 100}")
        if i % 100 == 0:
            os.makedirs(directory)
        with open(os.path.join(directory, f"f{i}.txt"), "w") as file:
            file.write(f"line one of {i}\nneedle {i % 1000}\nthe last line\n" * 10)
    call = ["tools", "call", "Grep", '{"pattern": "needle 77$", "output_mode": "count"}', "-C", tree]
    ours = [Run([errand, *call], env, tree, None) for _ in range(5)]
    theirs = ""
    if shutil.which("rg"):
        found = [Run(["rg", "-c", "needle 77$", tree], env, tree, None) for _ in range(5)]
        theirs = f"ripgrep {median(r.wall for r in found) * 1000:.0f} ms"
    row(f"Grep over {SEARCHED} files", f"{median(r.wall for r in ours) * 1000:.0f} ms", theirs)


def telemetry(errand, env, project, server, runs):
    """A run that is exported beside the same that is not, in turns."""
    collector = Server()
    asked = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}"}

    def pairs(reply, times):
        out = {"off": [], "on": []}
        for _ in range(times):
            for name, variables in (("off", env), ("on", asked)):
                server.plan([reply])
                collector.plan([b"{}"] * 2)
                out[name].append(Run([errand, "run", "-m", "anthropic/bench", "hello"], variables, project, server))
        return out

    pairs(text_reply(["Hello."]), 1)
    hello = pairs(text_reply(["Hello."]), runs)
    long = pairs(text_reply([f"word{i % 100} " for i in range(DELTAS)]), max(3, runs // 3))

    def figure(name, of, unit, scale):
        on, off = (of(which) * scale for which in ("on", "off"))
        row(f"exported to a collector: {name}", f"{on:.2f} {unit}", f"not exported {off:.2f} {unit}")

    figure("to first request", lambda which: median(r.first for r in hello[which]), "ms", 1e3)
    figure("one-shot hello, wall", lambda which: median(r.wall for r in hello[which]), "ms", 1e3)
    figure("one-shot hello, CPU", lambda which: median(r.cpu for r in hello[which]), "ms", 1e3)
    figure("CPU per delta", lambda which: (median(r.cpu for r in long[which]) - median(r.cpu for r in hello[which])) / DELTAS,
           "us", 1e6)


def inside(bench, server):
    """What shows only in one process."""
    for line in subprocess.check_output([bench, "decode"], text=True).splitlines():
        name, speed, each = line.split()
        row(f"decoding {name}", f"{float(speed):.0f} MB/s", f"{float(each):.2f} us CPU per delta")

    per_delta = dict(line.split() for line in subprocess.check_output([bench, "markdown"], text=True).splitlines())
    raw = per_delta.pop("raw")
    for name, each in per_delta.items():
        row(f"CPU per delta as Markdown, {name}", f"{each} us", f"raw {raw} us")

    url = f"http://127.0.0.1:{server.port}"
    server.gather(STREAMS)
    server.replies = [text_reply(["Hello."])]
    whole, before, during = map(int, subprocess.check_output([bench, "streams", url, str(STREAMS)], text=True).split())
    row(f"memory of {whole} streams at once", f"{(during - before) / 2**20:.1f} MiB", f"{before / 2**20:.1f} MiB before them")

    server.gathered = None
    closed, returned = [], []
    for _ in range(15):
        server.left = None
        asked, took = map(int, subprocess.check_output([bench, "cancel", url], text=True).split())
        while server.left is None:
            time.sleep(0.001)
        closed.append((server.left - asked) / 1e9)
        returned.append(took / 1e6)
    row("cancel to closed connection", f"{median(closed) * 1000:.2f} ms", f"call returned after {median(returned) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
