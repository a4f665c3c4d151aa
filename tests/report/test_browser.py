"""Pages in headless Chromium: nothing beside the window, nothing fetched, no complaints, letters that can be read."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

WIDTHS = (400, 1400)

_PROBE = """<!DOCTYPE html><title>probe</title><body><pre id="found"></pre><script>
const pages = PAGES, widths = WIDTHS, found = [];
function measure(name, width, frame) {
  const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
  const beside = [...page.body.querySelectorAll("*")].filter(
    (e) => !e.closest(".scroll *, svg *") && e.getBoundingClientRect().right > width + 0.5);
  const letters = [...page.querySelectorAll("svg text")].map((text) => {
    const svg = text.ownerSVGElement;
    return parseFloat(view.getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width /
      svg.viewBox.baseVal.width;
  });
  const clipped = [...page.querySelectorAll("svg text")].filter((text) => {
    const box = text.getBoundingClientRect(), svg = text.ownerSVGElement.getBoundingClientRect();
    return box.left < svg.left - 1 || box.right > svg.right + 1 || box.bottom > svg.bottom + 1;
  });
  found.push({
    name, width, scroll: root.scrollWidth, inner: view.innerWidth,
    beside: beside.map((e) => e.outerHTML.slice(0, 80)),
    requests: view.performance.getEntriesByType("resource").map((entry) => entry.name),
    figures: page.querySelectorAll("svg").length,
    letters: Math.min(...letters),
    clipped: clipped.map((text) => text.textContent),
  });
  if (found.length === Object.keys(pages).length * widths.length)
    document.getElementById("found").textContent = JSON.stringify(found);
}
for (const [name, text] of Object.entries(pages))
  for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.style = `border: 0; width: ${width}px; height: 900px`;
    frame.onload = () => measure(name, width, frame);
    frame.srcdoc = text;
    document.body.append(frame);
  }
</script>"""


def _browse(chromium: str, page: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """Open a file; return its document afterwards and what the console said."""
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--enable-logging=stderr", f"--user-data-dir={profile}", "--dump-dom",
         *flags, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if ":CONSOLE" in line)


@pytest.fixture(scope="module")
def seen(chromium: str, written: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What Chromium measured: an entry a page and width."""
    folder = tmp_path_factory.mktemp("browser")
    pages = {name: written[name] for name in ("rc, wires", "resistive", "study")}
    text = _PROBE.replace("PAGES", json.dumps(pages).replace("</", "<\\/")).replace("WIDTHS", json.dumps(WIDTHS))
    (folder / "probe.html").write_text(text)
    document, console = _browse(
        chromium, folder / "probe.html", folder / "profile", "--window-size=1500,1000", "--virtual-time-budget=10000"
    )
    assert console == ""
    found = re.search(r'<pre id="found">(.*?)</pre>', document, re.DOTALL)
    assert found
    assert found[1], document[-500:]
    entries: list[dict[str, Any]] = json.loads(html.unescape(found[1]))
    assert len(entries) == len(pages) * len(WIDTHS)
    return entries


def test_nothing_stands_beside_the_window(seen: list[dict[str, Any]]) -> None:
    for entry in seen:
        assert entry["inner"] == entry["width"]
        assert entry["scroll"] <= entry["width"], entry["name"]
        assert entry["beside"] == []


def test_no_page_requests_anything(seen: list[dict[str, Any]]) -> None:
    assert {entry["name"]: entry["requests"] for entry in seen} == {entry["name"]: [] for entry in seen}


def test_letters_of_figures_are_whole_and_large_enough_to_read(seen: list[dict[str, Any]]) -> None:
    for entry in seen:
        assert entry["figures"] == (2 if entry["name"] == "study" else 7)
        assert entry["clipped"] == [], (entry["name"], entry["width"])
        assert entry["letters"] >= 8.0, entry["name"]


def test_a_page_by_itself_leaves_the_console_empty(chromium: str, written: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(written["resistive"])
    document, console = _browse(chromium, tmp_path / "page.html", tmp_path / "profile", "--window-size=1400,1000")
    assert console == ""
    assert document.count("<svg") == 7
