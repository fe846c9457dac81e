"""shap.DeepExplainer on a copy of the DMISO network with an unrolled LSTM; and both explainers' times.

    python tests/attribution/dmiso_shap_oracle.py IN.npz OUT.npz [untimed]

IN holds weights by name, ``mirnas``, ``sites`` and ``background_mirnas``, ``background_sites`` as codes; OUT gets
``mirna`` and ``site``, values summed over one-hot columns, ``expectation``, and CPU seconds a pair, ``seconds`` of
shap and ``own_seconds``, unless untimed. It runs in a process of its own, for shap patches TensorFlow.
golden/dmiso_shap.npz was made by shap 0.51, in the folder tests:

    python -c "import attribution.test_attribution_dmiso as test; test.save_case('in.npz')"
    python attribution/dmiso_shap_oracle.py in.npz golden/dmiso_shap.npz untimed
"""

import sys
import time
import warnings

import numpy as np

from mirtools.attribution.dmiso.rescale import DmisoShap
from mirtools.io.encoding import one_hot
from mirtools.models.dmiso import architecture
from mirtools.models.keras import Regularization, import_keras


def unrolled(keras):
    """The Keras model with its LSTM unrolled, since shap does not support loops."""
    looped = keras.layers.LSTM
    keras.layers.LSTM = lambda *args, **options: looped(*args, **options, unroll=True)
    try:
        return keras.build_keras(Regularization(l1=0))
    finally:
        keras.layers.LSTM = looped


def main(source, target, untimed=""):
    given = np.load(source)
    weights = {name: given[name] for name in architecture.TENSOR_SHAPES}
    pairs = given["mirnas"], given["sites"]
    background = given["background_mirnas"], given["background_sites"]
    keras = import_keras()
    warnings.simplefilter("ignore")
    import shap
    import tensorflow
    from shap.explainers._deep import deep_tf

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    deep_tf.op_handlers["Split"] = deep_tf.passthrough
    model = unrolled(keras)
    keras.set_weights(model, weights)
    explainer = shap.DeepExplainer(model, [one_hot(codes) for codes in background])
    if not untimed:
        explainer.shap_values([one_hot(codes[:1]) for codes in pairs])  # compiles
    start = time.process_time()
    mirna, site = explainer.shap_values([one_hot(codes) for codes in pairs])
    seconds = time.process_time() - start
    found = {
        "mirna": mirna.sum(axis=(2, 3)),
        "site": site.sum(axis=(2, 3)),
        "expectation": np.asarray(explainer.expected_value)[0],
    }
    if not untimed:
        found |= {"seconds": seconds / len(pairs[0]), "own_seconds": own_seconds(weights, pairs, background)}
    np.savez(target, **found)


def own_seconds(weights, pairs, background):
    """CPU seconds per pair of our explainer, without its start."""
    own = DmisoShap(weights, *background)
    many = [np.concatenate([codes] * max(100 // len(codes), 1)) for codes in pairs]
    own.explain(*many)
    start = time.process_time()
    own.explain(*many)
    return (time.process_time() - start) / len(many[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
