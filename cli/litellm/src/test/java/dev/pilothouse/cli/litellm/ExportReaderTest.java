package dev.pilothouse.cli.litellm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import java.time.Instant;
import java.util.LinkedHashMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ExportReaderTest {
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

    private static Plan read(String... answers) {
        var named = new LinkedHashMap<String, JsonNode>();
        for (int i = 0; i < answers.length; i++) {
            named.put("export-" + i + ".json", Json.parse(answers[i]));
        }
        var plan = new Plan();
        ExportReader.read(named, NOW, plan);
        return plan;
    }

    @Test
    void teamsUsersAndKeysKeepTheirBudgetsInTheWindowThatFits() {
        Plan plan = read("""
                {"keys": [
                  {"token": "88dc28", "key_name": "sk-...a", "key_alias": "ci", "team_id": "t1", "user_id": "u1",
                   "max_budget": 5.5, "budget_duration": "1d", "spend": 1.2500000000000002, "expires": "2026-12-07T12:00:00+00:00"},
                  {"token": "99ee", "key_name": "sk-...b", "key_alias": "own", "user_id": "u1", "max_budget": null}],
                 "total_count": 2, "current_page": 1, "total_pages": 1}
                """, """
                [{"team_id": "t1", "team_alias": "research", "max_budget": 1500, "budget_duration": "30d", "spend": 0.0,
                  "models": ["gpt-5"], "tpm_limit": 1000, "members_with_roles": [], "keys": []}]
                """, """
                {"users": [{"user_id": "u1", "user_email": "ada@example.com", "max_budget": 20, "budget_duration": null}],
                 "total": 1, "page": 1, "page_size": 25, "total_pages": 1}
                """);
        assertThat(plan.units()).containsExactly("team:research", "project:ada@example.com");
        assertThat(plan.keys())
                .containsExactly(
                        new Plan.Key("ci", "ada@example.com", "team:research", "240h"),
                        new Plan.Key("own", "ada@example.com", "project:ada@example.com", "never"));
        assertThat(plan.budgets())
                .containsExactlyInAnyOrder(
                        new Plan.Budget("team-research", "team:research", "month", "1500"),
                        new Plan.Budget("user-ada-example.com", "project:ada@example.com", "total", "20"),
                        new Plan.Budget("key-ci", "key:ci", "day", "5.5"));
        assertThat(plan.notes().toString())
                .contains("key ci: Has spent 1.25 of 5.5 USD", "team research: Without its list of models")
                .contains("team research: Without its limit of tokens a minute");
    }

    @Test
    void whatHasNoFittingWindowIsExpiredBlockedOrOnlyAHashIsNamed() {
        Plan plan = read("""
                {"keys": ["88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
                  {"token": "1", "key_alias": "old", "expires": "2026-11-01T00:00:00"},
                  {"token": "2", "key_alias": "shut", "blocked": true},
                  {"token": "3", "key_alias": "odd", "max_budget": 3, "budget_duration": "17d"},
                  {"token": "4", "key_alias": "odd", "litellm_budget_table": {"max_budget": 4, "budget_duration": "7d"}}],
                 "current_page": 1, "total_pages": 3}
                """, "{\"nothing\": 1}");
        assertThat(plan.keys()).extracting(Plan.Key::name).containsExactly("odd", "odd-2");
        assertThat(plan.keys()).extracting(Plan.Key::owner).containsOnly("litellm");
        assertThat(plan.budgets()).containsExactly(new Plan.Budget("key-odd-2", "key:odd-2", "week", "4"));
        assertThat(plan.notes().toString())
                .contains(
                        "return_full_object=true",
                        "key old: Left out: it is expired",
                        "key shut: Left out: it is blocked")
                .contains("'17d'", "page 1 of 3", "export-1.json: Left out");
    }
}
