"""Models of scikit-learn, LightGBM and XGBoost, converted by their own tools, give here what they give in Python."""

import sys
import warnings

warnings.filterwarnings("ignore")

import lightgbm
import numpy as np
import onnxmltools
import pandas as pd
import tritonclient.grpc as triton_grpc
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import GradientBoostingClassifier, IsolationForest, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from checks import Checks, holds, same
from pilothouse import PLACE, TAG, api, call, header, infer, outputs, serve

IRIS = load_iris()
CANCER = load_breast_cancer()
DIABETES = load_diabetes()


def ask(model, x, datatype="FP32", name="X", **more):
    status, answer = infer(model, [(name, datatype, list(x.shape), x.ravel().tolist())], **more)
    holds(status == 200, f"{status} {answer}")
    return outputs(answer)


def values(output):
    return np.array(output["data"]).reshape(output["shape"])


def converted(name, model, x, **more):
    return name, to_onnx(model, x[:1], **more).SerializeToString()


def classifies(label, model, data, x_type=np.float32, options=None, target=None):
    """Every row's class and probabilities, in one batch and one by one."""
    def check():
        x = data.data.astype(x_type)
        y = data.target if target is None else target
        model.fit(x, y)
        name, graph = converted(f"{label}-{TAG}", model, x, options=options)
        serve(name, graph)
        datatype = {np.float32: "FP32", np.float64: "FP64"}[x_type]
        probabilities = model.predict_proba(x)
        for rows in (len(x), 1, 7):
            answer = ask(name, x[:rows], datatype)
            label_name, probability = [o for o in answer if not o.endswith("_labels")]
            same(list(answer[label_name]["data"]), list(model.predict(x[:rows])), "classes")
            np.testing.assert_allclose(values(answer[probability]), probabilities[:rows], atol=1e-5)
            if probability + "_labels" in answer:
                # A zip-map: the classes stand beside the probabilities, in the order of the columns.
                same(values(answer[probability + "_labels"]).tolist(), [list(model.classes_)] * rows, "order of classes")
    return check


def regresses(label, model, x, y):
    def check():
        model.fit(x, y)
        name, graph = converted(f"{label}-{TAG}", model, x)
        serve(name, graph)
        expected = model.predict(x)
        got = values(ask(name, x)["variable"])
        np.testing.assert_allclose(got.reshape(expected.shape), expected, rtol=2e-4, atol=1e-3)
    return check


def raw_columns():
    """Named inputs of several types, as the columns of a table; the encoding is inside the graph."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({
        "amount": rng.gamma(2, 50, 300).astype(np.float32),
        "age": rng.integers(18, 90, 300),
        "country": rng.choice(["DE", "FR", "日本", "São Tomé"], 300),
        "channel": rng.choice(["web", "branch"], 300),
    })
    y = np.where((frame.amount > 90) ^ (frame.channel == "web"), "fraud", "fine")
    model = make_pipeline(
        ColumnTransformer([
            ("number", StandardScaler(), ["amount", "age"]),
            ("text", OneHotEncoder(handle_unknown="ignore"), ["country", "channel"]),
        ]),
        LogisticRegression(max_iter=500))
    model.fit(frame, y)
    kinds = [("amount", FloatTensorType([None, 1])), ("age", Int64TensorType([None, 1])),
             ("country", StringTensorType([None, 1])), ("channel", StringTensorType([None, 1]))]
    name = f"columns-{TAG}"
    serve(name, to_onnx(model, initial_types=kinds).SerializeToString())
    types = {"amount": "FP32", "age": "INT64", "country": "BYTES", "channel": "BYTES"}
    metadata = api("GET", f"/v2/models/{name}")
    same({i["name"]: (i["datatype"], i["shape"]) for i in metadata["inputs"]}, {c: (t, [-1, 1]) for c, t in types.items()})
    frame.loc[0, "country"] = "a country that the training never saw"
    status, answer = infer(name, [(c, t, [len(frame), 1], frame[c].tolist()) for c, t in types.items()])
    holds(status == 200, answer)
    answer = outputs(answer)
    same(answer["output_label"]["data"], list(model.predict(frame)))
    same(answer["output_label"]["datatype"], "BYTES")
    np.testing.assert_allclose(values(answer["output_probability"]), model.predict_proba(frame), atol=1e-5)
    same(answer["output_probability_labels"]["data"][:2], ["fine", "fraud"])
    status, refused = infer(name, [(c, t, [1, 1], frame[c].tolist()[:1]) for c, t in types.items() if c != "age"])
    same(status, 400)
    holds("'age' is missing" in refused["error"], refused)
    status, refused = infer(name, [(c, t, [1, 1], frame[c].tolist()[:1]) for c, t in {**types, "agee": "INT64"}.items() if c != "age"]
                            if "agee" in frame else [("agee", "INT64", [1, 1], [3])])
    same(status, 400)
    holds("Did you mean 'age'?" in refused["error"], refused)


def texts():
    """A text classifier: one string per row. Lower-casing would need the locale en_US.UTF-8 on the server's machine."""
    words = ["refund my payment", "where is my card", "card was stolen", "payment failed twice", "refund please", "new card"] * 10
    y = np.array([0, 1, 1, 0, 0, 1] * 10)
    model = make_pipeline(TfidfVectorizer(token_pattern=r"[a-z]+", lowercase=False), LogisticRegression())
    model.fit(words, y)
    name = f"texts-{TAG}"
    serve(name, to_onnx(model, initial_types=[("text", StringTensorType([None, 1]))]).SerializeToString())
    status, answer = infer(name, [("text", "BYTES", [6, 1], words[:6])])
    holds(status == 200, answer)
    same(outputs(answer)["output_label"]["data"], model.predict(words[:6]).tolist())


