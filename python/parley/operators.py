# SPDX-License-Identifier: Apache-2.0
"""The class to derive operators from."""


class Operator:
    """Something that reads names and writes names.

    `process(self, context)` runs when every name that it asks for is there. Ask first, work then:
    a call that asks for a name that is not there yet ends at that point, and is repeated.

    `inputs` and `outputs`, two lists of names, may be set on the class or the instance: then the
    pipeline is checked before it runs, and `process` is called only when all inputs are there.

    A class may also have `open(self)` and `close(self)`, called when a pipeline opens and closes;
    `adopt(self, predecessor)`, called when `update_operator` puts it in another one's place;
    `on_timer(self, context)`, called after `context.wake_after(seconds)`; and
    `on_stop(self, context)`, called when `Pipeline.stop` has let everything run: what it writes goes
    on its way as ever.
    """

    inputs = None
    outputs = None

    def process(self, context):
        raise NotImplementedError(f"{type(self).__name__} has no process(self, context)")
