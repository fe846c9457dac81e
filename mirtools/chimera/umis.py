"""Where the UMIs of a library are: one or several parts, on the read or in its name."""

from __future__ import annotations

from typing import NamedTuple

from mirtools.errors import UsageError
from mirtools.settings import UMI_POSITIONS

FIVE_PRIME, THREE_PRIME, AFTER_ADAPTER, NAME = UMI_POSITIONS
# A base of a UMI; a base that is removed and not used, as a barcode of the sample
USED, REMOVED = "N", "X"


class UmiLayout(NamedTuple):
    """The parts of a UMI, 5'->3'.

    Attributes
    ----------
    five_prime, three_prime, after_adapter : str
        One letter per base: ``N`` belongs to the UMI, ``X`` is removed and not used. ``five_prime``: first bases
        of the read; ``three_prime``: last bases before the adapter; ``after_adapter``: bases after it.
    in_name : bool
        Whether the name of the read contains (a further part of) the UMI.
    name_length : int
        Letters of the UMI in the name; 0 for any.
    """

    five_prime: str = ""
    three_prime: str = ""
    after_adapter: str = ""
    in_name: bool = False
    name_length: int = 0

    @property
    def on_read(self) -> bool:
        """Whether any bases of the read are removed."""
        return bool(self.five_prime or self.three_prime or self.after_adapter)

    @property
    def given(self) -> bool:
        """Whether there is a UMI."""
        return self.on_read or self.in_name

    def options(self) -> str:
        """Return the options of chimera-parse for this layout; empty without a UMI.

        >>> UmiLayout("NNNN", "NNNN").options()
        '--umi-length 4,4 --umi-position 5p,3p'
        """
        listed = zip(UMI_POSITIONS, (self.five_prime, self.three_prime, self.after_adapter), strict=False)
        parts = [(name, text if REMOVED in text else str(len(text))) for name, text in listed if text]
        if self.in_name:
            parts.append((NAME, str(self.name_length)))
        if parts == [(NAME, "0")]:
            return f"--umi-position {NAME}"
        if not parts:
            return ""
        options = f"--umi-length {','.join(length for _, length in parts)}"
        positions = ",".join(name for name, _ in parts)
        return options if positions == FIVE_PRIME else f"{options} --umi-position {positions}"


def parse_umis(lengths: int | str, positions: str) -> UmiLayout:
    """Return the layout that ``--umi-length`` and ``--umi-position`` describe.

    Raises
    ------
    UsageError
        If there are not as many lengths as positions, and for a part that has no length or occurs twice.

    >>> parse_umis("4,NNNXX", "3p,5p")
    UmiLayout(five_prime='NNNXX', three_prime='NNNN', after_adapter='', in_name=False, name_length=0)
    """
    names, texts = positions.split(","), str(lengths).split(",")
    if len(names) != len(texts):
        raise UsageError(
            f"argument --umi-length: has {len(texts)} and --umi-position {len(names)} parts; give a length "
            "for each position, as in --umi-length 4,4 --umi-position 5p,3p"
        )
    found = UmiLayout()
    for name, text in zip(names, texts, strict=True):
        if names.count(name) > 1:
            raise UsageError(f"--umi-position names {name} twice; give each position once")
        part = USED * int(text) if text.isdigit() else text.upper()
        if name == NAME:
            if REMOVED in part:
                raise UsageError(
                    "--umi-length of --umi-position name is a number of letters; give one, or 0 for any"
                )
            found = found._replace(in_name=True, name_length=len(part))
            continue
        if not part and name != FIVE_PRIME and len(names) == 1:
            raise UsageError(f"--umi-position {name} needs --umi-length, the number of bases of the UMI")
        if name == FIVE_PRIME:
            found = found._replace(five_prime=part)
        elif name == THREE_PRIME:
            found = found._replace(three_prime=part)
        else:
            found = found._replace(after_adapter=part)
    return found
