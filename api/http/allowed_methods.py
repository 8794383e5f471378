"""What may be asked of an address, over all its routes: a router alone knows only the first that fits."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import compile_path


class AllowedMethods:
    """``routes``: ``METHOD path`` of each, places in the path in braces."""

    def __init__(self, routes: Iterable[str]) -> None:
        methods: dict[str, set[str]] = {}
        for route in routes:
            method, _, path = route.partition(" ")
            methods.setdefault(path, set()).add(method)
        self._known = [(compile_path(path)[0], frozenset(some)) for path, some in methods.items()]

    def of(self, path: str) -> str:
        """For the field Allow (RFC 9110, 10.2.1), which names all of them and no other."""
        found = frozenset().union(*(methods for fits, methods in self._known if fits.match(path)))
        return ", ".join(sorted(found))
