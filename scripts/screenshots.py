#!/usr/bin/env python3
"""Makes the README's pictures of a chat: docs/screens/*.svg.

    scripts/screenshots.py [ERRAND]     default: build/dev/errand

Each scene of scripts/screenshots.yaml is a real chat in tmux, with a model whose words are scripted; its tools really
run. What tmux then has on the screen becomes text in an SVG. Needs tmux and python3-yaml.
"""

import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = pathlib.Path(tempfile.gettempdir(), "demo")  # is seen in the pictures
PATIENCE = 20.0  # seconds until a text has to be on the screen
CELL, LINE, MARGIN = 8.4, 18, 16
PAPER, INK, DIM = "#1e1f29", "#d8d9e0", "#8a8c9c"
BASIC = ["#45475a", "#f07178", "#a6cc8a", "#e6c07b", "#82aaff", "#c792ea", "#89ddff", "#c8cad4",
         "#6c6f85", "#ff8b92", "#bfe6a3", "#ffd98a", "#9cbcff", "#dcb3ff", "#a9ecff", "#ffffff"]


class Terminal:
    """A tmux server of its own with one window. Killed when it goes."""

    def __init__(self, argv, env, directory, columns, rows):
        self.socket = os.path.join(directory, "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "-c", os.path.join(directory, "app"), "env", "-i",
                  *[f"{name}={value}" for name, value in env.items()], *argv)
        self.tmux("set", "-g", "status", "off")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False)

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-S", self.socket, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def lines(self):
        return self.tmux("capture-pane", "-e", "-p").rstrip("\n").split("\n")

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.tmux("capture-pane", "-p"):
            if time.monotonic() > end:
                sys.exit(f"screenshots: {text!r} is not on the screen:\n" + "\n".join(self.lines()))
            time.sleep(0.02)

    def act(self, step):
        (verb, value), = step.items()
        if verb == "type":
            self.tmux("send-keys", "-l", value)
        elif verb == "key":
            self.tmux("send-keys", value)
        elif verb == "wait":
            self.wait_for(value)
        else:
            sys.exit(f"screenshots: a step can't be {verb!r}")


def indexed(number):
    if number < 16:
        return BASIC[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    number -= 16
    levels = (0, 95, 135, 175, 215, 255)
    return "#" + "".join(f"{levels[n]:02x}" for n in (number // 36, number // 6 % 6, number % 6))


class Style:
    def __init__(self):
        self.fill, self.back, self.marks = None, None, set()

    def take(self, codes):
        codes = [int(code or 0) for code in codes.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()
            elif code in (1, 2, 3, 4, 7):
                self.marks.add(code)
            elif code in (22, 23, 24, 27):
                self.marks -= {22: {1, 2}, 23: {3}, 24: {4}, 27: {7}}[code]
            elif code in (38, 48):
                kind, rest = codes[0], codes[1:]
                color = indexed(rest[0]) if kind == 5 else "#%02x%02x%02x" % tuple(rest[:3])
                codes = rest[1 if kind == 5 else 3:]
                self.fill, self.back = (color, self.back) if code == 38 else (self.fill, color)
            elif code in (39, 49):
                self.fill, self.back = (None, self.back) if code == 39 else (self.fill, None)
            elif code // 10 in (3, 9):
                self.fill = BASIC[code % 10 + (8 if code >= 90 else 0)]
            elif code // 10 in (4, 10):
                self.back = BASIC[code % 10 + (8 if code >= 100 else 0)]

    def attributes(self):
        out = {"fill": self.fill or (DIM if 2 in self.marks else INK)}
        if 1 in self.marks:
            out["font-weight"] = "bold"
        if 3 in self.marks:
            out["font-style"] = "italic"
        if 4 in self.marks:
            out["text-decoration"] = "underline"
        if 2 in self.marks and self.fill:
            out["opacity"] = "0.7"
        return out

    def colors(self):
        fill, back = self.attributes()["fill"], self.back
        return (back or PAPER, fill) if 7 in self.marks else (fill, back)


def columns_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def svg_of(lines, columns, title):
    width, height = columns * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
           f'font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
           f"<title>{html.escape(title)}</title>",
           f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>']
    style = Style()
    for row, line in enumerate(lines):
        column, y = 0, MARGIN + row * LINE
        for codes, text in re.findall(r"\x1b\[([\d;]*)m|((?:(?!\x1b).)+)", re.sub(r"\x1b\].*?\x1b\\", "", line)):
            if not text:
                style.take(codes)
                continue
            fill, back = style.colors()
            x, wide = MARGIN + column * CELL, columns_of(text) * CELL
            column += columns_of(text)
            if back:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{LINE}" fill="{back}"/>')
            if not text.strip():
                continue
            marks = " ".join(f'{name}="{value}"' for name, value in (style.attributes() | {"fill": fill}).items())
            out.append(f'<text x="{x:.1f}" y="{y + 13}" textLength="{wide:.1f}" xml:space="preserve" {marks}>'
                       f"{html.escape(text)}</text>")
    return "\n".join([*out, "</svg>", ""])


def play(scene, errand, directory):
    workspace = pathlib.Path(directory, "app")
    for name, text in ({"demo.yaml": yaml.safe_dump(scene["model"])} | scene.get("files", {})).items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    env = {"PATH": os.environ["PATH"], "HOME": directory, "TERM": "xterm-256color", "COLORTERM": "truecolor",
           "LANG": "C.UTF-8", "ERRAND_DATA_DIR": os.path.join(directory, "data")}
    argv = [errand, "chat", "-m", "scripted/demo.yaml", *scene.get("argv", [])]
    with Terminal(argv, env, directory, scene["columns"], scene["rows"]) as terminal:
        for step in scene["steps"]:
            terminal.act(step)
        return terminal.lines()


def main():
    errand = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/dev/errand")
    if shutil.which("tmux") is None:
        sys.exit("screenshots: tmux is missing; install it with: apt-get install tmux")
    screens = ROOT / "docs/screens"
    screens.mkdir(exist_ok=True)
    for scene in yaml.safe_load((ROOT / "scripts/screenshots.yaml").read_text()):
        HOME.mkdir()  # fails where it is another's
        try:
            lines = play(scene, errand, str(HOME))
        finally:
            shutil.rmtree(HOME)
        while lines and not lines[-1].strip():
            lines.pop()
        (screens / f"{scene['name']}.svg").write_text(svg_of(lines, scene["columns"], scene["title"]))
        print(f"docs/screens/{scene['name']}.svg")


if __name__ == "__main__":
    main()
