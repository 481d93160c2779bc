package dev.pilothouse.run.splits;

/**
 * Calls of one side of a split that ended since they were last taken.
 *
 * @param tenant whose alias it is
 * @param alias the alias
 * @param split the split's id
 * @param candidate whether it is the candidate's side
 * @param calls all that a target was asked for, but those that their clients left
 * @param errors those that had no answer, and those that a target failed before another one answered
 * @param slow those that took longer than the limit: streams until their first bytes, others until their answer
 * @param labelled those whose outcome was told
 * @param wrong those whose outcome was no success
 * @param dear those that cost more than the limit
 */
public record SideCount(
        String tenant,
        String alias,
        String split,
        boolean candidate,
        long calls,
        long errors,
        long slow,
        long labelled,
        long wrong,
        long dear) {}
