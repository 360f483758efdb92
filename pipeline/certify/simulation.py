"""Runs every scenario, study by study, over the cores of the machine; the same numbers at any number of cores."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from models.effects.design import CannotEstimate
from pipeline.certify.register import SCENARIOS
from pipeline.certify.scenario import Scenario

CHUNK = 10  # studies a task
STARTED = "fork" if sys.platform == "linux" else "spawn"  # nothing has started a thread yet
WORLDS = (1.0, 0.0)  # as described; the treatment does nothing
KEPT = ("estimate", "se", "ci_low", "ci_high", "p")


@dataclass(frozen=True)
class Task:
    scenario: str
    effect: float
    first: int
    last: int


def tasks(names: tuple[str, ...], studies: int) -> list[Task]:
    """All studies in chunks; the slow scenarios are spread out among the fast."""
    starts = range(0, studies, CHUNK)
    return [Task(name, world, at, min(at + CHUNK, studies)) for at in starts for name in names for world in WORLDS]


def generator(seed: int, scenario: str, effect: float, study: int) -> np.random.Generator:
    """A stream of its own for each study, whoever draws it: a child of the seed by scenario, world and number."""
    name = int.from_bytes(scenario.encode()[:8].ljust(8, b"\0"), "big") + len(scenario)
    key = (name >> 32, name & 0xFFFFFFFF, int(effect), study)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def one_study(scenario: Scenario, effect: float, rng: np.random.Generator) -> np.ndarray:
    """(estimators, 5) of KEPT; a row of nan where the estimator says that it cannot answer."""
    data = scenario.draw(rng, effect)
    found = np.full((len(scenario.estimators), len(KEPT)), np.nan)
    for row, estimator in enumerate(scenario.estimators):
        try:
            answer = estimator.answer(data)
        except (CannotEstimate, np.linalg.LinAlgError):
            continue
        found[row] = [getattr(answer, name) for name in KEPT]
    return found


def run_task(task: Task, seed: int) -> np.ndarray:
    """(studies, estimators, 5)."""
    scenario = SCENARIOS[task.scenario]
    with threadpool_limits(1), np.errstate(all="ignore"):  # one thread each, so that sums are the same everywhere
        return np.array(
            [one_study(scenario, task.effect, generator(seed, task.scenario, task.effect, study))
             for study in range(task.first, task.last)]
        )  # fmt: skip


def run(
    names: tuple[str, ...], studies: int, seed: int, cores: int | None = None, told: Callable[[int, int], None] | None = None
) -> dict[tuple[str, float], np.ndarray]:
    """(studies, estimators, 5) by scenario and world. told : called with studies done and studies in all."""
    todo = tasks(names, studies)
    total, done = len(names) * len(WORLDS) * studies, 0
    found: dict[Task, np.ndarray] = {}
    cores = min(cores or os.cpu_count() or 1, len(todo))
    if cores == 1:
        for task in todo:
            found[task] = run_task(task, seed)
            done += task.last - task.first
            if told:
                told(done, total)
    else:
        with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context(STARTED)) as pool:
            waiting = {pool.submit(run_task, task, seed): task for task in todo}
            for future in as_completed(waiting):
                task = waiting[future]
                found[task] = future.result()
                done += task.last - task.first
                if told:
                    told(done, total)
    return {
        (name, world): np.concatenate([found[task] for task in todo if (task.scenario, task.effect) == (name, world)])
        for name in names
        for world in WORLDS
    }
