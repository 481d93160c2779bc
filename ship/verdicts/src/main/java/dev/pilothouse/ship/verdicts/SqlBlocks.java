package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.statistics.Arm;
import dev.pilothouse.ship.statistics.Blocks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Blocks of slow answers, one row per release and step. Stateless. */
final class SqlBlocks {
    private SqlBlocks() {}

    /** What is stored of a release, by step. */
    static Map<Integer, Blocks> of(Tx tx, Trial trial) {
        var found = new HashMap<Integer, Blocks>();
        tx.sql()
                .createQuery("SELECT step, blocks FROM verdicts_block WHERE tenant = ? AND release_id = ?")
                .bind(0, trial.tenant())
                .bind(1, trial.release())
                .map((rows, _) -> Map.entry(rows.getInt("step"), read(rows.getString("blocks"))))
                .forEach(step -> found.put(step.getKey(), step.getValue()));
        return found;
    }

    /** Replaces the blocks of the trial's present step. */
    static void put(Tx tx, Trial trial, Blocks blocks) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO verdicts_block (tenant, release_id, step, blocks) VALUES (?, ?, ?, ?)
                        ON CONFLICT (tenant, release_id, step) DO UPDATE SET blocks = excluded.blocks""")
                .bind(0, trial.tenant())
                .bind(1, trial.release())
                .bind(2, trial.step())
                .bind(3, write(blocks))
                .execute();
    }

    private static String write(Blocks blocks) {
        var tree = Json.object();
        arm(tree.putArray("candidate"), blocks.candidate());
        arm(tree.putArray("stable"), blocks.stable());
        arm(tree.putArray("openCandidate"), blocks.openCandidate());
        arm(tree.putArray("openStable"), blocks.openStable());
        tree.put("closed", blocks.closed()).put("sum", blocks.sum()).put("squares", blocks.squares());
        blocks.harm().forEach(tree.putArray("harm")::add);
        return Json.write(tree);
    }

    private static void arm(ArrayNode node, Arm arm) {
        node.add(arm.trials()).add(arm.events());
    }

    private static Blocks read(String text) {
        JsonNode tree = Json.parse(text);
        return new Blocks(
                arm(tree.path("candidate")),
                arm(tree.path("stable")),
                arm(tree.path("openCandidate")),
                arm(tree.path("openStable")),
                tree.path("closed").longValue(),
                tree.path("sum").doubleValue(),
                tree.path("squares").doubleValue(),
                doubles(tree.path("harm")));
    }

    private static Arm arm(JsonNode node) {
        return new Arm(node.path(0).longValue(), node.path(1).longValue());
    }

    private static List<Double> doubles(JsonNode node) {
        var read = new ArrayList<Double>();
        node.forEach(value -> read.add(value.doubleValue()));
        return read;
    }
}
