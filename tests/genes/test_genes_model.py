"""The model of repression: contributions add up, known answers of the formula, and what the bundled model says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mirtools.errors import InputError
from mirtools.genes.features import TYPE_FEATURES, Described, site_features
from mirtools.genes.model import RepressionModel, load_model
from mirtools.genes.predict import find_sites, predict
from mirtools.genes.targets import targets_of
from mirtools.transcripts.regions import Regions

LET_7 = "TGAGGTAGTAGGTTGTATAGTT"
SITE = "CTACCTCA"


def described(transcript="GG" + SITE + "GG"):
    return find_sites([LET_7], targets_of([("t", transcript)], {})).described


def simple(weights, cutoff=0.0, weakest=0.0):
    names = dict.fromkeys(site_features(described()), 0.0)
    return RepressionModel(names | dict.fromkeys(TYPE_FEATURES, -99.0) | weights, cutoff, weakest, ((0.0, 0.5),))


def test_one_site_of_affinity_one_halves_the_mrna():
    prediction = predict(LET_7, targets_of([("t", "GG" + SITE + "GG")], {}), simple({"3'UTR 8mer": 0.0}))
    assert prediction.change.tolist() == [-1.0]
    assert prediction.contribution.tolist() == [-1.0]


def test_three_sites_of_affinity_one_quarter_the_mrna_and_share_the_change():
    transcript = SITE + "G" * 50 + SITE + "G" * 50 + SITE
    prediction = predict(LET_7, targets_of([("t", transcript)], {}), simple({"3'UTR 8mer": 0.0}))
    assert prediction.change.tolist() == pytest.approx([-2.0])
    eightmers = prediction.found.described.kind == 0
    assert prediction.contribution[eightmers].tolist() == pytest.approx([-2 / 3] * 3)
    assert (prediction.contribution[~eightmers] == 0).all()


def test_cutoff_and_weakest():
    transcripts = targets_of([("t", "GG" + SITE + "GG")], {})
    assert predict(LET_7, transcripts, simple({"3'UTR 8mer": 0.0}, cutoff=0.5)).change[0] == -np.log2(1.5)
    assert predict(LET_7, transcripts, simple({"3'UTR 8mer": 0.0}, cutoff=1.5)).change[0] == 0
    weak = predict(LET_7, transcripts, simple({"3'UTR 8mer": 0.0}, weakest=1.1))
    assert (weak.change[0], weak.contribution[0], weak.best[0]) == (0, 0, -1)


def random_targets(count=40, seed=3):
    random = np.random.default_rng(seed)
    named, regions = [], {}
    for at in range(count):
        parts = ["".join(random.choice(list("ACGT"), random.integers(30, 300))) for _ in range(6)]
        sequence = parts[0] + SITE.join(parts[1:])
        named.append((f"t{at}", sequence))
        if at % 4:
            start, end = sorted(random.integers(0, len(sequence), 2).tolist())
            regions[f"t{at}"] = Regions(start, end + 1, len(sequence))
    return targets_of(named, regions)


def test_contributions_add_up_to_the_prediction_and_to_its_regions():
    targets, model = random_targets(), load_model()
    prediction = predict(LET_7, targets, model)
    assert (prediction.change < 0).sum() > 20
    target, region = prediction.found.sites[:, 1], prediction.found.described.region
    for at in range(len(targets.names)):
        own = target == at
        assert prediction.contribution[own].sum() == pytest.approx(prediction.change[at], abs=1e-12)
        by_region = [prediction.contribution[own & (region == each)].sum() for each in range(3)]
        assert prediction.by_region[at].tolist() == pytest.approx(by_region, abs=1e-12)
        assert prediction.counts[at].sum() == own.sum()
        if prediction.best[at] >= 0:
            assert prediction.contribution[prediction.best[at]] == prediction.contribution[own].min()


def test_the_prediction_of_a_target_does_not_depend_on_the_others():
    targets, model = random_targets(), load_model()
    alone = [predict(LET_7, targets.select([at]), model).change[0] for at in range(len(targets.names))]
    assert predict(LET_7, targets, model).change.tolist() == alone


def test_bundled_model_orders_types_and_regions_as_they_repress():
    weights = load_model().weights
    order = ["8mer", "7mer-m8", "7mer-A1", "6mer", "offset-6mer"]
    strengths = [weights[f"3'UTR {kind}"] for kind in order]
    assert strengths == sorted(strengths, reverse=True)
    for kind in order[:4]:
        assert weights[f"CDS {kind}"] < weights[f"3'UTR {kind}"]
    # A and U around a site, short 3'UTRs and stable seeds help; sites next to the stop codon do not
    assert min(weights["3'UTR au_upstream"], weights["3'UTR au_downstream"]) > 0
    assert max(weights["seed stability"], weights["3'UTR length of 3'UTR"], weights["3'UTR near stop codon"]) < 0
    assert set(weights) == set(site_features(described()))


def test_features_of_an_average_site_are_zero():
    numbers = described()
    average = numbers._replace(
        context=np.array([[0.5] * 7 + [0, 0, 0, 0, 10**2.5, 10**2.5, 0]], np.float32),
        utr3_length=np.array([1000]), cds_length=np.array([1000]), stability=np.array([-12.5]),
        first_base=np.array([1]), eighth_base=np.array([1]),
    )  # fmt: skip
    nonzero = {name for name, value in site_features(Described(*average)).items() if abs(value[0]) > 1e-6}
    assert nonzero == {"3'UTR 8mer"}


def test_confidence_is_interpolated():
    model = RepressionModel({}, 0, 0, ((-1.0, 0.9), (0.0, 0.5)))
    assert model.confidences(np.array([0, -0.5, -3.0])).tolist() == pytest.approx([0.5, 0.7, 0.9])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weights": {"a": 1}, "confidence": [], "cutoff": 0}'])
def test_a_file_that_is_no_model(tmp_path, content):
    path = tmp_path / "model.json"
    path.write_text(content)
    with pytest.raises(InputError, match="is not a model of genes-predict"):
        load_model(str(path))


def test_a_model_file_is_read_as_written(tmp_path):
    path = tmp_path / "model.json"
    content = {"weights": {"3'UTR 8mer": -1}, "cutoff": 0.1, "weakest": 0, "confidence": [[-1, 1], [0, 0.5]]}
    path.write_text(json.dumps(content))
    assert load_model(str(path)) == RepressionModel({"3'UTR 8mer": -1.0}, 0.1, 0.0, ((-1.0, 1.0), (0.0, 0.5)))
    with pytest.raises(InputError, match="cannot be read"):
        load_model(str(tmp_path / "absent.json"))
