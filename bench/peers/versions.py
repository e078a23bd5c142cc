"""Prints the versions of the peers that are installed, one a line."""

from importlib.metadata import PackageNotFoundError, version

for package in ("river", "vowpalwabbit", "numpy"):
    try:
        print(package, version(package))
    except PackageNotFoundError:
        print(package, "missing")
