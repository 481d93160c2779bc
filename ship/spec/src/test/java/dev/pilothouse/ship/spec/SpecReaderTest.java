package dev.pilothouse.ship.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.ship.gates.GateSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecReaderTest {
    static final String WHOLE = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata:
              name: fraud
            model:
              name: card-fraud
              alias: production
            data:
              dataset: payments
            gates:
              - evaluation:
                  dataset: payments-eval
                  target: fraud
                  metric: accuracy
                  min: 0.9
                  no-worse-than-production: 0.01
              - approval:
                  role: approver
                  lapses-after: 2d
            rollout:
              shadow:
                requests: 100
              steps: [5, 25, 100]
              min-requests: 300
              slow-after: 100ms
              errors:
                margin: 1 %
              accuracy: {tolerance: 0.01, margin: 0.03}
              labels: required
              signature: may-change
            """;
    private static final String HEAD = "apiVersion: pilothouse.dev/v1\nkind: Service\nmetadata: {name: fraud}\n";

    @Test
    void everyKeyIsReadAndEveryOtherHasItsDefault() {
        ServiceSpec spec = read(WHOLE);
        assertThat(spec.name()).isEqualTo("fraud");
        assertThat(spec.workload())
                .isEqualTo(new ServiceSpec.Workload.Model("card-fraud", "production", Optional.empty()));
        assertThat(spec.allGates()).hasSize(3).first().isEqualTo(new GateSpec.Data("payments"));
        assertThat(spec.rollout().steps()).containsExactly(5, 25, 100);
        assertThat(spec.rollout().signatureMayChange()).isTrue();
        assertThat(spec.rollout().errors()).isEqualTo(new ServiceSpec.Bounds(0.002, 0.01));
        assertThat(spec.rollout().accuracy()).isEqualTo(new ServiceSpec.Bounds(0.01, 0.03));
        assertThat(spec.rollout().slowAfter()).isEqualTo(Duration.ofMillis(100));
        assertThat(spec.rollout().maxWait()).isEqualTo(Duration.ofHours(1));
        assertThat(spec.rollout().wrongBeyond()).as("auto").isEmpty();
        assertThat(spec.gates().getFirst()).isInstanceOfSatisfying(GateSpec.Evaluation.class, gate -> {
            assertThat(gate.minRows()).isEqualTo(100);
            assertThat(gate.passUnsure()).isFalse();
        });
        ServiceSpec least = read(HEAD + "model: {name: m}\n");
        assertThat(least.rollout().steps()).containsExactly(5, 10, 25, 50, 100);
        assertThat(least.allGates()).isEmpty();
    }

    @Test
    void whatIsStoredIsReadBackTheSame() {
        ServiceSpec model = read(WHOLE);
        assertThat(SpecTree.read(SpecTree.text(model))).isEqualTo(model);
        ServiceSpec container = read(HEAD + """
                container:
                  command: [python3, serve.py, "{port}"]
                  model: fraud
                  files: {name: card-fraud}
                  replicas: 3
                  env: {THREADS: 2, "a.b": "x: y", MODEL: "{model-dir}/model.pkl"}
                  secrets: {TOKEN: api-token}
                notify:
                  - webhook: https://hooks.example.com/x
                  - {slack: "https://hooks.slack.example/services/x", on: [rolled-back]}
                  - {slack: {secret: slack-webhook}}
                  - {email: [oncall@example.com, b@example.com], on: [rejected, awaiting-approval]}
                """);
        assertThat(SpecTree.read(SpecTree.text(container))).isEqualTo(container);
        assertThat(read(HEAD + "model: {name: m}\nnotify: {webhook: \"https://hooks.example.com/x\"}\n")
                        .told())
                .containsExactly(new Notify(
                        new Notify.Target.Webhook("https://hooks.example.com/x"), Set.copyOf(Notify.EVENTS)));
        assertThat(container.workload()).isInstanceOfSatisfying(ServiceSpec.Workload.Container.class, read -> {
            assertThat(read.files()).hasValue(new ServiceSpec.Workload.Files("card-fraud", "production"));
            assertThat(read.replicas()).isEqualTo(3);
        });
    }

    @Test
    void numbersHaveTheirMeasuresAndTheirMiss() {
        ServiceSpec spec =
                read(WHOLE.replace("metric: accuracy", "metric: rmse\n      min-rows: 40\n      unsure: pass")
                        .replace("slow-after:", "wrong-beyond: 25000.5\n  slow-after:"));
        assertThat(spec.rollout().wrongBeyond()).hasValue(25_000.5);
        assertThat(SpecTree.read(SpecTree.text(spec))).isEqualTo(spec);
        assertThat(problems(WHOLE.replace("slow-after:", "wrong-beyond: -1\n  slow-after:")))
                .extracting(Problem::toString)
                .contains("pilothouse.yaml:25:17 rollout.wrong-beyond: This is a distance, so it cannot be negative.");
        assertThat(problems(WHOLE.replace("min: 0.9", "rows: 50\n      min-rows: 60\n      min: 0.9")))
                .singleElement()
                .extracting(Problem::toString)
                .asString()
                .contains("gates[0].evaluation.min-rows", "could never decide");
    }

    @Test
    void aPlanNamesEachFieldThatChanges() {
        ServiceSpec before = read(WHOLE);
        ServiceSpec after =
                read(WHOLE.replace("min-requests: 300", "min-requests: 500").replace("  alias: production\n", ""));
        assertThat(SpecTree.changes(Optional.of(before), after))
                .containsExactly(new SpecTree.Change("rollout.min-requests", Optional.of("300"), Optional.of("500")));
        assertThat(SpecTree.changes(Optional.of(before), before)).isEmpty();
        assertThat(SpecTree.changes(Optional.empty(), before)).isNotEmpty();
    }

    @Test
    void theProblemOfTheHouseStyleIsReportedWordForWord() {
        String text = WHOLE.replace("steps: [5, 25, 100]", "steps:\n    - 5\n    - 25\n    - 125");
        assertThat(problems(text))
                .extracting(Problem::toString)
                .contains("pilothouse.yaml:26:7 rollout.steps[2]: 125 % is more than all traffic; use at most 100");
    }

    @Test
    void allProblemsOfAFileAreReportedTogether() {
        var problems = problems("""
                apiVersion: pilothouse.dev/v2
                kind: Servce
                metadata:
                  name: Fraud!
                modl:
                  name: x
                rolout:
                  steps: [1]
                gates:
                  - evalation: {}
                  - evaluation:
                      dataset: d
                      metric: acuracy
                rollout:
                  min-requests: many
                  max-wait: soon
                  alpha: 70 %
                """);
        assertThat(problems)
                .extracting(Problem::toString)
                .containsExactlyInAnyOrder(
                        "pilothouse.yaml:1:13 apiVersion: 'pilothouse.dev/v2' is not known; use 'pilothouse.dev/v1'.",
                        "pilothouse.yaml:2:7 kind: There is no kind 'Servce'. Did you mean 'Service'?",
                        "pilothouse.yaml:4:9 metadata.name: 'Fraud!' cannot be used here; use a lower-case letter, then letters,"
                                + " digits and dashes, at most 63.",
                        "pilothouse.yaml:1:1: A service needs 'model' (a registered ONNX model) or 'container' (a command that serves).",
                        "pilothouse.yaml:5:1 modl: There is no key 'modl' here. Did you mean 'model'?",
                        "pilothouse.yaml:7:1 rolout: There is no key 'rolout' here. Did you mean 'rollout'?",
                        "pilothouse.yaml:10:5 gates[0].evalation: There is no key 'evalation' here. Did you mean 'evaluation'?",
                        "pilothouse.yaml:13:15 gates[1].evaluation.metric: There is no metric 'acuracy'. Did you mean 'accuracy'?",
                        "pilothouse.yaml:12:7 gates[1].evaluation.target: This key is missing; give it, such as 'target: label'.",
                        "pilothouse.yaml:12:7 gates[1].evaluation: An evaluation needs a bound: 'min', 'max' or"
                                + " 'no-worse-than-production'.",
                        "pilothouse.yaml:15:17 rollout.min-requests: 'many' does not fit; use a whole number from 1 to 100000000.",
                        "pilothouse.yaml:16:13 rollout.max-wait: 'soon' does not fit; use a time from 1s to 365d, such as 250ms,"
                                + " 10s, 5m, 1h or 2d.",
                        "pilothouse.yaml:17:10 rollout.alpha: '70 %' does not fit; use a share from 0.000000001 to 0.5, such as"
                                + " 0.01 or 1%.");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "model: {name: m}\\nrollout: {steps: [10, 5, 100]} | Steps must rise, but 5 % follows 10 %.",
                "model: {name: m}\\nrollout: {steps: [5, 50]} | The last step must be 100",
                "model: {name: m}\\nrollout: {errors: {tolerance: 5%, margin: 1%}} | is below the tolerance",
                "model: {name: m}\\nmodel: {name: n} | This key was given already in line 4.",
                "model: &a {name: m}\\ncontainer: *a | Anchors (&) and aliases (*) are not allowed",
                "model: {name: m, ref: m@x} | Give either 'name'",
                "model: {name: m}\\ncontainer: {command: [x], model: m} | not both",
                "container: {command: [x], model: m, files: {}} | Give either 'name'",
                "container: {command: [x, \"{model-dir}\"], model: m} | names {model-dir}",
                "container: {command: [x], model: m, replicas: 0} | from 1 to 64",
                "container: {command: python3, model: m} | This must be a list",
                "model: m | This must be a mapping",
                "model: {name: m}\\nintent: {latency: 5ms} | There is no key 'intent' here.",
                "model: {name: m}\\nnotify: {webhook: nowhere} | is no address for a webhook",
                "model: {name: m}\\nnotify: [{email: nobody}] | is no e-mail address",
                "model: {name: m}\\nnotify: [{email: a@b.c, slack: \"https://x.example/\"}] | one of the keys webhook, slack, email",
                "model: {name: m}\\nnotify: [{email: a@b.c, on: [promotd]}] | Did you mean 'promoted'?",
                "model: {name: m}\\nnotify: [{slack: {secret: \"https://x\"}}] | cannot be used here",
                "container: {command: [x], model: m, secrets: {TOKEN: \"s3cr3t VALUE\"}} | not its value",
                "container: {command: [x], model: m, env: {T: 1}, secrets: {T: a}} | keep one of the two",
                "model: {name: m}\\nenvironments: {staging: {}} | This must be a list of environments",
                "model: {name: m}\\nenvironments: [] | This must be a list of environments",
                "model: {name: m}\\nenvironments: [a, b, a] | stands in this list twice",
                "model: {name: m}\\nenvironments: [{model: {file: x}}] | This key is missing",
                "model: {name: m}\\nenvironments: [Staging] | cannot be used here",
                "model: {name: m}\\nenvironments: [{name: a, container: {command: [x], model: m}}] | not both",
                "model: {name: m}\\nenvironments: [a,b,c,d,e,f,g,h,i,j,k] | More than 10 environments",
                "model: {name: m | This is not valid YAML",
                "model:\\n\\t- x | This is not valid YAML",
                "model: {name: [[[[[[[[[[[[[[[[[[[[[[[[m]]]]]]]]]]]]]]]]]]]]]]]]} | Nested more than 20 levels deep.",
            })
    void badFilesSayWhatToDo(String text, String expected) {
        assertThat(problems(HEAD + text.replace("\\n", "\n").replace("\\t", "\t")))
                .extracting(Problem::what)
                .anyMatch(what -> what.contains(expected.strip()));
    }

    @Test
    void severalServicesStandInOneFileButNotTheSameTwice() {
        String two = HEAD + "model: {name: m}\n---\n" + HEAD.replace("fraud", "churn") + "model: {name: m}\n";
        assertThat(SpecReader.read("f.yaml", two))
                .extracting(Declaration::address)
                .containsExactly("fraud", "churn");
        assertThat(problems(two.replace("churn", "fraud")))
                .extracting(Problem::what)
                .anyMatch(what -> what.contains("twice"));
        assertThat(problems("")).hasSize(1);
        assertThat(problems("\u0000\u0001")).hasSize(1);
    }

    @Test
    void thePublishedSchemaAcceptsWhatTheReaderWritesAndRefusesUnknownKeys() {
        var validator = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(new String(Schemas.read("service.json"), StandardCharsets.UTF_8));
        assertThat(validator.validate(WHOLE, InputFormat.YAML)).isEmpty();
        assertThat(validator.validate(SpecTree.text(read(WHOLE)), InputFormat.JSON))
                .isEmpty();
        ServiceSpec container =
                read(HEAD + "container: {command: [x], model: m, files: {ref: m@champion}, replicas: 2}");
        assertThat(validator.validate(SpecTree.text(container), InputFormat.JSON))
                .isEmpty();
        assertThat(validator.validate(ENVIRONMENTS, InputFormat.YAML)).isEmpty();
        for (String bad : List.of("rolout: {}", "gates: {}", "container: {command: x}", "name: 3")) {
            assertThat(validator.validate(
                            HEAD + "model: {name: m}\nenvironments: [{name: a, " + bad + "}]\n", InputFormat.YAML))
                    .as(bad)
                    .isNotEmpty();
        }
        assertThat(validator.validate(HEAD + "model: {name: m}\nrolout: {}\n", InputFormat.YAML))
                .isNotEmpty();
        assertThat(validator.validate(HEAD, InputFormat.YAML)).isNotEmpty();
    }

    static final String ENVIRONMENTS = HEAD + """
            container:
              command: [serve, "{port}"]
              model: m
              files: {name: m, alias: champion}
              env: {LEVEL: info, REGION: eu}
            gates:
              - evaluation: {dataset: e, target: t, min: 0.9}
            rollout: {min-requests: 500}
            environments:
              - name: staging
                container: {env: {LEVEL: debug}, secrets: {TOKEN: token}, replicas: 2}
                rollout: {steps: [100]}
              - name: production
                container: {files: {ref: m@staging}}
                gates:
                  - approval: {role: approver}
            """;

    @Test
    void anEnvironmentIsTheServiceWithWhatItChanges() {
        var both = SpecReader.read("f.yaml", ENVIRONMENTS);
        assertThat(both).extracting(Declaration::address).containsExactly("fraud@staging", "fraud");
        ServiceSpec staging = both.get(0).spec();
        ServiceSpec production = both.get(1).spec();
        assertThat(staging.name()).isEqualTo("fraud");
        assertThat(staging.workload()).isInstanceOfSatisfying(ServiceSpec.Workload.Container.class, container -> {
            assertThat(container.environment()).containsEntry("LEVEL", "debug").containsEntry("REGION", "eu");
            assertThat(container.secrets()).containsEntry("TOKEN", "token");
            assertThat(container.replicas()).isEqualTo(2);
            assertThat(container.files()).hasValue(new ServiceSpec.Workload.Files("m", "staging"));
        });
        assertThat(production.workload()).isInstanceOfSatisfying(ServiceSpec.Workload.Container.class, container -> {
            assertThat(container.environment()).containsEntry("LEVEL", "info");
            assertThat(container.secrets()).isEmpty();
            assertThat(container.files()).hasValue(new ServiceSpec.Workload.Files("m@staging", "champion"));
        });
        assertThat(staging.rollout().steps()).containsExactly(100);
        assertThat(staging.rollout().minRequests()).isEqualTo(500);
        assertThat(production.rollout().steps()).containsExactly(5, 10, 25, 50, 100);
        assertThat(staging.allGates()).hasSize(1);
        assertThat(production.allGates())
                .hasSize(2)
                .first()
                .isEqualTo(staging.allGates().getFirst());
        assertThat(SpecReader.read("f.yaml", HEAD + "model: {name: m}\nenvironments: [staging, production]\n"))
                .extracting(Declaration::address)
                .containsExactly("fraud@staging", "fraud");
    }

    @Test
    void problemsOfAnEnvironmentStandWhereTheyAreWrittenAndThoseOfTheServiceOnce() {
        assertThat(problems(HEAD + """
                        model: {name: m}
                        rollout: {min-requests: many}
                        environments:
                          - name: staging
                            rolout: {steps: [100]}
                            rollout:
                              stps: [100]
                          - name: production
                            rollout: {steps: [5, 125]}
                            gates:
                              - aproval: {}
                        """))
                .extracting(Problem::toString)
                .containsExactlyInAnyOrder(
                        "pilothouse.yaml:5:25 rollout.min-requests: 'many' does not fit; use a whole number from 1 to"
                                + " 100000000.",
                        "pilothouse.yaml:8:5 environments[0].rolout: An environment has no key 'rolout'. Did you mean"
                                + " 'rollout'?",
                        "pilothouse.yaml:10:7 environments[0].rollout.stps: There is no key 'stps' here. Did you mean 'steps'?",
                        "pilothouse.yaml:12:26 environments[1].rollout.steps[1]: 125 % is more than all traffic; use at most"
                                + " 100",
                        "pilothouse.yaml:14:9 environments[1].gates[0].aproval: There is no key 'aproval' here. Did you mean"
                                + " 'approval'?");
    }

    static ServiceSpec read(String text) {
        return SpecReader.read("pilothouse.yaml", text).getFirst().spec();
    }

    private static List<Problem> problems(String text) {
        var refusal = catchThrowableOfType(PilothouseException.class, () -> SpecReader.read("pilothouse.yaml", text));
        assertThat(refusal).as("must be refused: %s", text).isNotNull();
        return refusal.problems();
    }
}