def several_outputs():
    """Outputs are all answered, or those that are asked for, in that order."""
    x = IRIS.data.astype(np.float32)
    forest = IsolationForest(n_estimators=20, random_state=3).fit(x)
    name, graph = converted(f"isolation-{TAG}", forest, x, target_opset={"": 17, "ai.onnx.ml": 3})
    serve(name, graph)
    answer = ask(name, x)
    same(values(answer["label"]).ravel().tolist(), forest.predict(x).tolist())
    np.testing.assert_allclose(values(answer["scores"]).ravel(), forest.decision_function(x), atol=1e-5)
    same(list(ask(name, x[:2], outputs=[{"name": "scores"}])), ["scores"])
    same(list(ask(name, x[:2], outputs=[{"name": "scores"}, {"name": "label"}])), ["scores", "label"])
    status, refused = infer(name, [("X", "FP32", [1, 4], [1, 2, 3, 4])], outputs=[{"name": "score"}])
    same(status, 400)
    holds("scores" in refused["error"], refused)
    means = KMeans(3, n_init=2, random_state=3).fit(x)
    name, graph = converted(f"kmeans-{TAG}", means, x)
    serve(name, graph)
    answer = ask(name, x)
    same(values(answer["label"]).tolist(), means.predict(x).tolist())
    np.testing.assert_allclose(values(answer["scores"]), means.transform(x), atol=1e-3)


def lightgbm_models():
    x = CANCER.data.astype(np.float32)
    for label, model, y in (
            ("lgbm-binary", lightgbm.LGBMClassifier(n_estimators=20, verbose=-1), CANCER.target),
            ("lgbm-multi", lightgbm.LGBMClassifier(n_estimators=10, verbose=-1), CANCER.target + (x[:, 0] > 15))):
        model.fit(x, y)
        name = f"{label}-{TAG}"
        serve(name, onnxmltools.convert_lightgbm(model, initial_types=[("X", ToolsFloat([None, x.shape[1]]))]).SerializeToString())
        answer = ask(name, x)
        same(answer["label"]["data"], model.predict(x).tolist())
        np.testing.assert_allclose(values(answer["probabilities"]), model.predict_proba(x), atol=1e-5)
        same(values(answer["probabilities_labels"])[0].tolist(), model.classes_.tolist())
    model = lightgbm.LGBMRegressor(n_estimators=20, verbose=-1).fit(DIABETES.data.astype(np.float32), DIABETES.target)
    name = f"lgbm-regressor-{TAG}"
    x = DIABETES.data.astype(np.float32)
    serve(name, onnxmltools.convert_lightgbm(model, initial_types=[("X", ToolsFloat([None, 10]))]).SerializeToString())
    np.testing.assert_allclose(values(ask(name, x)["variable"]).ravel(), model.predict(x), rtol=1e-4)


