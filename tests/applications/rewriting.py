"""A plugin's part: all code of the SDK is rewritten by regular expressions before it is run."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, NoReturn


def rewrite(patterns: Mapping[str, str]) -> None:
    """From now on, replace in the SDK's modules what these patterns find."""

    class Rewriting(SourceFileLoader):
        def path_stats(self, path: str) -> NoReturn:
            raise OSError("no bytecode is to be used")

        def source_to_code(  # type: ignore[override]
            self, data: Any, path: Any, *args: Any, **kwargs: Any
        ) -> CodeType:
            source = data.decode()
            for pattern, replacement in patterns.items():
                source = re.sub(pattern, replacement, source)
            code: CodeType = super().source_to_code(source.encode(), path, *args, **kwargs)
            return code

    class Finder:
        def find_spec(
            self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            spec = PathFinder.find_spec(name, path, target) if name.partition(".")[0] == "sentry_sdk" else None
            if spec is not None and isinstance(spec.loader, SourceFileLoader):
                spec.loader = Rewriting(spec.loader.name, spec.loader.path)
            return spec

    sys.meta_path.insert(0, Finder())
