"""Drags the window of a chat in tmux while an answer floods, and counts the lines that are lost, doubled or out of order:

    python3 bench/drag.py build/release/errand [SEEDS]
"""

import http.server
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import terminal

LINES = 3000
NUMBER = re.compile(r"^\W*line (\d+) of", re.MULTILINE)


def lines(model):
    for i in range(LINES):
        model.put(terminal.delta(f"- line {i} of an answer that floods the window\n"))
        time.sleep(0.0008)


class Window:
    """A tmux server of its own with one window, and a chat in it."""

    def __init__(self, errand, url, directory, name):
        with open(os.path.join(directory, "agents.yaml"), "w", encoding="utf-8") as file:
            file.write("agents:\n  helper: { model: anthropic/bench }\n")
        self.env = {"HOME": directory, "PATH": os.environ["PATH"], "ANTHROPIC_API_KEY": "not-needed",
                    "ANTHROPIC_BASE_URL": url, "LANG": "C.UTF-8"}
        self.directory = directory
        self.name = name
        self.tmux("start-server", ";", "set", "-g", "history-limit", "50000", ";", "new-session", "-d", "-x", "100",
                  "-y", "30", f"{errand} chat -q -a helper")
        self.tmux("set", "-g", "window-size", "manual")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-L", self.name, "-f", "/dev/null", *words], env=self.env, cwd=self.directory,
                              capture_output=True, text=True, check=False).stdout

    def shows_prompt(self):
        return re.search(r"^>", self.tmux("capture-pane", "-p"), re.MULTILINE) is not None

    def has_all(self):
        numbers = NUMBER.findall(self.tmux("capture-pane", "-p"))
        return bool(numbers) and int(numbers[-1]) == LINES - 1 and self.shows_prompt()

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))


def drag(window):
    columns, rows, steps = 100, 30, 0
    deadline = time.monotonic() + 120
    while not window.has_all() and time.monotonic() < deadline:
        columns = max(20, min(120, columns + random.randint(-12, 12)))
        rows = max(6, min(40, rows + random.randint(-4, 4)))
        window.resize(columns, rows)
        steps += 1
        time.sleep(random.choice([0.005, 0.02, 0.05, 0.2, 0.7]))
    return steps


def measure(errand, url, seed):
    random.seed(seed)
    with tempfile.TemporaryDirectory() as directory:
        window = Window(errand, url, directory, f"errand-drag-{os.getpid()}-{seed}")
        deadline = time.monotonic() + 30
        while not window.shows_prompt():
            time.sleep(0.1)
            if time.monotonic() > deadline:
                sys.exit("the chat does not begin")
        window.tmux("send-keys", "lines", "Enter")
        steps = drag(window)
        time.sleep(1)
        window.resize(120, 30)
        time.sleep(1)
        numbers = [int(n) for n in NUMBER.findall(window.tmux("capture-pane", "-p", "-J", "-S", "-"))]
        window.tmux("kill-server")
    lost = LINES - len(set(numbers))
    doubled = len(numbers) - len(set(numbers))
    order = "in order" if numbers == sorted(numbers) else "out of order"
    print(f"seed {seed}: {steps} sizes, {lost} lines lost, {doubled} doubled, {order}", flush=True)


def main():
    terminal.Model.lines = lines
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), terminal.Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    for seed in range(int(sys.argv[2]) if len(sys.argv) > 2 else 20):
        measure(os.path.abspath(sys.argv[1]), url, seed)


if __name__ == "__main__":
    main()
