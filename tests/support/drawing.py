"""Finds the tests that draw their input, so that `make fuzz` runs all of them, and for longer."""

import os
from types import CodeType
from typing import Any

import hypothesis
import pytest

TIMES = int(os.environ.get("TESTS_FUZZ", "1"))
"""How many times as many examples as usual are drawn."""
LONG = TIMES > 1
LONG_SECONDS = 7200
_DRAWING = {"fuzz", "given", "run_state_machine_as_test"}

if LONG:  # for tests that leave the number of examples to hypothesis
    hypothesis.settings.register_profile("long", max_examples=100 * TIMES, deadline=None)
    hypothesis.settings.load_profile("long")


def mark(item: pytest.Item) -> None:
    """Mark a test that draws its input `fuzz`; its long form gets the time that it needs."""
    function = getattr(item, "obj", None)
    if item.get_closest_marker("fuzz") is None and draws(function):
        item.add_marker(pytest.mark.fuzz)
    if LONG and item.get_closest_marker("fuzz") is not None:
        item.add_marker(pytest.mark.timeout(LONG_SECONDS))


def draws(function: Any) -> bool:
    """Whether hypothesis wraps the function, or its body names what draws."""
    if getattr(function, "is_hypothesis_test", False):
        return True
    code = getattr(function, "__code__", None)
    return code is not None and bool(_DRAWING & _names(code))


def _names(code: CodeType) -> set[str]:
    """The names that the code and the functions within it use."""
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*inner)
