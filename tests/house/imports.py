"""Who may import whom."""

import ast

BASE = {"errors", "config", "store", "privacy"}  # what every room stands on
MAY_IMPORT = {
    "errors": set(),
    "config": {"errors", "config"},
    "store": {"errors", "config", "store"},
    "privacy": {"errors", "config", "store", "privacy"},
}
USES_MODELS = {"score", "train", "evaluate", "monitor", "worklist", "estimate", "certify"}
# These alone open rooms: the verbs, the order of the night and of training, the verbs around the night.
DOORS = tuple(f"pipeline/{name}.py" for name in ("__main__", "run", "run_training", "run_evaluation", "run_certify", "run_spells", "run_statistics", "run_models", "run_monitor", "leak_guard", "housekeeping"))


def imported(text, package):
    """Dotted names imported anywhere in the text, inside functions too; relative ones made whole."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            start = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def wrong_imports(place, text):
    """Imports that the file at `place` ("pipeline/room/x.py") may not have."""
    if place in DOORS:
        return []
    parts = place.split("/")
    names = imported(text, ".".join(parts[:-1]))
    if parts[0] == "models":
        return sorted(name for name in names if name.split(".")[0] == "pipeline")
    room = parts[1].removesuffix(".py")
    beside = len(parts) == 2  # a module of pipeline/ itself
    allowed = MAY_IMPORT.get(room, BASE | {room})
    wrong = []
    for name in names:
        top, _, rest = name.partition(".")
        if top == "models" and room not in USES_MODELS:
            wrong.append(name)
        if top == "pipeline" and rest:
            target = rest.split(".")[0]
            if target not in allowed and not (beside and room != "errors" and not is_room(target)):
                wrong.append(name)
    return sorted(wrong)


def is_room(name):
    """Folders of pipeline/ but those that every room stands on."""
    from tests.house.tree import PIPELINE

    return (PIPELINE / name).is_dir() and name not in BASE
