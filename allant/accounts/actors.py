"""Who acts: the `by=` of every action and of every entry of the access log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """An account in one role and structure, or a process of the system (no `user_id`)."""

    name: str
    user_id: int | None = None
    role: str = ""
    structure: str = ""

    @classmethod
    def system(cls, process: str) -> Actor:
        """A command or job acting without anybody signed in, e.g. `Actor.system("replay")`."""
        return cls(name=f"system:{process}")

    def __str__(self) -> str:
        return self.name
