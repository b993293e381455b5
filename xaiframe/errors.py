"""What went wrong, where, and what would be right: the errors a user is meant to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault: ``place`` (file:line, key, column, row), ``message``, and what is right."""

    place: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class AuditError(Exception):
    """An error for the person who wrote the recipe; carries every problem found at once."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[AuditError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)  # what crosses to another process keeps its problems


class RecipeError(AuditError):
    """The recipe, its overrides or its policy cannot be used."""


class DataError(AuditError):
    """The data cannot be used."""


class ModelError(AuditError):
    """The model cannot be used."""


class NotApplicable(Exception):
    """A method does not apply to this model or these data; the message says why."""
