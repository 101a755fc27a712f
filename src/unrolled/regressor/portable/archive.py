"""The outer wrapping of a model file: a zip archive of stored members, end to end, checked first.

A file may come from anywhere, so nothing is unpacked and no size is believed: to read it takes
no more memory than the file itself has bytes. What stands before, between or behind the members
is refused, or two programs could find two models in one file.
"""

import os
import stat
import struct
from collections.abc import Collection, Iterable
from typing import BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

# The end of a zip archive: a signature, four numbers of disks and members, the size and place of
# the directory, the length of a comment. Beyond 4 GiB a locator of 20 bytes stands before it.
_END = struct.Struct("<4s4H2LH")
_LOCATOR = 20
_LARGEST_DIRECTORY = 65_536
# Before each member: 26 bytes that the directory has too, the lengths of its name and of the rest.
_HEADER = struct.Struct("<26x2H")
_UTF_8 = 0x800
# Kinds of files that a member may be said to be: none at all, or a regular one.
_PLAIN = (0, stat.S_IFREG)
# What zipfile raises for an archive that is not as it should be.
_DAMAGE = (BadZipFile, EOFError, OSError, ValueError, RuntimeError, OverflowError, struct.error)


class ModelFileError(ValueError):
    """A file is no model that can be read; one line says what was expected and what arrived."""


def short(words: object) -> str:
    r"""Return in one short line what a library or a file says.

    >>> short("a\nb")
    'a b'
    """
    line = " ".join(str(words)[:1000].split())
    line = line if line.isprintable() else ascii(line)
    return line if len(line) <= 150 else f"{line[:150]}..."


def opened(path: str) -> BinaryIO:
    """Open a file, or raise ``ModelFileError`` where there is none that can be read."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            return open(path, "rb")
    except FileNotFoundError:
        raise ModelFileError("expected a model file, got no file there") from None
    except (OSError, ValueError) as error:
        reason = short(getattr(error, "strerror", None) or error)
        raise ModelFileError(f"expected a model file that can be read, got: {reason}") from None
    kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
    raise ModelFileError(f"expected a model file, got {kind}")


class Archive:
    """The members of an archive, each read whole on demand."""

    def __init__(self, file: BinaryIO, members: Collection[str]) -> None:
        """Read the directory; raise ``ModelFileError`` unless it lists these members alone."""
        _check_end(file, len(members))
        self._file = file
        try:
            self._zip = ZipFile(file)
        except _DAMAGE as error:
            raise ModelFileError(
                f"expected a whole zip archive, got damage: {short(error)}"
            ) from None
        found = self._zip.infolist()
        names = [member.orig_filename for member in found]
        if sorted(names) != sorted(members):
            raise ModelFileError(f"expected the members {_listed(members)}, got {_listed(names)}")
        starts = sorted(member.header_offset for member in found)
        if starts[0]:
            raise ModelFileError(
                f"expected a zip archive from the first byte on, got {starts[0]} bytes before it"
            )
        self._ends = dict(zip(starts, [*starts[1:], self._zip.start_dir], strict=True))

    def size(self, name: str) -> int:
        """Return how many bytes of the file a member takes, its header among them."""
        start = self._zip.getinfo(name).header_offset
        return self._ends[start] - start

    def read(self, name: str, most: int) -> bytes:
        """Return a member, or raise ``ModelFileError`` if it is damaged or too large."""
        member = self._zip.getinfo(name)
        if member.compress_type != ZIP_STORED:
            raise ModelFileError(f"{name}: expected a stored member, got a compressed one")
        if member.flag_bits & ~_UTF_8 or stat.S_IFMT(member.external_attr >> 16) not in _PLAIN:
            raise ModelFileError(f"{name}: expected a plain file, got a link or an encrypted one")
        if member.file_size > most:
            raise ModelFileError(f"{name}: expected at most {most} bytes, got {member.file_size}")
        try:
            self._check_place(member)
            return self._zip.read(member)
        except _DAMAGE as error:
            raise ModelFileError(
                f"{name}: expected a whole member, got damage: {short(error)}"
            ) from None

    def _check_place(self, member: ZipInfo) -> None:
        """Raise unless a member's bytes are there, from its header to where the next begins."""
        self._file.seek(member.header_offset)
        lengths = _HEADER.unpack(self._file.read(_HEADER.size))
        end = member.header_offset + _HEADER.size + sum(lengths) + member.compress_size
        if member.compress_size != member.file_size or end != self._ends[member.header_offset]:
            raise BadZipFile(f"it is said to have {member.file_size} bytes, and has others")


def _check_end(file: BinaryIO, members: int) -> None:
    """Raise ``ModelFileError`` for what is no zip archive, or one with a vast directory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _END.size - _LOCATOR, 0))
    tail = file.read()
    locator, end = tail[: -_END.size], tail[-_END.size :]
    if not end.startswith(b"PK\5\6") or len(end) < _END.size:
        file.seek(0)
        if file.read(2) == b"PK":
            raise ModelFileError("expected a whole zip archive, got one cut short or damaged")
        kind = "another kind of file" if size else "an empty file"
        raise ModelFileError(f"expected a zip archive as Keras writes it, got {kind}")
    if locator.startswith(b"PK\6\7"):
        raise ModelFileError("expected an archive below 4 GiB, got one that is said to be larger")
    _, disk, first, here, count, directory, start, comment = _END.unpack(end)
    if directory > _LARGEST_DIRECTORY:
        raise ModelFileError(
            f"expected a directory of {members} members, got one of {directory} bytes"
        )
    if disk or first or here != count or comment or start + directory + _END.size != size:
        raise ModelFileError("expected one zip archive and nothing more, got several in one file")


def _listed(names: Iterable[str]) -> str:
    return short(", ".join(sorted(names)) or "none")
