"""What `pip install .` puts into a folder of its own: the program with every file it reads."""

import shutil
import subprocess
import sys
import zipfile

from pipeline.config.home import CHECKOUT

BUILD = "from setuptools.build_meta import build_wheel; build_wheel('out')"


def test_the_wheel_holds_every_file_of_the_program_and_its_suites(tmp_path):
    left_out = shutil.ignore_patterns("__pycache__")
    for folder in ("pipeline", "models", "data/schemas"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, tmp_path)
    wanted = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    wanted -= {"pyproject.toml", "README.md", "LICENSE"}
    (tmp_path / "data" / "raw").mkdir()  # a home in the checkout's data/ must not come along
    (tmp_path / "data" / "raw" / "persons.json").write_text("{}")
    subprocess.run([sys.executable, "-c", BUILD], cwd=tmp_path, check=True, capture_output=True)
    [wheel] = (tmp_path / "out").glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == wanted
