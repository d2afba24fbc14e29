# SPDX-License-Identifier: Apache-2.0
"""What `run_async` gives."""

import asyncio
import concurrent.futures


class RunFuture(concurrent.futures.Future):
    """The outputs of a run, or what it raised. A coroutine of asyncio may await it."""

    def __await__(self):
        return asyncio.wrap_future(self).__await__()

    def fulfil(self, run, *arguments, **settings):
        """Calls `run` and takes what comes of it."""
        if not self.set_running_or_notify_cancel():
            return
        try:
            self.set_result(run(*arguments, **settings))
        except BaseException as error:  # the future carries it
            self.set_exception(error)
