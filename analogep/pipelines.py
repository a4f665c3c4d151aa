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


class Called(codegen.JITCodeLibrary):
    """A library of what Python calls. Wrappers that take Python's arguments apart, a third of the code of a kernel with
    many, run once a call: they are not optimised."""

    def add_ir_module(self, module: Any) -> None:
        """Take a module of functions."""
        if module.name == "wrapper":
            for function in module.functions:
                if not function.is_declaration:
                    function.attributes.add("noinline")
                    function.attributes.add("optnone")
        _LIBRARY.add_ir_module(self, module)


class Numbas(codegen.JITCodeLibrary):
    """A library of one of numba's own functions, which kernels call, and C does not: optimised with them alone."""

    def add_ir_module(self, module: Any) -> None:
        """Take a module of functions, if it is no wrapper for C."""
        if module.name != "cfunc_wrapper":
            _LIBRARY.add_ir_module(self, module)

    def _optimize_final_module(self) -> None:
        """Left to its callers."""


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
        state, maker = self.state, self.state.targetctx.codegen()
        state.library = cast(Any, Called)(maker, function.__qualname__)
        state.library.enable_object_caching()
        own, maker._library_class = maker._library_class, Numbas
        try:
            found = _COMPILER.compile_extra(self, function)
        finally:
            maker._library_class = own
            if collects:
                gc.enable()
        for environment in found._find_referenced_environments():
            found.codegen.set_env(environment.env_name, environment)
        return found
