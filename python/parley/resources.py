# SPDX-License-Identifier: Apache-2.0
"""What a pipeline may use of the machine."""

from . import _engine
from .errors import EngineError


class ResourcePool:
    """GPUs, TensorRT engines and cores that pipelines may use.

    gpu_devices: numbers, as CUDA counts them. tensorrt_engines: files. cores: numbers; the threads of
    a pipeline with scheduler "async" are then pinned to cores of its own, none by default.
    Any pool can be made; whether the machine has what it names is found when a pipeline is bound.
    """

    def __init__(self, gpu_devices=(), tensorrt_engines=(), cores=()):
        self.gpu_devices = list(gpu_devices)
        self.tensorrt_engines = list(tensorrt_engines)
        self.cores = list(cores)
        self._leases = None

    def __repr__(self):
        return (f"ResourcePool(gpu_devices={self.gpu_devices!r}, "
                f"tensorrt_engines={self.tensorrt_engines!r}, cores={self.cores!r})")

    def leases(self):
        """The engine's pool, made once. Raises EngineError with what the machine lacks."""
        if self._leases is None:
            try:
                self._leases = _engine.ResourceLeases(
                    self.cores, self.gpu_devices, len(self.tensorrt_engines))
            except EngineError as error:
                raise EngineError(f"{self!r}: {error}") from None
        return self._leases
