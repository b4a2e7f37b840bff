"""Measures a chat on a pseudo-terminal: how long a key takes to be seen while an answer streams, what it costs to wait,
and what memory a long answer takes. Needs a built errand and Python, nothing else:

    python3 bench/terminal.py build/release/errand
"""

import fcntl
import http.server
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time

DELTAS_A_SECOND = 20_000
SECONDS_OF_STREAM = 12
KEYS = 300
IDLE_SECONDS = 20
LINES = 10_000
KEY_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x1b\x07]*(\x07|\x1b\\)|[=>])")


def event(fields):
    return b"event: %s\ndata: %s\n\n" % (fields["type"].encode(), json.dumps(fields).encode())


HEAD = event({"type": "message_start", "message": {
    "id": "m", "type": "message", "role": "assistant", "model": "bench", "content": [], "stop_reason": None,
    "usage": {"input_tokens": 10, "output_tokens": 1}}}) + event(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
TAIL = event({"type": "content_block_stop", "index": 0}) + event(
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}) + event(
        {"type": "message_stop"})


def line_of(i):
    return f"- {i} {i} {i}\n"


def delta(text):
    return event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})


class Model(http.server.BaseHTTPRequestHandler):
    """What the last message of a request says, is done: "stream", "stall", "lines"."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = body["messages"][-1]["content"]
        word = content if isinstance(content, str) else content[-1]["text"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self.put(HEAD)
            getattr(self, word)()
            self.put(TAIL)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # it was cancelled

    def put(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def stream(self):
        # Twenty pieces a millisecond, as fast as they are due.
        begin = time.monotonic()
        sent = 0
        while (passed := time.monotonic() - begin) < SECONDS_OF_STREAM:
            due = int(passed * DELTAS_A_SECOND)
            if due > sent:
                self.put(b"".join(delta("\n\n" if i % 100 == 0 else f"({i % 997}) ") for i in range(sent, due)))
                sent = due
            time.sleep(0.001)

    def stall(self):
        self.put(delta("waiting "))
        time.sleep(IDLE_SECONDS + 10)

    def lines(self):
        for i in range(LINES):
            self.put(delta(line_of(i)))

    def log_message(self, *_):
        pass


class Chat:
    """A chat on a terminal of its own. What it writes is read at once, as a terminal does."""

    def __init__(self, errand, url, directory):
        with open(os.path.join(directory, "agents.yaml"), "w", encoding="utf-8") as file:
            file.write("agents:\n  helper: { model: anthropic/bench }\n")
        env = {"HOME": directory, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "ANTHROPIC_API_KEY": "not-needed",
               "ANTHROPIC_BASE_URL": url}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execve(errand, [errand, "chat", "-q", "-a", "helper"], env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.seen = b""

    def read(self):
        piece = os.read(self.fd, 65536)
        os.write(self.fd, b"\x1b[0n" * piece.count(b"\x1b[5n"))  # as a terminal answers
        return piece

    def drain(self, until):
        while (left := until - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                self.seen += self.read()

    def wait_for(self, text, seconds=30):
        """The time it took to see it among what is written from now on, escapes aside."""
        begin = time.monotonic()
        fresh = b""
        while time.monotonic() - begin < seconds:
            if select.select([self.fd], [], [], 0.1)[0]:
                fresh += self.read()
                if text in ESCAPES.sub(b"", fresh):
                    return time.monotonic() - begin
        raise RuntimeError(f"no {text!r} in {fresh[-2000:]!r}")

    def type(self, keys):
        os.write(self.fd, keys)

    def ticks(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def resident_kib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass  # so a terminal says that it was closed
        os.waitpid(self.pid, 0)


def show(name, value):
    print(f"{name:<58} {value}", flush=True)


def echo_while_streaming(chat):
    chat.type(b"stream\r")
    chat.wait_for(b"(")
    times = []
    end = time.monotonic() + SECONDS_OF_STREAM - 3
    while len(times) < KEYS and time.monotonic() < end:
        key = KEY_NAMES[len(times) % len(KEY_NAMES)].encode()
        if key == b"A":  # a line of other keys begins
            chat.type(b"\x15")
            chat.drain(time.monotonic() + 0.1)
        chat.type(key)
        times.append(chat.wait_for(key))
        chat.drain(time.monotonic() + 0.011)
    chat.type(b"\x03")
    chat.wait_for(b"> ")
    chat.type(b"\x15")
    times.sort()
    return times


def idle_ticks(chat):
    chat.drain(time.monotonic() + 1)
    before = chat.ticks()
    chat.drain(time.monotonic() + IDLE_SECONDS)
    return chat.ticks() - before


def main():
    errand = os.path.abspath(sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.daemon_threads = True
    # A process of its own: threads of one Python wait for each other, some milliseconds at a time, and that was measured.
    model = os.fork()
    if model == 0:
        try:
            server.serve_forever()
        finally:
            os._exit(0)
    try:
        measure(errand, server.server_port)
    finally:
        os.kill(model, signal.SIGKILL)
        os.waitpid(model, 0)


def measure(errand, port):
    with tempfile.TemporaryDirectory() as directory:
        chat = Chat(errand, f"http://127.0.0.1:{port}", directory)
        chat.wait_for(b"> ")
        times = echo_while_streaming(chat)
        show(f"a key is seen while {DELTAS_A_SECOND} deltas/s stream, of {len(times)}:",
             f"median {statistics.median(times) * 1e3:.2f} ms, 95 % {times[len(times) * 95 // 100] * 1e3:.2f} ms, "
             f"longest {times[-1] * 1e3:.2f} ms")
        show(f"CPU in {IDLE_SECONDS} s at the prompt:", f"{idle_ticks(chat)} ticks")
        chat.type(b"stall\r")
        chat.wait_for(b"waiting")
        show(f"CPU in {IDLE_SECONDS} s of a run that waits:", f"{idle_ticks(chat)} ticks")
        chat.type(b"\x03")
        chat.wait_for(b"> ")
        before = chat.resident_kib()
        for turn in (1, 2, 3):
            chat.type(b"lines\r")
            last = LINES - 1
            chat.wait_for(f"{last} {last} {last}".encode(), 120)
            chat.drain(time.monotonic() + 1)
            # The conversation itself goes along with each request, so it stays.
            said = turn * sum(len(line_of(i)) for i in range(LINES)) // 1024
            show(f"memory after {turn * LINES} lines (KiB more than before):",
                 f"{chat.resident_kib() - before}, of it {said} what was said")
        chat.end()


if __name__ == "__main__":
    main()
