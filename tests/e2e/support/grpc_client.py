# SPDX-License-Identifier: Apache-2.0
"""gRPC's own Python client without generated code: messages are made from descriptors, which come
from the published .proto files or, as grpcurl does it, from the server's reflection."""

import subprocess
import tempfile
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from . import places

SPEECH = "parley.speech.v1.SpeechSynthesis"
SECONDS = 120


def published():
    """What protoc makes of proto/."""
    root = places.ROOT / "proto"
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "set"
        subprocess.run(
            ["protoc", f"--proto_path={root}", f"--descriptor_set_out={output}", *files], check=True
        )
        found = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in found.file:
        pool.Add(file)
    return pool


def reflected(channel):
    """(names of the services, their pool)."""
    database = ProtoReflectionDescriptorDatabase(channel)
    return list(database.get_services()), descriptor_pool.DescriptorPool(database)


class Service:
    """`Service(channel, pool).Synthesize(text="Hello.")`; a stream takes an iterable of messages."""

    def __init__(self, channel, pool, name=SPEECH, metadata=()):
        self.metadata = metadata
        self.methods = {}
        for method in pool.FindServiceByName(name).methods:
            inward = message_factory.GetMessageClass(method.input_type)
            outward = message_factory.GetMessageClass(method.output_type)
            streams = ("unary", "stream")
            kind = f"{streams[method.client_streaming]}_{streams[method.server_streaming]}"
            call = getattr(channel, kind)(
                f"/{name}/{method.name}",
                request_serializer=inward.SerializeToString,
                response_deserializer=outward.FromString,
            )
            self.methods[method.name] = (call, inward, method.client_streaming)

    def __getattr__(self, name):
        call, inward, is_stream = self.methods[name]

        def invoke(requests=None, timeout=SECONDS, metadata=None, **fields):
            given = self.metadata if metadata is None else metadata
            request = (inward(**one) for one in requests) if is_stream else inward(**fields)
            return call(request, timeout=timeout, metadata=given)

        invoke.call = call
        return invoke


def channel_to(server, line, credentials=None):
    """To the port that the server named in `line`, the second of its standard output."""
    address = line.removeprefix("parley gRPC listening on ")
    if address == line:
        raise AssertionError(f"the second line on stdout is {line!r}")
    options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.enable_retries", 0)]
    if credentials:
        return grpc.secure_channel(address, credentials, options)
    return grpc.insecure_channel(address, options)
