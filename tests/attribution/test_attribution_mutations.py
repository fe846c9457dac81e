"""In-silico mutagenesis: by brute force, and by a table of mutations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from networks import drawn_codes, drawn_weights

from mirtools.attribution.choose import make_explainer
from mirtools.attribution.matrix.occlusion import MatrixScores
from mirtools.attribution.mutations import Mutants, Mutation, read_mutations
from mirtools.errors import InputError
from mirtools.models.base import Model
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network, mirbind
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.pairing import WOBBLE, PairingRule

NETWORK = mirbind(WOBBLE, 24, 12, filters=8, height=4)
LETTERS = PairingRule("EKL", ("charge", "size"), {("E", "K"): (1.0, 0.5), ("K", "E"): (-1.0, 0.0)})
OTHER = Network(LETTERS, 7, 5, ({"op": "flatten"}, {"op": "dense", "units": 3}, {"op": "relu"}))
MIRNA, SITE = "TGAGGTAGTA", "ACTATACAACCTACTACCTCA"


def explainer(network: Network = NETWORK):
    return make_explainer(Model(Matrix("mirbind", network), drawn_weights(network), "x"), "ism")


def score(mirna: str, site: str) -> float:
    encoder = NETWORK.encoder
    return float(
        MatrixPairScorer(NETWORK, drawn_weights(NETWORK)).score(encoder.mirnas([mirna]), encoder.sites([site]))[0]
    )


@pytest.mark.parametrize("network", [NETWORK, OTHER], ids=["wobble", "letters"])
class TestMatrix:
    def test_the_value_of_a_cell_is_the_score_minus_the_score_without_it(self, network: Network) -> None:
        mirnas, sites = drawn_codes(network, 3)
        found = explainer(network).explain_codes(mirnas, sites)
        predictor = MatrixPairScorer(network, drawn_weights(network))
        from mirtools.models.matrix.steps import run_steps

        for number, matrix in enumerate(network.rule.matrices(mirnas, sites)):
            whole = predictor.score(mirnas[number : number + 1], sites[number : number + 1])[0]
            for row, column in np.ndindex(matrix.shape[:2]):
                without = matrix.copy()
                without[row, column] = 0
                logit = float(run_steps(predictor.steps, without[None])[0, 0])
                expected = whole - 1 / (1 + math.exp(-logit)) if matrix[row, column].any() else 0
                assert found.values[number, row, column] == pytest.approx(expected, abs=2e-6)
        assert found.approximate
        assert math.isnan(found.expectation)

    def test_values_do_not_depend_on_other_pairs(self, network: Network) -> None:
        mirnas, sites = drawn_codes(network, 4)
        made = explainer(network)
        whole, alone = made.explain_codes(mirnas, sites), made.explain_codes(mirnas[2:3], sites[2:3])
        for name in ("values", "scores", "mirna", "site"):
            assert getattr(whole, name)[2].tobytes() == getattr(alone, name)[0].tobytes()


class TestFull:
    def test_the_importance_of_a_base_is_the_score_minus_the_mean_of_its_mutants(self) -> None:
        found = explainer().explain([MIRNA], [SITE])
        assert found.mirna is not None
        assert found.site is not None
        for place, base in enumerate(MIRNA):
            mutants = [MIRNA[:place] + other + MIRNA[place + 1 :] for other in "ATCG" if other != base]
            expected = score(MIRNA, SITE) - sum(score(mutant, SITE) for mutant in mutants) / 3
            assert found.mirna[0, place] == pytest.approx(expected, abs=2e-6)
        mutants = [other + SITE[1:] for other in "TCG"]
        expected = score(MIRNA, SITE) - sum(score(MIRNA, mutant) for mutant in mutants) / 3
        assert found.site[0, 0] == pytest.approx(expected, abs=2e-6)
        assert not found.mirna[0, len(MIRNA) :].any()
        assert not found.site[0, len(SITE) :].any()

    def test_unknown_letters_and_empty_sequences_have_no_importance(self) -> None:
        found = explainer().explain(["TNA", ""], ["ACTTNA", "ACT"])
        assert found.mirna is not None
        assert found.mirna[0, 1] == 0
        assert found.mirna[0, [0, 2]].any()
        assert not found.mirna[1].any()
        assert not found.values[1].any()


class TestTable:
    def table(self, tmp_path, text: str) -> str:
        path = tmp_path / "mutations.tsv"
        path.write_text(text)
        return str(path)

    def test_changes_are_differences_of_scores(self, tmp_path) -> None:
        path = self.table(
            tmp_path,
            "pair_id\tside\tposition\tbases\na\tmirna\t1\tC\na\tmirna\t1\tA\n*\tsite\t20\tug\n*\tmirna\t99\tA\n"
            "*\tmirna\t2\tG\nb\tmirna\t3\tCCC\n",
        )
        mutations = read_mutations(path, NETWORK.encoder)
        assert mutations[2] == Mutation("*", "site", 19, "TG")
        mutants = Mutants(NETWORK.encoder, MatrixScores(NETWORK, drawn_weights(NETWORK)).of_codes, mutations)
        found = mutants.of("a", MIRNA, SITE)
        whole = score(MIRNA, SITE)
        changed = [whole - score(mutant, SITE) for mutant in ("C" + MIRNA[1:], "A" + MIRNA[1:])]
        assert found.score == pytest.approx(whole, abs=1e-6)
        assert [change.change for change in found.changes[:2]] == pytest.approx(changed, abs=2e-6)
        assert found.mirna[0] == pytest.approx(sum(changed) / 2, abs=2e-6)
        assert np.isnan(found.mirna[1:]).all()
        last = whole - score(MIRNA, SITE[:19] + "TG")
        assert found.site[19:].tolist() == pytest.approx([last, last], abs=2e-6)
        assert dict(mutants.counts) == {
            "mutants": 3,
            "mutations_beyond_the_end": 1,
            "mutations_without_a_change": 1,
        }
        assert mutants.unmet == ["b"]

    @pytest.mark.parametrize(
        ("mutation", "problem"),
        [
            (
                Mutation("a", "mirna", 10, "C"),
                r"record 'a': cannot be mutated \(position 11, C\): the mirna has 10 bases",
            ),
            (Mutation("a", "site", 0, "ACT"), r"position 1, ACT\): the site has these bases already"),
        ],
    )
    def test_a_mutation_that_a_named_pair_cannot_have_is_an_error(self, mutation: Mutation, problem: str) -> None:
        mutants = Mutants(NETWORK.encoder, MatrixScores(NETWORK, drawn_weights(NETWORK)).of_codes, [mutation])
        with pytest.raises(InputError, match=problem):
            mutants.of("a", MIRNA, SITE)
        assert mutants.of("other", MIRNA, SITE).changes == []

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "is empty"),
            ("pair_id\tside\tposition\n", ":1: has no column bases"),
            ("pair_id\tside\tposition\tbases\n", "has no mutations"),
            ("pair_id\tside\tposition\tbases\na\tmiRNA\t1\tA\n", ":2: side is 'miRNA'"),
            ("pair_id\tside\tposition\tbases\na\tmirna\t0\tA\n", ":2: position is 0"),
            ("pair_id\tside\tposition\tbases\na\tmirna\t-1\tA\n", ":2: position is '-1'"),
            ("pair_id\tside\tposition\tbases\na\tmirna\t1\t\n", ":2: bases is empty"),
            ("pair_id\tside\tposition\tbases\na\tmirna\t1\tN\n", ":2: bases has the letter 'N'"),
            (
                "pair_id\tside\tposition\tbases\na\tmirna\t1\tU\na\tmirna\t1\tt\n",
                ":3: is a duplicate of a mutation",
            ),
        ],
    )
    def test_other_tables_are_rejected(self, tmp_path, text: str, problem: str) -> None:
        with pytest.raises(InputError) as raised:
            read_mutations(self.table(tmp_path, text), NETWORK.encoder)
        assert problem in str(raised.value)
        assert len(str(raised.value)) <= 200 + len(str(tmp_path))
