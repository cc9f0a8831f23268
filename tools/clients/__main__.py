"""Write the clients: ``python -m tools.clients [LANGUAGE…]``, all of them where none is named."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.clients.generators import LANGUAGES, GenerationError, ToolMissingError, by_run, write_clients

WRITTEN_TO = Path(__file__).parents[2] / "dist" / "clients"


def main(arguments: Sequence[str]) -> int:
    """0 where a client was written and none failed; languages whose generator is not there are left out.

    Args:
        arguments: the languages, and --folder.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.clients", description="Writes the clients.")
    parser.add_argument("language", nargs="*", help=f"{', '.join(LANGUAGES)}; all of them if left out")
    parser.add_argument("--folder", type=Path, default=WRITTEN_TO, help="default: dist/clients")
    chosen = parser.parse_args(arguments)
    unknown = [language for language in chosen.language if language not in LANGUAGES]
    if unknown:
        parser.error(f"no generator is known for {', '.join(unknown)}; known: {', '.join(LANGUAGES)}")
    runs = by_run(chosen.language or LANGUAGES)
    results = [_written({language: chosen.folder / language for language in run}) for run in runs]
    return 0 if "written" in results and "failed" not in results else 1


def _written(folders: dict[str, Path]) -> str:
    names = ", ".join(folders)
    try:
        write_clients(folders)
    except ToolMissingError as error:
        sys.stderr.write(f"{names}: left out: {error}.\n")
        return "left out"
    except GenerationError as error:
        sys.stderr.write(f"{names}: failed: {error}\n")
        return "failed"
    sys.stdout.write("".join(f"{folder}: written\n" for folder in folders.values()))
    return "written"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
