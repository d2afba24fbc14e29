# SPDX-License-Identifier: Apache-2.0
"""How a pipeline runs."""

from dataclasses import dataclass


@dataclass
class PipelineConfig:
    """How a pipeline runs.

    scheduler_type: "sync" runs operators one after the other on the calling thread, "async" side by
    side on `worker_threads` threads (0: one per core). max_queue_size: activations that may wait.
    sample_rate: of arrays that are given to operators of the box as audio.
    """

    scheduler_type: str = "sync"
    max_queue_size: int = 1024
    worker_threads: int = 0
    sample_rate: int = 16_000

    def __post_init__(self):
        if self.scheduler_type not in ("sync", "async"):
            raise ValueError(f"scheduler_type is {self.scheduler_type!r}; give 'sync' or 'async'")
        if self.max_queue_size < 1:
            raise ValueError(f"max_queue_size is {self.max_queue_size}; give at least 1")
        if self.worker_threads < 0:
            raise ValueError(f"worker_threads is {self.worker_threads}; give at least 0")
