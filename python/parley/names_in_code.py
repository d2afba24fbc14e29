# SPDX-License-Identifier: Apache-2.0
"""Which names an operator without lists will read and write, as far as its code shows.

Only a hint: the engine calls such an operator when the names that it reads are there, or when nothing
else can go on, so that a call that has to be repeated is rare; and who was added after it waits for
what it may write.
"""

import dis
import inspect


def names_in(operator, method):
    """The names of `context.input("name")`, `context.input(self.name)` in its `process`; or of output."""
    code = getattr(getattr(type(operator), "process", None), "__code__", None)
    if code is None or code.co_argcount < 2:
        return []
    this = code.co_varnames[0]
    steps = [step for step in dis.get_instructions(code)
             if step.opname not in ("CACHE", "PRECALL", "RESUME", "EXTENDED_ARG", "PUSH_NULL")]
    names = []
    for i, step in enumerate(steps):
        if step.opname not in ("LOAD_METHOD", "LOAD_ATTR") or step.argval != method:
            continue
        name, length = _value_of(steps[i + 1:i + 3], operator, this)
        if isinstance(name, str) and (method == "output" or _is_call(steps[i + 1 + length:], 1)):
            names.append(name)
    return names


def _value_of(steps, operator, this):
    """(the argument that these steps load, how many they are)"""
    if steps and steps[0].opname == "LOAD_CONST":
        return steps[0].argval, 1
    if len(steps) == 2 and steps[0].opname == "LOAD_FAST" and steps[0].argval == this \
            and steps[1].opname == "LOAD_ATTR":
        return inspect.getattr_static(operator, steps[1].argval, None), 2
    return None, 0


def _is_call(steps, arguments):
    """Directly after its arguments: one with a default has more, and does not wait."""
    return bool(steps) and steps[0].opname == "CALL" and steps[0].arg == arguments
