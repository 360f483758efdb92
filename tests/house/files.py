"""What any file may be called, hold and ask for."""

import ast
import re

LONGEST = 400
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
UNSAFE = {"pickle", "cPickle", "_pickle", "joblib", "cloudpickle", "dill", "shelve", "marshal"}
CLOCKS = {
    "today", "now", "utcnow", "localtime", "gmtime", "ctime", "time_ns",
    "current_date", "current_timestamp", "localtimestamp", "get_current_timestamp",
}  # fmt: skip
SQL_CLOCK = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp)\b|\b(now|today|get_current_\w+)\(\)", re.I
)
# written apart so that this file does not hold what it looks for
PERSONAL = re.compile(
    "|".join(
        ["/ho" + r"me/[a-z]", "/Us" + "ers/[A-Za-z]", r"[A-Z]:\\Us" + "ers", "/wo" + "rk/", "/ro" + "ot/"]
    )
)
SKIPS = re.compile(
    "|".join(["mark\\.sk" + "ip", "pytest\\.sk" + "ip", "import" + "orskip", "mark\\.xf" + "ail"])
)
MOCKS = re.compile("unittest\\.mo" + "ck|import mo" + "ck|Magic" + "Mock|mo" + "cker\\b")


def clock_calls(text):
    """Lines of Python that ask what time or day it is (timers such as perf_counter are no clock)."""
    found = []
    tree = ast.parse(text)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (
            node.attr in CLOCKS
            or (node.attr == "time" and isinstance(node.value, ast.Name) and node.value.id == "time")
        ):
            found.append(node.lineno)
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in prose
            and SQL_CLOCK.search(node.value)
        ):
            found.append(node.lineno)
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and any(a.name == "time" for a in node.names)
        ):
            found.append(node.lineno)
    return sorted(found)


def sql_clock(text):
    return bool(SQL_CLOCK.search(re.sub(r"--.*", "", text)))


def banned_name(place):
    """Whether any part of a path is called by a name that says nothing."""
    return any(part.removesuffix(".py").lower().strip("_") in BANNED_NAMES for part in place.split("/"))


def too_long(text):
    return len(text.splitlines()) > LONGEST


def unsafe_storing(text):
    """Lines that import or use a format whose loading runs code."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0], *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Attribute):
            names = ["pickle"] if node.attr in ("to_pickle", "read_pickle") else []
        elif isinstance(node, ast.keyword):
            no = isinstance(node.value, ast.Constant) and node.value.value is False
            names = ["pickle"] if node.arg == "allow_pickle" and not no else []
        else:
            continue
        if set(names) & UNSAFE:
            found.append(node.lineno if hasattr(node, "lineno") else 0)
    return found


def reads_the_future(text):
    """Whether Python names a table behind the locked door of outcomes."""
    tree = ast.parse(text)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        and re.search(r"\boutcomes\.\w", node.value)
        for node in ast.walk(tree)
    )  # fmt: skip


def notebook_faults(text):
    """A notebook shows; it is no place for logic."""
    wrong = []
    if len(text.splitlines()) >= 100:
        wrong.append("100 lines or more")
    if "# %%" not in text:
        wrong.append("no cells")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 10:
            wrong.append(f"def {node.name} has more than 10 lines")
    return wrong
