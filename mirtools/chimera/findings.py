"""What the state of reads means: one line for each problem, and options of chimera-parse that fit the reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mirtools.chimera.common_sequences import KNOWN_ADAPTERS, KnownAdapter
from mirtools.chimera.mirna_words import WORD
from mirtools.chimera.read_state import BY_CHANCE, FREQUENT, ReadState, entropies, pattern
from mirtools.chimera.references import N
from mirtools.chimera.umis import USED, UmiLayout

# Fewer reads show nothing
_ENOUGH_READS, _ENOUGH_MIRNAS = 1000, 20
# Reads with a known adapter per read with that of the user, if the known one is the right one
_CLEARLY_MORE = 5
# Share of reads that must agree in a place
_MOST = 0.5
# miRNAs may begin so near to the end of a UMI that ends of miRNAs vary; then more reads must agree
_NEARLY_ALL, _NEARBY = 0.8, 2
# Least bits of a random base (2 if all are equally frequent), and most bits of a fixed one
_RANDOM, _FIXED = 1.7, 1.0
# Shorter tails are usual: isomiRs
_SHORTEST_3P = 3
_UMI_AFTER = range(6, 21)
_MOST_N, _LOW_QUALITY, _MOST_LOW = 0.05, 20, 0.25
OK, LOOK, INFO = "ok", "look", "info"


class Finding(NamedTuple):
    """One property of the reads.

    Attributes
    ----------
    check : str
        Name of the property.
    result : str
        What the reads show.
    status : str
        ``ok``, ``look`` (something looks wrong) or ``info``.
    hint : str
        If something looks wrong: what was seen and what to try.
    """

    check: str
    result: str
    status: str = INFO
    hint: str = ""


class Advice(NamedTuple):
    """Options that fit the reads."""

    adapters: tuple[str, ...]
    umis: UmiLayout

    def options(self) -> str:
        """Return them as on the command line; empty if none is needed."""
        listed = [f"--adapter {sequence}" for sequence in self.adapters]
        return " ".join([*listed, *filter(None, [self.umis.options()])])


def findings(
    state: ReadState, umis: UmiLayout, given: tuple[str, ...], any_pairs: bool = True
) -> tuple[list[Finding], Advice]:
    """Return what the reads of one file show, and the options that fit them.

    Parameters
    ----------
    state : ReadState
    umis : UmiLayout
        The layout that the user gave.
    given : tuple of str
        The adapters that the user gave.
    any_pairs : bool
        Whether reads of this kind make pairs; if not, a few reads without the adapter show that it is wrong.
    """
    adapter, ends = _adapter(state, given, any_pairs)
    strand = _strand(state)
    begin, umis_5p = _begin(state, umis) if strand.status != LOOK else (Finding("mirna_begin", "."), umis)
    tail, umis_3p = _tail(state, umis_5p)
    after, umis_all = _after(state, umis_3p)
    names, umis_all = _names(state, umis_all)
    found = [
        Finding("reads", f"{state.reads:,} looked at, {state.distinct:,} different"),
        _lengths(state),
        _unread(state),
        _qualities(state),
        adapter,
        *([] if (other := _other_read(state)) is None else [other]),
        strand,
        _species(state),
        begin,
        tail,
        after,
        names,
    ]
    return found, Advice(ends, umis_all)


def state_facts(state: ReadState, found: Sequence[Finding]) -> dict[str, Any]:
    """Return the state of reads for ``--json``."""
    return {"checks": {finding.check: finding.result for finding in found}, **state.facts()}


def share(part: int, whole: int) -> str:
    """Return a share in per cent, with two digits.

    >>> share(1, 3), share(2, 1000), share(0, 0)
    ('33 %', '0.2 %', '0 %')
    """
    return f"{float(f'{100 * part / whole if whole else 0:.2g}'):g} %"


def _lengths(state: ReadState) -> Finding:
    if not state.lengths:
        return Finding("lengths", ".")
    if state.equal_length is not None:
        return Finding("lengths", f"all {state.equal_length} nt: not trimmed")
    ordered = sorted(state.lengths.elements())
    text = f"{ordered[0]} to {ordered[-1]} nt, median {ordered[len(ordered) // 2]}: trimmed"
    return Finding("lengths", text)


def _unread(state: ReadState) -> Finding:
    bases = int(state.bases.sum())
    part = int(state.bases[:, N].sum())
    hint = ""
    if part > _MOST_N * bases and state.reads >= _ENOUGH_MIRNAS:
        totals = np.maximum(state.bases.sum(axis=1), 1)
        worst = int((state.bases[:, N] / totals).argmax())
        hint = (
            f"{share(part, bases)} of bases are N, most of them in cycle {worst + 1}; reads with N in their miRNA "
            "make no pair: was the run of the sequencer good?"
        )
    return Finding("n_bases", share(part, bases), LOOK if hint else OK, hint)


def _qualities(state: ReadState) -> Finding:
    if not state.quality_counts.any():
        return Finding("quality", "unknown")
    seen = np.flatnonzero(state.quality_counts)
    means = state.quality_sums[seen] / state.quality_counts[seen]
    low = seen[means < _LOW_QUALITY]
    text = f"mean {state.quality_sums.sum() / state.quality_counts.sum():.1f}, by cycle {means.min():.1f} or more"
    if len(low) <= _MOST_LOW * len(seen):
        return Finding("quality", text, OK)
    cycles = f"{len(low)} of {len(seen)} cycles"
    hint = f"the mean quality is below {_LOW_QUALITY} in {cycles}; trim low-quality ends first"
    return Finding("quality", text, LOOK, hint)


def _adapter(state: ReadState, given: tuple[str, ...], any_pairs: bool) -> tuple[Finding, tuple[str, ...]]:
    best = state.best_known
    if best is not None and best.read == 2:  # a finding of its own
        return Finding("adapter", "that of read 2"), given
    count = 0 if best is None else state.known[best.sequence]
    seen = f"{count:,} of {state.reads:,} reads contain {_described(best)}" if best is not None else ""
    if given:
        found = f"{state.with_adapter:,} of {state.reads:,} reads contain --adapter"
        if best is not None and count > _CLEARLY_MORE * state.with_adapter:
            few = f"{state.with_adapter:,}" if state.with_adapter else "none"
            hint = f"{few} of the first {state.reads:,} reads contain the --adapter, but {count:,} contain "
            hint += f"{_described(best)}; is that the adapter of this library?"
            return Finding("adapter", f"{found}; {seen}", LOOK, hint), (best.sequence,)
        untrimmed = state.reads >= _ENOUGH_READS and state.equal_length is not None
        if state.with_adapter <= BY_CHANCE * state.reads and (untrimmed or not any_pairs):
            hint = (
                f"{state.with_adapter or 'none'} of the first {state.reads:,} reads contain the --adapter; is it "
            )
            return Finding(
                "adapter", found, LOOK, f"{hint}the adapter of this library, or already removed?"
            ), given
        return Finding("adapter", found, OK), given
    if best is None:
        return Finding("adapter", "no common adapter", OK), ()
    hint = f"{seen}, but no --adapter is given; remove it with --adapter {best.sequence}"
    return Finding("adapter", seen, LOOK, hint), (best.sequence,)


def _described(adapter: KnownAdapter) -> str:
    return f"{adapter.sequence} ({adapter.name})"


def _other_read(state: ReadState) -> Finding | None:
    """Return a finding if inserts are followed by the adapter of read 2."""
    first, second = (
        max(state.known.get(e.sequence, 0) for e in KNOWN_ADAPTERS if e.read == read) for read in (1, 2)
    )
    if second < max(FREQUENT * state.reads, 1) or second <= _CLEARLY_MORE * first:
        return None
    hint = (
        f"{second:,} of {state.reads:,} reads contain the adapter that follows inserts on read 2; are these reads "
        "2? Give reads 1"
    )
    # reads of the other strand already have a hint
    return Finding("read", "read 2", INFO if _strand(state).hint else LOOK, "" if _strand(state).hint else hint)


def _strand(state: ReadState) -> Finding:
    text = f"forward {state.forward:,}, reverse {state.reverse:,} of {state.distinct:,}"
    if state.reverse > max(_CLEARLY_MORE * state.forward, BY_CHANCE * state.distinct):
        hint = (
            f"reads look like reverse complements: of {state.distinct:,} different reads, {state.forward:,} "
            f"contain a miRNA, and {state.reverse:,} the reverse complement of one; give the other read of the "
            "pair, or reverse-complement the reads"
        )
        return Finding("mirna", text, LOOK, hint)
    if state.distinct >= _ENOUGH_READS and state.forward <= BY_CHANCE * state.distinct and not state.others:
        hint = (
            f"{state.forward or 'none'} of {state.distinct:,} different reads contain {WORD} nt of a miRNA of "
            "--mirnas; are they of this species, and chimeric?"
        )
        return Finding("mirna", text, LOOK, hint)
    return Finding("mirna", text, OK)


def _species(state: ReadState) -> Finding:
    total = sum(sum(names.values()) for names in state.others.values())
    text = f"{total:,} of {state.distinct:,} contain an abundant miRNA that is not in --mirnas"
    if total < max(state.forward, BY_CHANCE * state.distinct, _ENOUGH_MIRNAS):
        return Finding("species", text, OK)
    group, names = max(sorted(state.others.items()), key=lambda item: sum(item[1].values()))
    name, count = Counter(names).most_common(1)[0]
    hint = (
        f"{total:,} of {state.distinct:,} different reads contain an abundant miRNA of {group} that --mirnas "
        f"lacks ({count:,} have {name}), and {state.forward:,} one of --mirnas; are --mirnas those of this "
        "species?"
    )
    return Finding("species", text, LOOK, hint)


def _begin(state: ReadState, umis: UmiLayout) -> tuple[Finding, UmiLayout]:
    """Compare where miRNAs begin with the number of bases that are removed at the 5' end."""
    total = sum(state.begins.values())
    if total < _ENOUGH_MIRNAS:
        return Finding("mirna_begin", "too few miRNAs"), umis
    place, count = min(state.begins.items(), key=lambda item: (-item[1], item[0]))
    text = f"base {place + 1} in {share(count, total)} of reads with a miRNA"
    removed = len(umis.five_prime)
    least = _NEARLY_ALL if removed and abs(place - removed) <= _NEARBY else _MOST
    if count < least * total or place < 0:
        return Finding("mirna_begin", text), umis
    if place == removed or (place == 1 and not removed):
        return Finding("mirna_begin", text, OK), umis
    advised = umis._replace(five_prime=USED * place)
    change = advised.options() or "omit --umi-length"
    if place < removed:
        hint = f"miRNAs begin at base {place + 1} ({share(count, total)} of {total:,}), but --umi-length removes "
        return Finding("mirna_begin", text, LOOK, f"{hint}{removed} bases; try {change}"), advised
    before = pattern(state.bases[:place])
    kind = "a UMI" if "N" * (place // 2) in before else "a barcode or linker"
    hint = (
        f"miRNAs begin at base {place + 1} of reads ({share(count, total)} of {total:,}), with {before} before "
        f"them, as {kind} has; try {change}"
    )
    return Finding("mirna_begin", text, LOOK, hint), advised


def _tail(state: ReadState, umis: UmiLayout) -> tuple[Finding, UmiLayout]:
    """Compare the bases between miRNAs and adapters with the number of bases that are removed at the 3' end."""
    total = sum(state.tails.values())
    if total < _ENOUGH_MIRNAS:
        return Finding("bases_after_mirna", "too few miRNAs without a target"), umis
    length, count = min(state.tails.items(), key=lambda item: (-item[1], item[0]))
    text = f"{length} in {share(count, total)} of miRNAs without a target"
    removed = len(umis.three_prime)
    if count < _MOST * total or abs(length - removed) < _SHORTEST_3P:
        return Finding("bases_after_mirna", text, OK), umis
    if length < removed:
        advised = umis._replace(three_prime=USED * max(length, 0))
        change = advised.options() or "omit --umi-length"
        hint = f"{length} bases lie between miRNAs and the adapter ({share(count, total)} of {total:,}), but "
        return Finding("bases_after_mirna", text, LOOK, f"{hint}{removed} are removed; try {change}"), advised
    if entropies(state.tail_bases[length, :length]).min() < _RANDOM:
        return Finding("bases_after_mirna", text), umis
    advised = umis._replace(three_prime=USED * length)
    hint = (
        f"{length} random bases lie between miRNAs and the adapter ({share(count, total)} of {total:,}), as a "
        f"UMI; try {advised.options()}"
    )
    return Finding("bases_after_mirna", text, LOOK, hint), advised


def _after(state: ReadState, umis: UmiLayout) -> tuple[Finding, UmiLayout]:
    """Search a UMI after the adapter: random bases, then fixed ones."""
    counts = state.after.sum(axis=1)
    enough = int((counts >= _ENOUGH_MIRNAS * 5).sum())
    if not enough:
        return Finding("bases_after_adapter", "too few"), umis
    bits = entropies(state.after[:enough])
    random = int(np.flatnonzero(np.append(bits, 0) < _RANDOM)[0])
    seen = pattern(state.after[:enough])
    fixed = random < enough and bits[random] < _FIXED
    if random not in _UMI_AFTER or not (fixed or random == enough):
        return Finding("bases_after_adapter", seen), umis
    if len(umis.after_adapter) == random or (not fixed and umis.after_adapter):
        return Finding("bases_after_adapter", seen, OK), umis
    known = {each.sequence: each.umi for each in KNOWN_ADAPTERS}
    if not fixed and not any(known.get(sequence) for sequence in state.adapters):
        return Finding("bases_after_adapter", seen), umis  # an index of many samples, or the end of the reads
    advised = umis._replace(after_adapter=USED * random)
    hint = f"{random} random bases follow the adapter, as a UMI; try {advised.options()}"
    return Finding("bases_after_adapter", seen, LOOK, hint), advised


def _names(state: ReadState, umis: UmiLayout) -> tuple[Finding, UmiLayout]:
    found = state.umis_in_names
    if not found:
        return Finding("umi_in_name", "no"), umis
    text = f"{found[0]} in the first of {len(found):,} names"
    if umis.given:
        return Finding("umi_in_name", text, OK if umis.in_name else INFO), umis
    advised = umis._replace(in_name=True)
    hint = f"names of reads contain what looks like UMIs ({text}); {advised.options()} uses them"
    return Finding("umi_in_name", text, LOOK, hint), advised
