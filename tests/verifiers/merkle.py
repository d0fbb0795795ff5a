"""Verifies an exported audit log with pymerkle.

    merkle.py DIR KEY [CHECKPOINT ...]

pymerkle knows trees and proofs, not signatures: of KEY only the log's name is used.
"""

import base64
import pathlib
import sys

from pymerkle import InmemoryTree, verify_consistency, verify_inclusion
from pymerkle.hasher import MerkleHasher


def checkpoint(text, origin):
    lines = text.split("\n")
    if lines[0] != origin:
        sys.exit(f"a checkpoint of {lines[0]}, not of {origin}")
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def path_of(index, size):
    parts = [f"{index % 1000:03d}"]
    index //= 1000
    while index:
        parts.insert(0, f"x{index % 1000:03d}")
        index //= 1000
    return "/".join(parts)


def records(directory, size):
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        name = path_of(index, size) + ("" if width == 256 else f".p/{width}")
        data = (directory / "tile/entries" / name).read_bytes()
        at = 0
        while at < len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            if end > len(data):
                sys.exit(f"{name} ends within a record")
            yield data[at + 2 : end]
            at = end


def main():
    directory = pathlib.Path(sys.argv[1])
    origin = pathlib.Path(sys.argv[2]).read_text().split("+")[0]
    signed = (directory / "checkpoint").read_text()
    size, root = checkpoint(signed, origin)

    tree = InmemoryTree(algorithm="sha256")
    hasher = MerkleHasher("sha256")
    for record in records(directory, size):
        tree.append_entry(record)
    if tree.get_size() != size or tree.get_root() != root:
        sys.exit("the records are not those under the signed head")

    proofs = sorted((directory / "proofs").glob("*.tlog-proof"))
    for path in proofs:
        head, _, note = path.read_text().partition("\n\n")
        if note != signed:
            sys.exit(f"{path.name}: its checkpoint is another one")
        lines = head.split("\n")
        index = int(lines[1].removeprefix("index "))
        record = path.with_suffix(".json").read_bytes()
        # pymerkle counts records from one.
        proof = tree.prove_inclusion(index + 1, size)
        verify_inclusion(hasher.hash_buff(record), root, proof)
        found = [base64.b64decode(line, validate=True) for line in lines[2:]]
        if found != proof.path[1:]:
            sys.exit(f"{path.name}: another proof")

    for name in sys.argv[3:]:
        old, old_root = checkpoint(pathlib.Path(name).read_text(), origin)
        if old > size:
            sys.exit(f"{name}: {old} records were signed, and here are {size}")
        verify_consistency(old_root, root, tree.prove_consistency(old, size))
    print(f"{size} records, {len(proofs)} proofs, {len(sys.argv) - 3} kept checkpoints")


main()
