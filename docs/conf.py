"""How the documentation is built: `python -m sphinx -W --keep-going -b html docs docs/_build`."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]
# Pages that are executed run in processes of their own, in one thread each.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import analogep  # noqa: E402

project = "analogep"
author = "The analogep maintainers"
project_copyright = author
release = version = analogep.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "analogep_docs"]
exclude_patterns = ["_build", "_ext", "_static", "jupyter_execute", "_includes", "_runs"]
default_role = "literal"
smartquotes = False  # options begin with two hyphens
nitpicky = False

myst_enable_extensions = ["dollarmath", "deflist", "attrs_inline", "attrs_block", "colon_fence"]
myst_heading_anchors = 3
# For a look at words alone: outputs and figures of commands are those of the last build, or missing.
execute = os.environ.get("ANALOGEP_DOCS_EXECUTE", "on") != "off"
nb_execution_mode = "force" if execute else "off"
suppress_warnings = [] if execute else ["myst-nb.lexer"]
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_merge_streams = True

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"analogep {release}"
html_static_path = ["_static"]
html_css_files = ["analogep.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
copybutton_prompt_text = "$ "
