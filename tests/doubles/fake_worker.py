"""A worker without a model: speaks the protocol, and can misbehave in every way that we know.

Standard library only, so that any Python runs it. The mode is the first line of the file named by
``FAKE_WORKER_MODE_FILE``, or ``FAKE_WORKER_MODE``, read for each request:

    ok          a small zoom, one step every FAKE_WORKER_STEP seconds (0.05)
    saves       the same, and keeps its state when it is cancelled
    saves_late  says that it is cancelled before it has kept its state
    crash       dies in the middle of the run
    segfault    is killed by a signal while the model loads
    silence     never says hello
    deaf        says hello, then ignores everything, "cancel" and end of file included
    mute        stops as a whole in the middle of the run, and goes on when it is continued
    flood       says warnings, progress and nonsense as fast as it can, and works on beside that
    stubborn    ignores "cancel", but works on
    garbage     prints lines that are no messages among the messages
    protocol    speaks a protocol of the future
    no_torch    reports an interpreter without torch
    traceback   ends with a Python traceback before hello
    syntax      ends with a SyntaxError before hello, as a too old Python does
    quits       ends with exit code 0 in the middle of the run
"""

import base64
import functools
import itertools
import json
import os
import queue
import signal
import struct
import sys
import threading
import time
import zlib

SIZE = 64


def mode():
    path = os.environ.get("FAKE_WORKER_MODE_FILE", "")
    if path and os.path.exists(path):
        with open(path) as file:
            return file.readline().strip()
    return os.environ.get("FAKE_WORKER_MODE", "ok")


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


