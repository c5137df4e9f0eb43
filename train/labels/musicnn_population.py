"""Reads the population statistics of musicnn's embedding from its published weights.

    pip download --no-deps musicnn==0.1.0 && unzip musicnn-0.1.0*.whl 'musicnn/MSD_musicnn/*' musicnn/configuration.py
    python musicnn_population.py musicnn > musicnn_population.json

musicnn (ISC licence, Jordi Pons) normalises its concatenated pools (`batch_normalization_9`) and its
penultimate layer (`batch_normalization_10`); the running moments are those of its training songs,
the Million Song Dataset. The flattened pools alternate max and mean channel by channel. The mean of
the logits follows from the penultimate layer's, which after normalisation is `beta`; their
deviations and how they go together from its deviations, `gamma`, as if its units were independent,
which makes all deviations too small alike.

Needs numpy only: the checkpoint is a LevelDB-style table of protocol buffers beside raw floats.
"""

import json
import runpy
import struct
import sys

import numpy as np


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def entries(table, offset, size):
    """Keys and values of one uncompressed block; each key shares a prefix with the one before."""
    block = table[offset : offset + size]
    if table[offset + size] != 0:
        raise SystemExit("the checkpoint's index is compressed, which this script does not read")
    restarts = struct.unpack("<I", block[-4:])[0]
    at, end, key = 0, len(block) - 4 - 4 * restarts, b""
    while at < end:
        shared, at = varint(block, at)
        fresh, at = varint(block, at)
        length, at = varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        at += fresh
        yield key, block[at : at + length]
        at += length


def fields(message):
    at, found = 0, {}
    while at < len(message):
        tag, at = varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = varint(message, at)
        elif kind == 2:
            length, at = varint(message, at)
            value, at = message[at : at + length], at + length
        elif kind == 5:
            value, at = message[at : at + 4], at + 4
        else:
            raise SystemExit(f"unexpected wire type {kind}")
        found[number] = value
    return found


def variables(folder):
    with open(f"{folder}/.index", "rb") as file:
        table = file.read()
    with open(f"{folder}/.data-00000-of-00001", "rb") as file:
        data = file.read()
    footer, at = table[-48:], 0
    for _ in range(2):
        _, at = varint(footer, at)
    offset, at = varint(footer, at)
    size, at = varint(footer, at)
    for _, handle in entries(table, offset, size):
        start, at = varint(handle, 0)
        length, at = varint(handle, at)
        for name, message in entries(table, start, length):
            found = fields(message)
            if name and found.get(1) == 1:
                begin = found.get(4, 0)
                yield name.decode(), np.frombuffer(data[begin : begin + found[5]], "<f4").astype(float)


def main():
    weights = dict(variables(f"{sys.argv[1]}/MSD_musicnn"))
    configuration = runpy.run_path(f"{sys.argv[1]}/configuration.py")

    def pools(name):
        return weights[f"batch_normalization_9/{name}"].reshape(-1, 2).T.reshape(-1)

    penultimate = weights["batch_normalization_10/beta"]
    kernel = weights["dense_1/kernel"].reshape(len(penultimate), -1)
    logits = penultimate @ kernel + weights["dense_1/bias"]
    scaled = kernel * weights["batch_normalization_10/gamma"][:, None]
    logit_deviation = np.sqrt((scaled**2).sum(0))
    correlation = scaled.T @ scaled / np.outer(logit_deviation, logit_deviation)
    deviation = np.sqrt(pools("moving_variance"))
    deviation[deviation < 1e-4] = 0

    def short(values):
        return [float(f"{value:.6g}") if scale else 0 for value, scale in values]

    json.dump(
        {
            "source": "PyPI musicnn 0.1.0, MSD_musicnn (ISC licence): running moments of its batch normalisation",
            "pool_mean": short(zip(pools("moving_mean"), deviation)),
            "pool_deviation": short(zip(deviation, deviation)),
            "logit_mean": short((value, 1) for value in logits),
            "tags": configuration["MSD_LABELS"],
            "logit_deviation": [round(float(value), 4) for value in logit_deviation],
            "logit_correlation": [[round(float(value), 4) for value in row] for row in correlation],
        },
        sys.stdout,
        separators=(",", ":"),
    )
    print()


if __name__ == "__main__":
    main()
