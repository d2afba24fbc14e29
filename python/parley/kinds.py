# SPDX-License-Identifier: Apache-2.0
"""Operators of the box by kind, and classes of Python as kinds for graph files."""

import inspect

from . import _engine


class BoxOperator:
    """An operator of the engine in a pipeline: `parley.operator` makes them."""

    def __init__(self, kind, options, inputs=None, outputs=None, name=None, kinds=None):
        self.kind = kind
        self.name = name or kind
        self.spec = _engine.BoxSpec(
            kind, {key: _option(value) for key, value in options.items()},
            _port_map(inputs), _port_map(outputs), kinds or {},
        )


def operator(kind, *, inputs=None, outputs=None, name=None, options=None, **more_options):
    """One of the kinds that `parley.kinds()` lists, with its options.

        parley.operator("gain", gain_db=6, inputs={"audio": "mic"}, outputs={"audio": "loud"})

    `inputs` and `outputs` say which name stands for which port; of an operator with one input or
    output the name is enough. What is not said is called like its port. `options` is a dict for
    options that are called like one of these arguments: the kind `onnx` has such.
    """
    return BoxOperator(kind, {**(options or {}), **more_options}, inputs, outputs, name)


def kinds():
    """All kinds, in alphabetical order."""
    return _engine.kinds()


def describe(kind):
    """What a kind is for and which options it has, as text."""
    summary, options = _engine.describe(kind)
    lines = [f"{kind}: {summary}"]
    for name, values, preset, help_text, required in options:
        default = "required" if required else f"default {preset}" if preset else "no default"
        lines.append(f"  {name}: {values}; {default}. {help_text}")
    return "\n".join(lines)


def register_operator(kind, operator_class, *, inputs=None, outputs=None, summary=None):
    """Makes a class a kind: it can then stand in a graph file, and anywhere in a graph.

    `inputs` and `outputs` map ports to frame kinds, such as {"audio": "AudioFrame"}; a list means
    values of Python. Options of the file are arguments of the class.
    """
    parameters = inspect.signature(operator_class).parameters.values()
    options = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    doc = inspect.getdoc(operator_class) or operator_class.__name__
    _engine.register_kind(
        kind,
        summary or doc.splitlines()[0].rstrip("."),
        operator_class,
        _kinds_of(operator_class.inputs if inputs is None else inputs),
        _kinds_of(operator_class.outputs if outputs is None else outputs),
        options,
    )


def _kinds_of(ports):
    if ports is None:
        return {}
    return dict(ports) if isinstance(ports, dict) else {name: "Opaque" for name in ports}


def _port_map(names):
    if names is None:
        return None
    return {"": names} if isinstance(names, str) else dict(names)


def _option(value):
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return value