@functools.cache
def picture(level, levels, quarter, size=SIZE):
    """Coloured rings, noisy at first; ``quarter`` of 4 is how far the run has come."""
    rows = []
    seed = 1 + level
    small = SIZE // 2
    for y in range(small):
        row = bytearray()
        for x in range(small):
            ring = ((x - small / 2) ** 2 + (y - small / 2) ** 2) ** 0.5 / small
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            noise = (seed >> 16) & 255
            pixel = bytearray()
            for channel in range(3):
                clean = int(255 * abs(((ring * 3 + level / levels + channel / 3) % 1.0) * 2 - 1))
                pixel.append((clean * quarter + noise * (4 - quarter)) // 4)
            row += bytes(pixel) * (size // small)
        rows += [b"\0" + bytes(row)] * (size // small)

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(rows))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def write(path, content):
    with open(path + ".tmp", "wb") as file:
        file.write(content)
    os.replace(path + ".tmp", path)


def stack_json(job):
    levels = [
        {
            "image": f"level_{index:02d}.png",
            "prompt": level["prompt"],
            "zoom_factor": level.get("zoom_factor", 2.0),
            "focus": level.get("focus", [0.5, 0.5]),
        }
        for index, level in enumerate(job["levels"])
    ]
    made_with = {"engine": "fake", "job": job}
    stack = {"version": 1, "levels": levels, "made_with": made_with, "ids": job.get("ids")}
    return json.dumps(stack).encode()


def requests(lines):
    for line in sys.stdin:
        lines.put(json.loads(line))
    lines.put({"type": "quit"})


def generate(request, lines, inline):
    job, out = request["job"], request["out"]
    levels, steps = len(job["levels"]), job["sampler"]["steps"]
    pause = float(os.environ.get("FAKE_WORKER_STEP", "0.05"))
    say(type="stage", name="load", text="Loading the model")
    time.sleep(pause * 4)
    if mode() == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if mode() == "no_torch":
        return say_no_torch("Install the engine in the preferences.")
    say(type="stage", name="sample", text="Sampling")
    if mode() == "flood":
        threading.Thread(target=flood, daemon=True).start()
    state = os.path.join(out, ".zoom_stack", "state-0.safetensors")
    noted = os.path.join(out, ".zoom_stack", "job.json")
    os.makedirs(os.path.dirname(noted), exist_ok=True)
    write(noted, json.dumps(job).encode())
    first = saved_step(state) if request.get("resume") else 1
    for step in range(first, steps + 1):
        if is_cancelled(lines):
            return cancelled(job, out, step)
        time.sleep(pause)
        go_wrong(late=step > steps // 2)
        for level in range(levels):
            content = picture(level, levels, 4 * step // steps)
            say_preview(content, out, inline, step=step, level=level, levels=levels)
        eta = (steps - step) * pause
        say(type="progress", step=step, total=steps, level=0, levels=levels, eta=eta)
    say(type="stage", name="finish", text="Writing the pictures")
    deliver(job, out, inline)
    for file in (noted, state):
        if os.path.exists(file):
            os.remove(file)
    return say(type="done", status="finished")


def cancelled(job, out, step):
    """Say so, and keep the state before or after it."""
    if mode() == "saves_late":
        say(type="done", status="cancelled")
        time.sleep(0.5)
    if mode() in ("saves", "saves_late"):
        folder = os.path.join(out, ".zoom_stack")
        # A real one holds the folder until it has ended, and nobody removes anything there.
        os.makedirs(folder, exist_ok=True)
        write(os.path.join(folder, "job.json"), json.dumps(job).encode())
        write(os.path.join(folder, "state-0.safetensors"), str(step).encode())
    if mode() != "saves_late":
        say(type="done", status="cancelled")


def saved_step(state):
    if not os.path.exists(state):
        return 1
    with open(state) as file:
        return int(file.read())


def flood():
    for number in itertools.count():
        say(type="warning", code="flood", text=f"Warning {number} " + "x" * (number % 300))
        say(type="progress", step=1 + number % 100, total=100, level=0, levels=3, eta=None)
        say(odd=[number] * 100)


def is_cancelled(lines):
    while not lines.empty():
        if lines.get()["type"] == "cancel":
            if mode() != "stubborn":
                return True
            time.sleep(5)  # however fast the machine, it must not be finished first
    return False


def go_wrong(late):
    """What the mode wants of every step, or of those in the second half."""
    if late and mode() == "crash":
        sys.stderr.write("RuntimeError: out of memory\n")
        sys.exit(3)
    if late and mode() == "mute":
        os.kill(os.getpid(), signal.SIGSTOP)
    if late and mode() == "quits":
        sys.exit(0)
    if mode() == "garbage":
        print("Warning: some library prints here", "{not json", "\udcff".encode("utf-8", "replace"))


def say_preview(content, out, inline, **counts):
    if inline:
        return say(type="preview", **counts, data=base64.b64encode(content).decode())
    path = os.path.join(out, ".zoom_stack", f"preview_{counts['level']:02d}.png")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write(path, content)
    return say(type="preview", **counts, file=path)


def deliver(job, out, inline):
    levels = len(job["levels"])
    files = {"stack.json": stack_json(job)}
    for level in range(levels):
        files[f"level_{level:02d}.png"] = kept(job["levels"][level]) or picture(
            level, levels, 4, 256
        )
    if inline:
        for name, content in sorted(files.items()):  # stack.json last
            for part, piece in enumerate((content[:1000], content[1000:])):
                data = base64.b64encode(piece).decode()
                say(type="file", name=name, part=part, parts=2, data=data)
        return say(type="result", folder=out, levels=levels)
    for name, content in files.items():
        write(os.path.join(out, name), content)
    return say(type="result", folder=out, levels=levels)


def kept(level):
    """The file of a level that is kept, byte for byte."""
    keep = level.get("keep")
    if not keep or not os.path.exists(keep["image"]):
        return None
    with open(keep["image"], "rb") as file:
        return file.read()


def check():
    if mode() == "no_torch":
        return say_no_torch("Install.")
    report = {"python": {"version": sys.version.split()[0]}, "device": "cpu", "models": []}
    say(type="check", ok=True, problems=[], **report)
    return say(type="done", status="finished")


def say_no_torch(hint):
    say(type="error", code="no_torch", text="This Python has no torch.", hint=hint)
    say(type="done", status="failed")


def begin(started):
    """Say hello, or do as a worker does that never comes to it."""
    if started == "silence":
        time.sleep(600)
    if started == "traceback":
        raise ImportError("cannot import name 'engine'")
    if started == "syntax":
        sys.exit('  File "worker.py", line 1\nSyntaxError: invalid syntax')
    if started == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    protocol = 99 if started == "protocol" else 2
    say(type="hello", protocol=protocol, engine="fake", python=sys.version.split()[0])
    if started == "deaf":
        time.sleep(600)


def main():
    begin(mode())
    lines = queue.Queue()
    threading.Thread(target=requests, args=(lines,), daemon=True).start()
    while True:
        request = lines.get()
        if request["type"] == "generate":
            generate(request, lines, "--inline-pictures" in sys.argv)
        elif request["type"] == "check":
            check()
        elif request["type"] == "models":
            say(type="models", models=[], problems=[])
            say(type="done", status="finished")
        elif request["type"] == "quit":
            return


if __name__ == "__main__":
    main()
