"""The table of pairs in plain Python, a dictionary of rows: the reference for the arrays."""

from collections import Counter, defaultdict

from slow_pairing import as_rows

from mirtools.chimera.pairing import Pairs
from mirtools.chimera.references import decode
from mirtools.io.tables import MISSING, PARSE_COLUMNS, TIE_COLUMNS, pair_id
from mirtools.isomir.strength import strength_of


def cores(part, reach):
    """Return the parts that a read supports: its own, and those up to ``reach`` bases shorter at one end."""
    shorter = [text for bases in range(1, reach + 1) for text in (part[bases:], part[: len(part) - bases])]
    return {part, *(text for text in shorter if text)}


def slow_support(parts_of_reads, min_reads, reach):
    """Return the supported ones of all parts, given the parts of each distinct read; "-" at the end: open."""
    reads, open_reads = Counter(), Counter()
    for parts in parts_of_reads:
        reads.update(set().union(*(cores(part.rstrip("-"), reach) for part in parts)))
        open_reads.update(part for part in parts if part[-1:] == "-" and "N" not in part)
    every = set().union(*parts_of_reads)
    good = {part for part in every if any(reads[core] >= min_reads for core in cores(part.rstrip("-"), reach))}
    good_by_itself = set(good)
    whole = {core for part in every for core in cores(part.rstrip("-"), reach) if reads[core] >= min_reads}
    for part in every - good:
        shorter = (other for other in open_reads if may_be(other[:-1], part.rstrip("-"), True))
        shorter = [other for other in shorter if other in every - good_by_itself]
        if part[-1:] == "-" and "N" not in part and sum(open_reads[other] for other in shorter) >= min_reads:
            good.add(part)
            whole.add(part[:-1])
    whole = {core for core in whole if "N" not in core}
    for part in every - good:
        bare, is_open = part.rstrip("-"), part[-1:] == "-"
        for core in cores(bare, reach):
            if any(may_be(core, form, is_open and bare.endswith(core)) for form in whole):
                good.add(part)
    return good


def may_be(part, form, is_open):
    """Return whether a part, possibly with N or an open end, may be a form; short parts may not."""
    if len(part) != len(form) and not (is_open and 12 <= len(part) < len(form)):
        return False
    return all(base in ("N", other) for base, other in zip(part, form, strict=False))


class SlowTable:
    """Same input as PairTable; copies of a read are recognised by their digest."""

    def __init__(self, mirnas, transcripts, min_reads, reach, samples=1):
        self.mirnas, self.transcripts = mirnas, transcripts
        self.min_reads, self.reach, self.samples = min_reads, reach, samples
        self.reads = {}  # digest: rows in the order of their ranks
        self.sample_of = {}
        self.evidence = defaultdict(list)  # row: tables of one read each
        self.copies = Counter()
        self.qualities = {}
        self.ties = False

    def add(self, batch, pairs):
        """Add the pairs of some reads, including copies."""
        touched = set()
        for cells in as_rows(pairs):
            pair = Pairs(*cells)
            insert = slice(batch.starts[pair.read], batch.starts[pair.read + 1])
            read = decode(batch.bases[insert])
            part = read[pair.part_start : pair.part_end]
            row = (
                *(self.mirnas[pair.mirna][0], part, f"{pair.unassigned_5p},{pair.unassigned_3p}"),
                *(self.transcripts[pair.target][0], pair.target_ref_start, pair.target_ref_end),
                *(("open",) if pair.open_3p else ()),
            )
            aligned = read[pair.mirna_start : pair.mirna_end]
            assert aligned == part[pair.unassigned_5p : len(part) - pair.unassigned_3p]
            digest = tuple(batch.digests[pair.read].tolist())
            rows = self.reads.setdefault(digest, {})
            rows.setdefault(row, aligned + "-" * pair.open_3p)
            self.sample_of[digest] = batch.sample
            self.evidence[row].append(self._cells(row, pair))
            self.ties = pair.tied is not None
            if (pair.read, row) not in touched:
                touched.add((pair.read, row))
                self.copies[row] += int(batch.copies[pair.read])
            if batch.qualities is not None:
                text = batch.qualities[insert].tobytes().decode()[pair.part_start : pair.part_end]
                held = self.qualities.get(row, "!" * len(text))
                self.qualities[row] = "".join(map(max, held, text))

    @property
    def columns(self):
        """The columns of the rows, without samples."""
        return [*PARSE_COLUMNS, *(TIE_COLUMNS if self.ties else [])]

    def supported(self):
        """Return which miRNA parts have enough support."""
        return slow_support([set(rows.values()) for rows in self.reads.values()], self.min_reads, self.reach)

    def pair_id(self, digest):
        """Return the identifier of the best supported row of a read."""
        supported = self.supported()
        return next((pair_id(*row) for row, part in self.reads[digest].items() if part in supported), "")

    def rows(self):
        """Return the rows as dictionaries of cells."""
        supported = self.supported()
        carriers = defaultdict(list)
        for digest, rows in self.reads.items():
            for row, part in rows.items():
                if part in supported:
                    carriers[row].append(self.sample_of[digest])
        found = []
        for row, samples in carriers.items():
            cells = dict(zip(self.columns, min(self.evidence[row], key=strength_of(self.columns)), strict=True))
            cells["n_reads"], cells["n_copies"] = str(len(samples)), str(self.copies[row])
            cells["mirna_qual"] = self.qualities.get(row, MISSING)
            same_mirna = [other for other in carriers if (other[0], other[1]) == (row[0], row[1])]
            same_target = [other for other in carriers if other[3] == row[3]]
            cells["mirna_coverage"] = str(sum(len(carriers[other]) for other in same_mirna))
            cells["target_coverage"] = str(sum(len(carriers[other]) for other in same_target))
            cells.update({f"sample {number}": str(samples.count(number)) for number in range(self.samples)})
            found.append(cells)
        return sorted(found, key=lambda cells: (-int(cells["n_reads"]), cells["pair_id"]))

    def _cells(self, row, pair):
        transcript = self.transcripts[pair.target][1]
        tied = pair.tied or ()
        cells = [
            *(pair_id(*row), "1", "1", row[0], row[1], MISSING, row[2], "open" if pair.open_3p else "seen"),
            *(row[3], str(row[4]), str(row[5])),
            *(
                str(pair.site_start),
                str(pair.site_end),
                transcript[pair.site_start : pair.site_end],
                ".",
                ".",
                ".",
            ),
            *("target_first" if pair.target_first else "mirna_first", str(pair.gap)),
            *(f"{pair.mirna_evalue:.3g}", f"{pair.mirna_bits:.1f}" if pair.mirna_bits else MISSING),
            *(f"{pair.target_evalue:.3g}", f"{pair.target_bits:.1f}" if pair.target_bits else MISSING),
            *(str(pair.rank), str(pair.n_best), "0", "0"),
        ]
        if pair.tied is not None:
            names = [{self.mirnas[mirna][0] for mirna, *_ in tied}, {self.transcripts[t][0] for _, t, *_ in tied}]
            places = {(self.transcripts[t][0], start, end) for _, t, start, end in tied}
            cells += [",".join(sorted(each)) for each in names]
            cells.append(",".join(f"{name}:{start}-{end}" for name, start, end in sorted(places)))
        return cells