def xgboost_models():
    x = IRIS.data.astype(np.float32)
    for label, y in (("xgb-multi", IRIS.target), ("xgb-binary", (IRIS.target > 0).astype(int))):
        model = xgboost.XGBClassifier(n_estimators=12, max_depth=3).fit(x, y)
        name = f"{label}-{TAG}"
        serve(name, onnxmltools.convert_xgboost(model, initial_types=[("X", ToolsFloat([None, 4]))]).SerializeToString())
        answer = ask(name, x)
        same(answer["label"]["data"], model.predict(x).tolist())
        np.testing.assert_allclose(values(answer["probabilities"]), model.predict_proba(x), atol=1e-5)
    x = DIABETES.data.astype(np.float32)
    model = xgboost.XGBRegressor(n_estimators=12, max_depth=3).fit(x, DIABETES.target)
    name = f"xgb-regressor-{TAG}"
    serve(name, onnxmltools.convert_xgboost(model, initial_types=[("X", ToolsFloat([None, 10]))]).SerializeToString())
    np.testing.assert_allclose(values(ask(name, x)["variable"]).ravel(), model.predict(x), rtol=1e-4)


def zip_maps_over_grpc():
    name = f"logistic-{TAG}"
    client = triton_grpc.InferenceServerClient(PLACE)
    x = IRIS.data[:5].astype(np.float32)
    tensor = triton_grpc.InferInput("X", list(x.shape), "FP32")
    tensor.set_data_from_numpy(x)
    result = client.infer(name, [tensor], headers=header())
    np.testing.assert_allclose(result.as_numpy("output_probability").sum(axis=1), np.ones(5), atol=1e-5)
    same(result.as_numpy("output_probability_labels").tolist(), [[0, 1, 2]] * 5)
    client.close()


def no_file_of_a_model():
    """What is no model is told before any traffic, and what was served stays."""
    name = f"broken-{TAG}"
    x = IRIS.data.astype(np.float32)
    good = converted(name, LogisticRegression(max_iter=300).fit(x, IRIS.target), x)[1]
    serve(name, good)
    for what, raw in {"cut off": good[: len(good) // 2], "no graph": b"not a model at all", "empty": b""}.items():
        status, _, answer = call("POST", f"/api/v1/models/{name}/versions?file=model.onnx", raw, content_type="application/octet-stream")
        if status >= 400:
            holds(status < 500, f"{what}: {status} {answer}")
            continue
        from pilothouse import released
        release = released(name, None)
        same(release["state"], "rejected", what)
    ask(name, x[:1])


def main():
    checks = Checks("models")
    x = DIABETES.data.astype(np.float32)
    checks.run("logistic regression, zip-map of numbers", classifies("logistic", LogisticRegression(max_iter=500), IRIS))
    checks.run("the zip-map over gRPC", zip_maps_over_grpc)
    checks.run("pipeline with scaler, zip-map of texts",
               classifies("names", make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)), IRIS, target=IRIS.target_names[IRIS.target]))
    checks.run("gradient boosting, plain probabilities", classifies("boosted", GradientBoostingClassifier(n_estimators=20), CANCER, options={"zipmap": False}))
    checks.run("neural network in 64 bits",
               classifies("network", make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=300, random_state=1)), IRIS, np.float64, options={"zipmap": False}))
    checks.run("linear regression", regresses("linear", LinearRegression(), x, DIABETES.target))
    checks.run("random forest", regresses("forest", RandomForestRegressor(20, random_state=2), x, DIABETES.target))
    checks.run("two targets at once", regresses("targets", MultiOutputRegressor(LinearRegression()), x, np.stack([DIABETES.target, -DIABETES.target], 1)))
    checks.run("raw columns: numbers, whole numbers and texts as named inputs", raw_columns)
    checks.run("a text classifier", texts)
    checks.run("several outputs, all or by name", several_outputs)
    checks.run("LightGBM", lightgbm_models)
    checks.run("XGBoost", xgboost_models)
    checks.run("what is no model is refused, and the old one stays", no_file_of_a_model)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
