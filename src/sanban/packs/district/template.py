"""A new district's folder: valid as it stands, small, and marked as invented until its own units and grids are in it.

It has one street of one square grid in the open sea, the departments that the shipped matters ask for, and a directory
that names one unit for each duty. What is left to do is to put the real ones in, file by file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sanban.kernel.errors import SanbanError

_DEPARTMENTS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "housing": ("房管部门", "Housing", ("housing",)),
    "police": ("公安部门", "Police", ("police", "traffic_police")),
    "fire-brigade": ("消防部门", "Fire brigade", ("fire_brigade",)),
    "water": ("供水单位", "Water works", ("water",)),
    "power": ("供电单位", "Power company", ("power", "lighting", "street_lighting")),
    "gas": ("燃气单位", "Gas company", ("gas",)),
    "market-supervision": ("市场监管部门", "Market supervision", ("market_supervision",)),
    "human-resources": ("人社部门", "Human resources", ("human_resources", "labour", "wages")),
    "city-management": ("绿化市容和城管部门", "City management", ("city_management", "greening", "sanitation")),
    "transport": ("交通部门", "Transport", ("transport", "traffic")),
    "construction": ("建设部门", "Construction", ("construction",)),
    "environment": ("生态环境部门", "Environment", ("environment",)),
    "health": ("卫生健康部门", "Health", ("health",)),
    "firm-service": ("企业服务部门", "Services to firms", ("service_manager",)),
}
"""Department: its titles and the duties it answers for."""

_DISTRICT: Final = """\
# Whose units, grids and directory these are. When they are yours: `synthetic: no`, then `sanban district adopt`.
district: {code}
title: {{zh: {title}, en: {title}}}
zone: Asia/Shanghai
valid_from: {day}
origin: illustrative
synthetic: yes
"""
_ROSTERS: Final = "# Weekly shifts: who is on duty when. See docs/how-to/production.md\nrosters: []\n"
_LINKS: Final = (
    "# Who acts for whom, who belongs to whom: {kind: agent_of, source: firm-01, target: operator-01}\nlinks: []\n"
)
_SQUARE: Final = [[123.40, 30.38], [123.41, 30.38], [123.41, 30.39], [123.40, 30.39], [123.40, 30.38]]


def district_files(code: str, title: str, day: str) -> dict[str, str]:
    """The files of a new district, valid from a day, by their names."""
    return {
        "district.yaml": _DISTRICT.format(code=json.dumps(code), title=json.dumps(title, ensure_ascii=False), day=day),
        "units.yaml": _units(),
        "directory.yaml": _directory(),
        "rosters.yaml": _ROSTERS,
        "links.yaml": _LINKS,
        "grids.geojson": _grids(),
    }


def write_district(folder: Path, code: str, title: str, day: str) -> tuple[Path, ...]:
    """Writes a new district's files. Raises SanbanError for a folder that is there already."""
    if folder.exists():
        raise SanbanError(f"{folder} is there already", "another folder, named by `duty` in sanban.toml")
    folder.mkdir(parents=True)
    written = []
    for name, content in district_files(code, title, day).items():
        (folder / name).write_text(content, encoding="utf-8")
        written.append(folder / name)
    return tuple(written)


def _units() -> str:
    rows = [
        "  - {code: centre, kind: centre, title: {zh: 城运中心, en: Operations centre}}",
        "  - {code: hotline, kind: desk, title: {zh: 热线受理台, en: Hotline desk}, parent: centre}",
        "  - {code: street-01, kind: street, title: {zh: 一街道, en: Street 1}}",
        *(
            f"  - {{code: {code}, kind: department, title: {{zh: {zh}, en: {en}}}}}"
            for code, (zh, en, _) in _DEPARTMENTS.items()
        ),
    ]
    return "\n".join(["# Units. A street is named here once; its grids name it.", "units:", *rows, ""])


def _directory() -> str:
    rows = [
        "  - {id: d-street-01, duty: street, area: street-01, unit: street-01, cites: 待填派单目录文号}",
        "  - {id: d-centre, duty: centre, unit: centre, cites: 待填派单目录文号}",
        *(
            f"  - {{id: d-{duty}, duty: {duty}, unit: {code}, cites: 待填派单目录文号}}"
            for code, (_, _, duties) in _DEPARTMENTS.items()
            for duty in duties
        ),
    ]
    return "\n".join(
        ["# The dispatch directory: which unit answers for which duty, and by which document.", "rows:", *rows, ""]
    )


def _grids() -> str:
    shape = {"type": "Polygon", "coordinates": [_SQUARE]}
    kinds: list[dict[str, object]] = [{"outline": True}, {"code": "01-001", "street": "street-01"}]
    features = [json.dumps({"type": "Feature", "properties": kind, "geometry": shape}) for kind in kinds]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"
