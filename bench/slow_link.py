"""A chat behind a slow link (2,400 bytes/s, 0.3 s there and back, buffers of 64 KiB) while an answer floods: how long a
key takes to be seen, Ctrl-C to be answered, and leaving with most of it still to come:

    python3 bench/slow_link.py build/release/errand
"""

import fcntl
import http.server
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import threading
import time

import terminal

BYTES_A_SECOND = 2400
ONE_WAY = 0.15
BUFFER = 65536
LINES = 3000
QUESTION = re.compile(rb"\x1b\[([56])n|\x1b\]11;\?(?:\x1b\\|\x07)")


def answer_to(question):
    if question == b"5":
        return b"\x1b[0n"
    return b"\x1b[10;1R" if question == b"6" else b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\"


def lines(model):
    for i in range(LINES):
        model.put(terminal.delta(f"- line {i} of an answer that floods\n"))
        time.sleep(0.002)


class Link:
    """What a program writes comes out at the other end at its pace, and what is typed there comes in later."""

    def __init__(self, fd):
        self.fd = fd
        self.held = b""
        self.on_its_way = []
        self.typed = []
        self.seen = b""
        self.answered = 0
        self.sent_until = time.monotonic()

    def type(self, keys):
        self.typed.append((time.monotonic() + ONE_WAY, keys))

    def step(self):
        if select.select([self.fd] if len(self.held) < BUFFER else [], [], [], 0.005)[0]:
            self.held += os.read(self.fd, 4096)
        now = time.monotonic()
        count = int((now - self.sent_until) * BYTES_A_SECOND)
        if count > 0:
            self.sent_until = now
            self.on_its_way.append((now + ONE_WAY, self.held[:count]))
            self.held = self.held[count:]
        while self.on_its_way and self.on_its_way[0][0] <= now:
            self.seen += self.on_its_way.pop(0)[1]
        while (question := QUESTION.search(self.seen, self.answered)) is not None:
            self.answered = question.end()
            self.type(answer_to(question.group(1)))
        while self.typed and self.typed[0][0] <= now:
            os.write(self.fd, self.typed.pop(0)[1])

    def wait_for(self, text, seconds=120):
        begun, begin = time.monotonic(), len(self.seen)
        while text not in terminal.ESCAPES.sub(b"", self.seen[begin:]):
            if time.monotonic() - begun > seconds:
                sys.exit(f"no {text!r} within {seconds} s")
            self.step()
        return time.monotonic() - begun

    def wait_for_end(self, pid, seconds=120):
        begun = time.monotonic()
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() - begun > seconds:
                os.kill(pid, signal.SIGKILL)
                sys.exit(f"no end within {seconds} s")
            try:
                self.step()
            except OSError:  # it has closed the terminal
                os.waitpid(pid, 0)
                break
        return time.monotonic() - begun

    def go_on(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.step()


def main():
    errand = os.path.abspath(sys.argv[1])
    terminal.Model.lines = lines
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), terminal.Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "agents.yaml"), "w", encoding="utf-8") as file:
            file.write("agents:\n  helper: { model: anthropic/bench }\n")
        env = {"HOME": directory, "PATH": os.environ["PATH"], "TERM": "xterm-256color",
               "ANTHROPIC_API_KEY": "not-needed", "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}"}
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(directory)
            os.execve(errand, [errand, "chat", "-q", "-a", "helper"], env)
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        link = Link(fd)
        link.wait_for(b"> ")
        link.type(b"lines\r")
        link.wait_for(b"line 20 of")
        link.go_on(3)
        link.type(b"xyz")
        print(f"a key is seen after {link.wait_for(b'xyz'):.1f} s")
        link.type(b"\x15")
        link.go_on(1)
        link.type(b"\x03")
        print(f"Ctrl-C is answered after {link.wait_for(b'to come'):.1f} s")
        link.go_on(3)
        link.type(b"\x04")
        print(f"leaving takes {link.wait_for_end(pid):.1f} s")


if __name__ == "__main__":
    main()
