import subprocess
import sys
from pathlib import Path


def test_imports_run_one_way_only():
    """The contracts stand in pyproject.toml, [tool.importlinter]."""
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint_imports, "--no-cache"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
