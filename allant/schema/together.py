"""One migration operation that runs several: the project's models are rendered once for all of them."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Together(Operation):
    """Run `operations` in their order, as if they stood in the migration themselves.

    Django renders anew, after each operation, every model that a chain of foreign keys leads to: here nearly all of
    them, each time. That was nine tenths of the time of a first start. Here the state is rendered once, when the
    first of the operations asks for a model.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)
        self.reversible = all(operation.reversible for operation in self.operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add what the operations add, leaving the rendering to who asks next."""
        state.__dict__.pop("apps", None)  # a cached property: asked for again, it is computed again
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Create in order. Each creates by the final state, so an operation may not alter what an earlier one made."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Undo in the opposite order."""
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """As Django writes it."""
        return (type(self).__name__, [], {"operations": self.operations})

    def describe(self) -> str:
        """One line for `migrate --plan`."""
        return f"{len(self.operations)} operations together"
