"""A folder of pictures of your own: mixed sizes, modes and orientations, broken files reported.

What people have is not what a network takes. A phone stores a picture turned, with a note (EXIF)
on how to hold it; a drawing has a transparent ground, a palette or 16 bits a colour; an animation
has many frames; one file in a thousand is cut off or no picture at all. Here each becomes one
square of one size, and what could not be used is told file by file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..core import DataError, RangeError, check_choice, check_count
from ..core.outside import check_path, what_is
from .opened import open_upright, plain, why
from .photographs import check_channels

FITS = ("crop", "pad", "stretch")
MOST_VALUES = 2**30  # of all pictures together: 4 GB
WORDS = {
    "frames": "are the first frame of several",
    "turned": "were turned as their EXIF note says",
    "16 bits": "had 16 bits",
    "ground": "were transparent and are laid on the ground",
}


@dataclass(frozen=True)
class PictureFolder:
    """Pictures from a folder, ready for a model, and what became of each file.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, C, size, size]`` in [-1, 1].
    labels : Tensor
        int64 ``[N]``: the number of the picture's class in `classes`.
    classes : list of str
        Names of the subfolders, in alphabetical order; ``[""]`` where there are none.
    files : list of Path
        The file of each picture.
    skipped : dict
        Path of each file that could not be used, and why.
    changed : dict
        What was done to how many pictures, in words: turned, laid on a ground, ...
    """

    x: Tensor
    labels: Tensor
    classes: list[str]
    files: list[Path]
    skipped: dict[Path, str] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def report(self) -> str:
        """What was read, what was changed and what was left out, as lines of text."""
        each = torch.bincount(self.labels, minlength=len(self.classes)).tolist()
        n, channels, size, _ = self.x.shape
        lines = [f"{n} pictures of {size} x {size}, {'grey' if channels == 1 else 'in colour'}."]
        if self.classes != [""]:
            counts = zip(self.classes, each, strict=True)
            lines.append("Classes: " + ", ".join(f"{name} ({k})" for name, k in counts) + ".")
        lines += [f"{k} {words}." for words, k in self.changed.items()]
        lines += [f"Left out: {path}: {why}." for path, why in self.skipped.items()]
        return "\n".join(lines)


def folder(
    path: str | Path,
    size: int = 32,
    *,
    channels: int = 3,
    fit: str = "crop",
    ground: float = 1.0,
) -> PictureFolder:
    """Load the pictures of a folder, each as one square in [-1, 1].

    Every subfolder is a class of its own, its subfolders included; pictures that lie in the folder
    itself are a class only where there are no others. Hidden files are not looked at.

    Parameters
    ----------
    path : str or Path
        The folder.
    size : int
        Height and width of the result in pixels, 1 to 1024.
    channels : {3, 1}
        Colour or grey.
    fit : {"crop", "pad", "stretch"}
        What happens to a picture that is not square: its middle is cut out, it gets borders in
        the colour of `ground`, or it is squeezed.
    ground : float
        What shows through where a picture is transparent, and its borders: -1 black, 1 white.

    Returns
    -------
    PictureFolder
        Files that could not be used stand in ``skipped`` with the reason; ``print(it.report())``.

    Raises
    ------
    DataError
        Where there is no such folder, or no usable picture in it.
    ChoiceError, RangeError, DtypeError
        For an argument out of range.

    Notes
    -----
    Of an animation the first frame is taken. 16 bits are scaled to 8, turned pictures (EXIF) turned
    back, transparent ones laid on the ground. Shrinking averages (Lanczos), so that
    fine patterns do not become coarse ones.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> place = Path(tempfile.mkdtemp())
    >>> for name in ("cats", "dogs"):
    ...     (place / name).mkdir()
    ...     Image.new("RGB", (40, 30), "red").save(place / name / "one.png")
    >>> pictures = folder(place, 16)
    >>> list(pictures.x.shape), pictures.classes, pictures.labels.tolist()
    ([2, 3, 16, 16], ['cats', 'dogs'], [0, 1])
    """
    path = check_path("path", path)
    check_count("size", size, at_most=1024)
    check_choice("fit", fit, FITS)
    check_channels(channels)
    if not isinstance(ground, int | float) or not -1 <= ground <= 1:
        raise RangeError(f"ground={ground!r} must be a number from -1 (black) to 1 (white).")
    if (kind := what_is(path)) != "folder":
        what = "There is no" if kind == "nothing" else f"A {kind} is no"
        raise DataError(f"{what} folder of pictures: {str(path)!r}.")

    byte = round((ground + 1) * 127.5)
    squares, names, files, skipped, changed = [], [], [], {}, Counter()
    for file in files_in(path):
        try:
            square, done = one_square(file, size, channels, fit, byte)
        except Exception as problem:  # Pillow's readers raise whatever they stumble over
            skipped[file] = why(problem)
            continue
        if (len(squares) + 1) * square.size > MOST_VALUES:
            raise DataError(
                f"{path} holds more pictures than fit into {MOST_VALUES * 4 // 2**30} GB at "
                f"size={size}. Take a smaller size, or load a part of them."
            )
        squares.append(square)
        names.append(class_of(file, path))
        files.append(file)
        changed.update(done)
    if not squares:
        told = "; ".join(f"{file.name}: {why}" for file, why in list(skipped.items())[:3])
        raise DataError(f"{path} holds no picture that can be used ({told or 'no file at all'}).")
    classes = sorted(set(names))
    pixels = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)  # [N, C, size, size]
    return PictureFolder(
        x=pixels.float().div_(127.5).sub_(1.0).contiguous(),
        labels=torch.tensor([classes.index(name) for name in names]),
        classes=classes,
        files=files,
        skipped=skipped,
        changed=dict(changed),
    )


def files_in(path: Path) -> list[Path]:
    """Every file below `path` in alphabetical order, hidden ones left out."""
    found = []
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if not hidden and what_is(file) != "folder":
            found.append(file)
    return found


def class_of(file: Path, path: Path) -> str:
    """The name of the subfolder that a file lies in, "" for the folder itself."""
    parts = file.relative_to(path).parts
    return parts[0] if len(parts) > 1 else ""


def one_square(
    file: Path, size: int, channels: int, fit: str, ground: int
) -> tuple[np.ndarray, list[str]]:
    """One picture as uint8 ``[size, size, channels]``, and what was done to it."""
    from PIL import Image, ImageOps

    kind = what_is(file)
    if kind != "file":  # to open a pipe would wait for ever
        raise DataError(f"it is a {kind}")
    changed: list[str] = []
    picture = plain(open_upright(file, changed), channels, ground, changed)
    done = [WORDS[change] for change in changed]
    if picture.width != picture.height:
        done.append(f"were not square: {fit}")
    lanczos = Image.Resampling.LANCZOS
    if fit == "crop":
        picture = ImageOps.fit(picture, (size, size), lanczos)
    elif fit == "pad":
        colour = (ground,) * 3 if channels == 3 else ground
        picture = ImageOps.pad(picture, (size, size), lanczos, color=colour)
    else:
        picture = picture.resize((size, size), lanczos)
    return np.asarray(picture, np.uint8).reshape(size, size, channels), done
