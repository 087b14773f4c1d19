"""Lays the browser libraries where the web shell serves them: pinned npm packages -> src/sanban/web/static/vendor.

Run after `npm ci`, as `python tools/lay_static.py`. Nothing is fetched. The icons named in web/assets/icons.txt become
one SVG sprite. The folder is written anew each time; it is ignored by git and packed into the wheel.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
WEB = ROOT / "src" / "sanban" / "web"
VENDOR = WEB / "static" / "vendor"

FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
}
LICENCES = {
    "tabler-icons.LICENSE": "@tabler/icons/LICENSE",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "swagger-ui.LICENSE": "swagger-ui-dist/LICENSE",
}

_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_SOURCE_MAP = re.compile(rb"(/\*|//)# sourceMappingURL=[^\n*]*(\*/)?")


def icon_names() -> list[str]:
    """The icons that pages may use."""
    return (WEB / "assets" / "icons.txt").read_text(encoding="utf-8").split()


def sprite(names: list[str], folder: Path) -> str:
    """One SVG with a symbol for each icon, drawn with the pen of the element that uses it."""
    symbols = []
    for name in names:
        body = _BODY.search((folder / f"{name}.svg").read_text(encoding="utf-8"))
        if body is None:
            raise ValueError(f"{name}.svg holds no drawing; expected <svg ...>...</svg>")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(body[1].split())}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def without_source_map(content: bytes) -> bytes:
    """A library without its pointer to a source map that is not shipped."""
    return _SOURCE_MAP.sub(b"", content)


def lay(packages: Path, vendor: Path) -> list[Path]:
    """Fills the vendor folder; raises `FileNotFoundError` when a package is not installed."""
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for name, source in FILES.items():
        (vendor / name).write_bytes(without_source_map((packages / source).read_bytes()))
    for name, source in LICENCES.items():
        shutil.copyfile(packages / source, vendor / name)
    icons = packages / "@tabler" / "icons" / "icons" / "outline"
    (vendor / "icons.svg").write_text(sprite(icon_names(), icons), encoding="utf-8")
    return sorted(vendor.iterdir())


def main() -> int:
    """Lays the files and says what was laid."""
    try:
        laid = lay(PACKAGES, VENDOR)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename} is missing: run `npm ci` first\n")
        return 1
    total = sum(path.stat().st_size for path in laid)
    sys.stdout.write(f"{len(laid)} files, {total // 1024} KiB in {VENDOR.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
