"""Registered models, versions, aliases, stages, tags, and prompts."""

import sys
import warnings

import mlflow

from checks import holds, same
from mlflow_here import TAG, client, refused, started


def registry():
    name = f"registry-{TAG}"
    client.create_registered_model(name, tags={"a": "1"}, description="first")
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
    mlflow.set_experiment(f"registry-{TAG}")
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "model/weights.txt")
    for i in range(2):
        client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id, tags={"n": str(i)})
    same(client.get_model_version(name, "2").tags, {"n": "1"})
    client.update_model_version(name, "2", "better")
    same(client.get_model_version(name, "2").description, "better")
    client.set_model_version_tag(name, "2", "ok", "yes")
    client.delete_model_version_tag(name, "2", "ok")
    client.set_registered_model_alias(name, "live", "2")
    same(client.get_registered_model(name).aliases, {"live": "2"} if isinstance(
        next(iter(client.get_registered_model(name).aliases.values())), str) else {"live": 2})
    client.delete_registered_model_alias(name, "live")
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "live"))
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    same(client.get_model_version(name, "1").current_stage, "Archived")
    same([str(v.version) for v in client.get_latest_versions(name, ["Production"])], ["2"])
    found = client.search_model_versions(f"name = '{name}' AND tags.n = '1'")
    same([str(v.version) for v in found], ["2"])
    same([str(v.version) for v in client.search_model_versions(f"name='{name}'", order_by=["version_number ASC"])], ["1", "2"])
    same([m.name for m in client.search_registered_models(f"name LIKE '{name}%'")], [name])
    client.set_registered_model_tag(name, "b", "2")
    client.delete_registered_model_tag(name, "a")
    same(client.get_registered_model(name).tags, {"b": "2"})
    same(mlflow.artifacts.load_text(f"models:/{name}/2/weights.txt"), "weights")
    client.copy_model_version(f"models:/{name}/2", f"{name}-copy")
    same(mlflow.artifacts.load_text(f"models:/{name}-copy/1/weights.txt"), "weights")
    client.delete_model_version(name, "1")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(name, "1"))
    client.rename_registered_model(name, name + "-new")
    same(str(client.get_model_version(name + "-new", "2").version), "2")
    client.delete_registered_model(name + "-new")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(name + "-new"))


def prompts():
    name = f"prompt-{TAG}"
    mlflow.genai.register_prompt(name=name, template="Hello {{name}}", commit_message="first", tags={"lang": "en"})
    second = mlflow.genai.register_prompt(name=name, template="Dear {{name}}")
    same(second.version, 2)
    same(mlflow.genai.load_prompt(f"prompts:/{name}/1").format(name="Ada"), "Hello Ada")
    mlflow.genai.set_prompt_alias(name, alias="live", version=2)
    same(mlflow.genai.load_prompt(f"prompts:/{name}@live").template, "Dear {{name}}")
    holds(name not in [m.name for m in client.search_registered_models()], "a prompt is no model")
    holds(name in [p.name for p in mlflow.genai.search_prompts(f"name = '{name}'")], "prompts are found")


def stages():
    """Stages are old, and still there for who uses them."""
    name = f"stages-{TAG}"
    client.create_registered_model(name)
    mlflow.set_experiment(name)
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "model/weights.txt")
    for _ in range(3):
        client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(client.transition_model_version_stage(name, "1", "Production").current_stage, "Production")
        same(client.transition_model_version_stage(name, "2", "production", archive_existing_versions=True).current_stage, "Production")
        same(client.get_model_version(name, "1").current_stage, "Archived")
        same({v.current_stage: str(v.version) for v in client.get_latest_versions(name)}, {"None": "3", "Production": "2", "Archived": "1"})
        same([str(v.version) for v in client.get_latest_versions(name, ["Production"])], ["2"])
        same(mlflow.artifacts.load_text(f"models:/{name}/Production/weights.txt"), "weights")
    refused("INVALID_PARAMETER_VALUE", lambda: client.transition_model_version_stage(name, "1", "Nowhere"))


def found():
    """Searches of models and versions, in order and by pages."""
    names = [f"found-{TAG}-{i}" for i in range(5)]
    mlflow.set_experiment(f"found-{TAG}")
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "model/weights.txt")
    for i, name in enumerate(names):
        client.create_registered_model(name, tags={"even": str(i % 2 == 0)})
        for _ in range(2):
            client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id, tags={"of": str(i)})

    def models(text, **more):
        return [m.name for m in client.search_registered_models(text, **more)]

    text = f"name LIKE 'found-{TAG}%'"
    same(models(text, order_by=["name DESC"]), names[::-1])
    same(models(text + " AND tags.even = 'True'"), names[::2])
    same(models(f"name ILIKE 'FOUND-{TAG}-3'"), [names[3]])
    page = client.search_registered_models(text, max_results=2)
    seen = [m.name for m in page]
    while page.token:
        page = client.search_registered_models(text, max_results=2, page_token=page.token)
        seen += [m.name for m in page]
    same(seen, names)

    def versions(text, **more):
        return [(v.name, str(v.version)) for v in client.search_model_versions(text, **more)]

    same(sorted(versions(f"name = '{names[0]}'")), [(names[0], "1"), (names[0], "2")])
    same(len(versions(f"run_id = '{run.info.run_id}'")), 10)
    same(len(versions(f"run_id IN ('{run.info.run_id}')")), 10)
    same(sorted(versions(f"name LIKE 'found-{TAG}%' AND tags.of = '4'")), [(names[4], "1"), (names[4], "2")])
    same(versions(f"name = '{names[1]}'", order_by=["version_number ASC"]), [(names[1], "1"), (names[1], "2")])
    same(versions(f"name = '{names[1]}'", order_by=["version_number DESC"]), [(names[1], "2"), (names[1], "1")])
    page = client.search_model_versions(text, max_results=4, order_by=["name ASC", "version_number ASC"])
    seen = [(v.name, str(v.version)) for v in page]
    while page.token:
        page = client.search_model_versions(text, max_results=4, order_by=["name ASC", "version_number ASC"], page_token=page.token)
        seen += [(v.name, str(v.version)) for v in page]
    same(seen, [(n, v) for n in names for v in ("1", "2")])
    refused("INVALID_PARAMETER_VALUE", lambda: models("colour = 'red'"))
    refused("INVALID_PARAMETER_VALUE", lambda: versions("colour = 'red'"))


def main():
    checks = started("registry")
    checks.run("registry: versions, aliases, stages, tags, copies", registry)
    checks.run("stages", stages)
    checks.run("models and versions are found", found)
    checks.run("prompts", prompts)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
