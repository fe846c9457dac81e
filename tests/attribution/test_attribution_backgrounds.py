"""Background pairs: from files, from models, and few that represent many."""

from __future__ import annotations

import numpy as np
import pytest
from models import slow_dmiso
from networks import drawn_weights

from mirtools.attribution.backgrounds import Background, choose_background, representative_background, summarised
from mirtools.attribution.choose import make_explainer
from mirtools.errors import InputError
from mirtools.models.base import Model
from mirtools.models.composition import DRAWN, STORED, UNIFORM, composition_of
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network, mirbind
from mirtools.models.pairing import WOBBLE, PairingRule

NETWORK = mirbind(WOBBLE, filters=4)
PAIRS = [["ATCG" * 5, "GGCC" * 12], ["TTTTA", "CCCCG"], ["A", "T"]]


def model(**training: object) -> Model:
    return Model(Matrix("mirbind", NETWORK), {}, "mine", training=dict(training))


@pytest.mark.usefixtures("short_sequences")
class TestChoice:
    def test_a_file_comes_first(self, tmp_path) -> None:
        table = tmp_path / "pairs.tsv"
        table.write_text("name\tmiRNA\tgene\tlabel\n" + "".join(f"x\tAU{c}\tgg{c}{c}\t1\n" for c in "ACGU"))
        found = choose_background(model(background_pairs=PAIRS), 3, 1, str(table))
        assert len(found) == 3
        assert found.source == "file"
        assert set(found.mirnas) < {"ATA", "ATC", "ATG", "ATT"}
        assert all(site[2:] == 2 * mirna[2] for mirna, site in zip(found.mirnas, found.sites, strict=True))
        assert choose_background(model(), 3, 1, str(table)) == found
        chosen = {choose_background(model(), 3, seed, str(table)).mirnas for seed in range(9)}
        assert len(chosen) > 1

    def test_stored_pairs_come_before_compositions(self) -> None:
        composition = composition_of(["ATCG"], ["GGAT"])
        found = choose_background(model(background_pairs=PAIRS, composition=composition))
        assert found.source == STORED
        assert list(zip(found.mirnas, found.sites, strict=True)) == [tuple(pair) for pair in PAIRS]
        found = choose_background(model(composition=composition), 7)
        assert (found.source, len(found), set(map(len, found.mirnas))) == (DRAWN, 7, {4})
        assert choose_background(model()).source == UNIFORM
        assert choose_background(model()).described() == {"pairs": 100, "source": UNIFORM, "weighted": False}

    def test_files_of_other_alphabets_are_read(self, tmp_path) -> None:
        rule = PairingRule("EKL", ("charge",), {("E", "K"): (1.0,)})
        network = Network(rule, 5, 5, ({"op": "flatten"},))
        proteins = Model(Matrix("mirbind", network), drawn_weights(network), "p")
        table = tmp_path / "pairs.tsv"
        table.write_text("mirna_seq\tsite_seq\nekl\tKKE\n")
        assert choose_background(proteins, path=str(table)).mirnas == ("EKL",)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("mirna_seq\tsite_seq\n", "has no pairs for the background"),
            ("mirna_seq\tx\nA\tA\n", "has no column site_seq"),
            ("mirna_seq\tsite_seq\nA\t5\n", ":2: site_seq"),
        ],
    )
    def test_other_files_are_rejected(self, tmp_path, text: str, problem: str) -> None:
        table = tmp_path / "pairs.tsv"
        table.write_text(text)
        with pytest.raises(InputError, match=problem):
            choose_background(model(), path=str(table))


class TestSummary:
    def test_middle_pairs_represent_groups_of_similar_scores(self) -> None:
        letters = "ACGTACGTAC"
        background = Background(tuple(letters), tuple(letters), "file")
        scores = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.0])
        found = summarised(background, scores, 3)
        # places in the order of scores: 9 1 5 3 | 7 2 8 | 4 6 0
        assert found.mirnas == tuple(letters[place] for place in (5, 2, 6))
        assert found.weights is not None
        assert found.weights.tolist() == [0.4, 0.3, 0.3]
        assert len(summarised(background, scores, 99)) == 10
        assert summarised(background, scores, 5).weights is None

    def test_few_pairs_have_the_expectation_of_many(self) -> None:
        made = Model(Matrix("mirbind", NETWORK), drawn_weights(NETWORK), "mine")
        found = representative_background(made, 5, 3)
        assert (len(found), found.weights) == (5, None)
        many = choose_background(made, 100, 3)
        assert set(found.mirnas) < set(many.mirnas)
        expectations = [make_explainer(made, "deep", pairs).expectation for pairs in (found, many)]
        assert expectations[0] == pytest.approx(expectations[1], abs=0.01)
        dmiso = Model(Dmiso(), slow_dmiso.random_weights(), "dmiso")
        assert len(representative_background(dmiso, 7)) == 7
