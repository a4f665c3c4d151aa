"""How numba compiles kernels, and the functions that only kernels call: each once, as part of what calls it.

numba makes of every compiled function a library that is optimised and turned into machine code by itself, and then once
more as part of each of its callers. Of a function that nothing else calls the first is work for nothing: half of the
compiler's time. What is compiled here as `Part` is linked into its callers as it stands, and optimised with them. There
is then also one copy alone of it, with the same last digits whether a kernel has just been compiled or was on disk.
"""

from __future__ import annotations

import gc
from typing import Any, Final, cast

from numba.core import codegen, compiler

_LIBRARY: Final[Any] = codegen.JITCodeLibrary
_COMPILER: Final[Any] = compiler.Compiler


class Linked(codegen.JITCodeLibrary):
    """A library without machine code, to be linked into others."""

    def _optimize_final_module(self) -> None:
        """Left to its callers."""

    def _finalize_final_module(self) -> None:
        _LIBRARY._finalize_dynamic_globals(self)
        _LIBRARY._verify_declare_only_symbols(self)
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """0: it has no address."""
        _LIBRARY._ensure_finalized(self)
        return 0

    @property
    def codegen(self) -> _NoEnvironments:
        """What a function with an address registers itself with."""
        return _NoEnvironments()


class _NoEnvironments:
    """Takes the environments of functions in `Linked`, which the kernels that they are linked into set instead."""

    def set_env(self, name: str, environment: Any) -> None:
        """Nothing."""


class Part(compiler.Compiler):
    """Compiles functions that only compiled code calls (option `pipeline_class` of `numba.njit`)."""

    def compile_extra(self, function: Any) -> Any:
        """Compile the function into a library of its own kind."""
        state, linked = self.state, cast(Any, Linked)
        state.library = linked(state.targetctx.codegen(), function.__qualname__)
        return _COMPILER.compile_extra(self, function)


class Kernel(compiler.Compiler):
    """Compiles functions that Python calls, with what they call."""

    def compile_extra(self, function: Any) -> Any:
        """Compile the function, without looking for garbage: of a hundred thousand new objects all are in use."""
        collects = gc.isenabled()
        gc.disable()
        try:
            found = _COMPILER.compile_extra(self, function)
        finally:
            if collects:
                gc.enable()
        for environment in found._find_referenced_environments():
            found.codegen.set_env(environment.env_name, environment)
        return found
