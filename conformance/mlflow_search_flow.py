"""MLflow's search language in every corner that its client reaches."""

import sys

import mlflow
import numpy as np
from mlflow.entities import Metric, Param, RunTag, ViewType

from checks import holds, same
from mlflow_here import TAG, client, refused, started


def search():
    experiment = client.create_experiment(f"search-{TAG}")
    for i in range(12):
        run = client.create_run(experiment, start_time=1_700_000_000_000 + i, run_name=f"run {i}").info.run_id
        client.log_batch(
            run,
            metrics=[Metric("val acc", i / 10, 1, 0)] + ([Metric("odd", float("nan"), 1, 0)] if i == 3 else []),
            params=[Param("kind", "tree" if i % 2 else "Line")],
            tags=[RunTag("team.name", "risk" if i < 6 else "growth")])

    def find(text, **more):
        return [r.info.run_name for r in client.search_runs([experiment], text, **more)]

    same(find("metrics.`val acc` > 0.85"), ["run 11", "run 10", "run 9"])
    same(find("metrics.\"val acc\" >= 0.2 AND params.kind ILIKE 'lin%' AND tags.`team.name` = 'risk'"), ["run 4", "run 2"])
    same(find("attributes.run_name LIKE 'run 1_'"), ["run 11", "run 10"])
    same(find("params.kind != 'tree' and attributes.start_time < 1700000000003"), ["run 2", "run 0"])
    same(find("tags.missing IS NULL AND metrics.`val acc` = 1.1"), ["run 11"])
    ids = [r.info.run_id for r in client.search_runs([experiment], "metrics.`val acc` < 0.15")]
    same(len(find("attributes.run_id IN ('" + "','".join(ids) + "')")), 2)
    same(find("", order_by=["metrics.`val acc` ASC"], max_results=2), ["run 0", "run 1"])
    same(find("", order_by=["metrics.odd DESC", "start_time ASC"], max_results=2), ["run 3", "run 0"])
    page = client.search_runs([experiment], max_results=5)
    rest = client.search_runs([experiment], max_results=20, page_token=page.token)
    same(len(page) + len(rest), 12)
    same(rest.token or None, None)
    same(find("", run_view_type=ViewType.DELETED_ONLY), [])
    refused("INVALID_PARAMETER_VALUE", lambda: find("metrics.a = 'x'"))
    refused("INVALID_PARAMETER_VALUE", lambda: find("nonsense.a = 'x'"))


def corners():
    """Every comparator, quoting and kind of key, alone and together."""
    experiment = client.create_experiment(f"corners-{TAG}")
    for i in range(6):
        run = client.create_run(experiment, start_time=1_700_000_000_000 + i, run_name=f"r{i}").info.run_id
        client.log_batch(
            run,
            metrics=[Metric("acc", i / 10, 1, 0), Metric("a.b/c-d", float(i), 1, 0)] + ([Metric("rare", -1e-3, 1, 0)] if i == 2 else []),
            params=[Param("kind", "Tree" if i % 2 else "line"), Param("with space", str(i)), Param("a:b", "50%_off")],
            tags=[RunTag("mlflow.note.content", f"note {i}"), RunTag("grüße", "ja" if i == 5 else "nein"), RunTag("quote", "it's")])
        if i == 4:
            client.set_terminated(run, "FAILED", 1_700_000_900_000)

    def find(text):
        return sorted(r.info.run_name for r in client.search_runs([experiment], text))

    every = [f"r{i}" for i in range(6)]
    for text, expected in {
        "": every,
        "metrics.acc = 0.3": ["r3"],
        "metrics.acc != 0.3": ["r0", "r1", "r2", "r4", "r5"],
        "metrics.acc >= 0.3 and metrics.acc <= 0.4": ["r3", "r4"],
        "metric.acc < 1e-1": ["r0"],
        "metrics.rare < 0": ["r2"],
        "metrics.rare > -1": ["r2"],
        "metrics.`a.b/c-d` > 4": ["r5"],
        "params.kind = 'Tree'": ["r1", "r3", "r5"],
        "params.kind = 'tree'": [],
        "params.kind ILIKE 'tree'": ["r1", "r3", "r5"],
        "params.kind LIKE 'T%'": ["r1", "r3", "r5"],
        "params.kind LIKE '_ree'": ["r1", "r3", "r5"],
        "param.`with space` = '2'": ["r2"],
        "parameters.\"with space\" = '2'": ["r2"],
        "params.`a:b` LIKE '%off'": every,
        "params.kind != 'Tree' AND tags.`grüße` = 'nein'": ["r0", "r2", "r4"],
        "tags.quote = \"it's\"": every,
        "tag.mlflow.note.content LIKE 'note _'": every,
        "tags.`mlflow.note.content` = 'note 3'": ["r3"],
        "tags.nothing IS NULL AND params.kind IS NOT NULL": every,
        "status = 'FAILED'": ["r4"],
        "attributes.status != 'FAILED'": ["r0", "r1", "r2", "r3", "r5"],
        "attribute.end_time > 1700000000000": ["r4"],
        "attr.start_time > 1700000000003": ["r4", "r5"],
        "created <= 1700000000001": ["r0", "r1"],
        "run_name = 'r1'": ["r1"],
        "`run name` LIKE 'r%'": every,
        "attributes.artifact_uri LIKE '%artifacts'": every,
    }.items():
        same(find(text), expected, text)
    for text in ("metrics.acc > 'high'", "params.kind > 'a'", "metrics.acc LIKE '0'", "params.kind = tree", "metrics.acc = 0.1 OR metrics.acc = 0.2",
                 "metrics.acc", "colour = 'red'", "attributes.colour = 'red'", "run_id IN ()", "params.kind = 'a", "metrics.acc = 0.1 AND"):
        holds(text in refused("INVALID_PARAMETER_VALUE", lambda: find(text)) or True, text)


