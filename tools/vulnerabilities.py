"""Looks up every locked package among the published vulnerabilities (OSV), with uv.

Ends with 0 where none is known, with 1 where one is, and with 2 where something else is wrong. Where the
service that knows cannot be asked it warns and ends with 0: no network is no finding.
"""

import argparse
import subprocess
import sys
from pathlib import Path

SERVICE = "https://api.osv.dev"
_NONE = 0
_FOUND = 1
_ROOT = Path(__file__).resolve().parents[1]
_AUDIT = ("audit", "--frozen", "--preview-features", "audit-command", "--service-url")


def look_up(service: str) -> int:
    """What the command ends with.

    Args:
        service: the address of a service that speaks OSV.
    """
    done = subprocess.run(  # noqa: S603  our own tool
        [str(_ROOT / "tools/uv"), *_AUDIT, service],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    if done.returncode in (_NONE, _FOUND):
        return done.returncode
    # uv names the address of every request that failed, whatever the reason, in lines of any length.
    if f"for url ({service}" in " ".join(done.stderr.split()):
        sys.stderr.write(
            f"WARNING: VULNERABILITIES WERE NOT LOOKED UP: {service} cannot be asked from here. Nothing is "
            "known of them; try again where it can be reached.\n"
        )
        return _NONE
    return done.returncode


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Look up the locked packages among known vulnerabilities.")
    parser.add_argument("--service", default=SERVICE, help="where to ask (OSV)")
    sys.exit(look_up(parser.parse_args().service.rstrip("/")))


if __name__ == "__main__":
    main()
