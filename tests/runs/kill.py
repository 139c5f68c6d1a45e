"""Kills trainings at random moments, goes on with them, and compares what they end as with a training that was never interrupted.

    python3 tests/runs/kill.py FOLDER KILLS [SEED]

FOLDER holds the trainers of tests/suites/runs.sh.  A run is begun, killed (SIGKILL) after a random time up to what the whole of it takes, gone
on with on another number of threads, killed again ..., until it has ended.  Every fourth kill comes right after a file of the run was seen to
change, that is: in the middle of saving.  All .safetensors files, metrics.jsonl and test.json must be equal, byte for byte.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import run as runs


def state(folder):
    try:
        return sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(folder))
    except OSError:
        return None


def kill_at(process, moment, folder, while_saving):
    """Waits until the moment, or the first change of the folder after it; returns 1 if there was something left to kill."""
    end = time.monotonic() + moment
    while time.monotonic() < end and process.poll() is None:
        time.sleep(min(0.001, max(0, end - time.monotonic())))
    before = state(folder)
    while while_saving and process.poll() is None and state(folder) == before:
        pass
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return int(alive)


def clean(case, folder):
    """Does the next run under the name remove what programs left that were killed before theirs was there?"""
    shutil.rmtree(os.path.join(folder, "killed"))
    runs.finished(case.begin(os.path.join(folder, "killed"), 1))
    return not any(name.startswith("killed.tmp.") for name in os.listdir(folder))


def main():
    folder, wanted = sys.argv[1], int(sys.argv[2])
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    cases = runs.cases(folder)
    expected, length = {}, {}
    for case in cases:
        start = time.monotonic()
        expected[case.name] = runs.reference(case, folder)
        length[case.name] = time.monotonic() - start
    kills, ended, bad, early = 0, 0, 0, 0
    per_case = {case.name: 0 for case in cases}
    while kills < wanted or ended < len(cases):
        case = cases[ended % len(cases)]
        run = os.path.join(folder, "killed")
        shutil.rmtree(run, ignore_errors=True)
        for attempt in range(6):
            there = os.path.exists(run)
            threads = 1 + (kills + attempt) % 2
            command = case.resume(run, threads) if there else case.begin(run, threads)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            hit = kill_at(process, chance.uniform(0, length[case.name]), run, kills % 4 == 3)
            early += hit and not there and not os.path.exists(run)
            kills += hit
            per_case[case.name] += hit
            if not hit:
                break
        runs.finished(case.resume(run, 2) if os.path.exists(run) else case.begin(run, 2))
        ended += 1
        wrong = runs.difference(expected[case.name], runs.contents(run))
        if not wrong and any(name.startswith("killed.tmp.") for name in os.listdir(folder)) and not clean(case, folder):
            wrong = "what a killed program left"
        if wrong:
            bad += 1
            print(f"{case.name}: differs in {wrong} after {kills} kills")
            shutil.copytree(run, f"{run}.{bad}", dirs_exist_ok=True)
    print(f"{kills} kills ({early} of them before the folder was there), {ended} runs, {bad} of them not equal to the uninterrupted one; "
          + ", ".join(f"{name} {n}" for name, n in per_case.items()))
    return bad != 0


sys.exit(main())