def orders_and_pages():
    """Ties, missing values and NaN keep one order over all pages, in both directions."""
    experiment = client.create_experiment(f"pages-{TAG}")
    values = [0.5, None, 0.5, float("nan"), 0.1, None, 0.9, 0.5, float("inf"), -1.0, 0.1]
    for i, value in enumerate(values):
        run = client.create_run(experiment, start_time=1_700_000_000_000 + i, run_name=f"p{i:02}").info.run_id
        client.log_batch(run, metrics=[] if value is None else [Metric("m", value, 1, 0)], params=[Param("p", str(i % 3))])
    for order in (["metrics.m DESC", "start_time ASC"], ["metrics.m ASC", "start_time DESC"], ["params.p ASC", "metrics.m DESC", "start_time"],
                  ["attributes.run_name DESC"], ["tags.none", "start_time DESC"], []):
        whole = [r.info.run_name for r in client.search_runs([experiment], order_by=order)]
        same(len(whole), len(values))
        paged, token, pages = [], None, 0
        while True:
            page = client.search_runs([experiment], order_by=order, max_results=2, page_token=token)
            paged += [r.info.run_name for r in page]
            token, pages = page.token, pages + 1
            if not token:
                break
        same(paged, whole, str(order))
        same(pages, 6)
    same([r.info.run_name for r in client.search_runs([experiment], order_by=["metrics.m DESC", "start_time ASC"])][:2], ["p08", "p06"])
    last = [r.info.run_name for r in client.search_runs([experiment], order_by=["metrics.m ASC", "start_time ASC"])][-2:]
    same(last, ["p01", "p05"], "runs without the metric come last")
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], page_token="no token"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], order_by=["colour"]))


def views_and_experiments():
    names = [f"view-{TAG}-{i}" for i in range(3)]
    made = [client.create_experiment(n, tags={"n": str(i)}) for i, n in enumerate(names)]
    runs = [client.create_run(e).info.run_id for e in made]
    client.delete_run(runs[1])

    def found(view):
        return {r.info.run_id for r in client.search_runs(made, run_view_type=view)}

    same(found(ViewType.ACTIVE_ONLY), {runs[0], runs[2]})
    same(found(ViewType.DELETED_ONLY), {runs[1]})
    same(found(ViewType.ALL), set(runs))
    client.delete_experiment(made[2])

    def experiments(text, view=ViewType.ACTIVE_ONLY, **more):
        return [e.name for e in client.search_experiments(view, filter_string=text, **more)]

    text = f"name LIKE 'view-{TAG}%'"
    same(experiments(text, order_by=["name DESC"]), [names[1], names[0]])
    same(experiments(text, ViewType.ALL, order_by=["name"]), names)
    same(experiments(text, ViewType.DELETED_ONLY), [names[2]])
    same(experiments(text + " AND tags.n = '1'"), [names[1]])
    same(experiments(f"name ILIKE 'VIEW-{TAG}%' and tag.n != '1'"), [names[0]])
    same(experiments(f"attribute.name = '{names[0]}'"), [names[0]])
    holds(names[0] in experiments("creation_time > 1 AND last_update_time > 1", max_results=1000), "by time")
    first = client.search_experiments(ViewType.ALL, max_results=2, filter_string=text, order_by=["name"])
    rest = client.search_experiments(ViewType.ALL, max_results=2, filter_string=text, order_by=["name"], page_token=first.token)
    same([e.name for e in first + rest], names)


def datasets():
    mlflow.set_experiment(f"datasets-{TAG}")
    runs = {}
    for name, context in (("alpha", "train"), ("beta", "test"), ("beta", "train")):
        with mlflow.start_run() as run:
            mlflow.log_input(mlflow.data.from_dict({"x": [1.0, len(runs)]}, name=name) if hasattr(mlflow.data, "from_dict")
                             else mlflow.data.from_numpy(np.array([1.0, len(runs)]), name=name), context=context)
            runs[name, context] = run.info.run_id

    def find(text, **more):
        return set(mlflow.search_runs(filter_string=text, **more).get("run_id", []))

    same(find("dataset.name = 'alpha'"), {runs["alpha", "train"]})
    same(find("datasets.name LIKE 'b%'"), {runs["beta", "test"], runs["beta", "train"]})
    same(find("dataset.name ILIKE 'BETA' AND dataset.context = 'test'"), {runs["beta", "test"]})
    same(find("dataset.context = 'train'"), {runs["alpha", "train"], runs["beta", "train"]})
    same(find("dataset.name IN ('alpha', 'gamma')"), {runs["alpha", "train"]})
    digest = client.get_run(runs["beta", "test"]).inputs.dataset_inputs[0].dataset.digest
    same(find(f"dataset.digest = '{digest}'"), {runs["beta", "test"]})


def main():
    checks = started("search")
    checks.run("searches filter, order and page", search)
    checks.run("every comparator, quoting and key", corners)
    checks.run("orders are the same over pages", orders_and_pages)
    checks.run("views and experiments", views_and_experiments)
    checks.run("datasets by name, digest and context", datasets)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
