"""The reference of the names that Python users import, as directives of autodoc."""

from __future__ import annotations

import inspect
from importlib import import_module

import analogep

_SKIPPED = {"__version__"}
_OF_PYDANTIC = "model_config, model_post_init, model_fields, model_computed_fields"


def page() -> str:
    """The page of the Python API, in MyST with reStructuredText directives."""
    first = [name for name in analogep.__all__ if name not in _SKIPPED and not _is_module(name)]
    modules = [name for name in analogep.__all__ if _is_module(name)]
    parts = [
        "# Python",
        "`import analogep` gives these names; what is below them is imported when it is first used. SI numbers "
        "everywhere: volts, seconds, siemens, joules.",
        *(_directive(getattr(analogep, name), f"analogep.{name}") for name in first),
    ]
    for name in modules:
        module = import_module(f"analogep.{name}")
        members = [one for one in getattr(module, "__all__", ()) if _documented(getattr(module, one))]
        parts += [f"## `analogep.{name}`", (module.__doc__ or "").partition("\n\n")[0].replace("\n", " ")]
        parts += [_directive(getattr(module, one), f"analogep.{name}.{one}") for one in members]
    return "\n\n".join(parts) + "\n"


def _is_module(name: str) -> bool:
    return inspect.ismodule(getattr(analogep, name))


def _documented(value: object) -> bool:
    return inspect.isclass(value) or inspect.isfunction(value)


def _directive(value: object, path: str) -> str:
    kind = "autoclass" if inspect.isclass(value) else "autofunction"
    options = f"   :members:\n   :exclude-members: {_OF_PYDANTIC}\n" if kind == "autoclass" else ""
    return f"```{{eval-rst}}\n.. {kind}:: {path}\n{options}```"
