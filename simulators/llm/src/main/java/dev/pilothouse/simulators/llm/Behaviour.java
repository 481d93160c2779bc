package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.CommonError;
import java.util.Map;

/**
 * How a call is answered: how much, how fast, and what goes wrong. Immutable. Each setting is a control with a name, given for
 * the whole server or one model in the configuration, in a model's name ({@code sim-mini;output-tokens=20;fault=cut}) or as
 * a header with the prefix {@code x-sim-}; the later of these wins.
 *
 * <table>
 * <caption>Controls</caption>
 * <tr><th>name</th><th>value</th></tr>
 * <tr><td>output-tokens</td><td>{@link Draw}: visible tokens of each choice, before the caller's limit</td></tr>
 * <tr><td>reasoning-tokens</td><td>{@link Draw}: hidden tokens of each choice, generated first, part of its output</td></tr>
 * <tr><td>cached-tokens, cache-write-tokens, cache-write-1h-tokens</td><td>how many of the input are these, as far as it
 *     reaches, in this order</td></tr>
 * <tr><td>tool-calls</td><td>answer with calls of so many of the tools the request offers</td></tr>
 * <tr><td>flagged</td><td>{@code true}: moderation finds the input harmful</td></tr>
 * <tr><td>first-byte-ms, token-ms</td><td>{@link Draw}: milliseconds before the first token, and between tokens</td></tr>
 * <tr><td>failure-rate, failure-status, retry-after</td><td>share of calls, 0 to 1, that fail with a status from 400 to 599; the
 *     header's seconds with 429 and 503</td></tr>
 * <tr><td>fault, fault-after, stall-ms</td><td>a {@link Fault}; generated tokens before it; how long a stall lasts, 0 for
 *     until the client leaves</td></tr>
 * <tr><td>seed</td><td>of all that is drawn</td></tr>
 * </table>
 */
public record Behaviour(Output output, Pace pace, Failures failures, Trouble trouble, long seed) {
    /** What a call goes wrong with, apart from a failure with a status. */
    public enum Fault {
        NONE,
        /** Nothing is answered before the stall is over. */
        STALL_FIRST_BYTE,
        /** The answer stops part way for the length of the stall. */
        STALL,
        /** The connection is reset part way. */
        CUT,
        /** What comes is not in the protocol's grammar. */
        GARBAGE,
        /** Tokens come until the client leaves, whatever its limit. */
        ENDLESS,
        /** Status 200 with no body. */
        EMPTY,
        /** An error object in the middle of a stream; status 500 where the answer is none. */
        ERROR
    }

    /** How much is answered. */
    public record Output(
            Draw tokens,
            Draw reasoning,
            int cached,
            int cacheWrite,
            int cacheWrite1h,
            int toolCalls,
            boolean flagged) {}

    /** Milliseconds before the first token and between tokens. */
    public record Pace(Draw firstByte, Draw token) {}

    /** The share of calls that fail, with which status, and when to try again, in seconds. */
    public record Failures(double rate, int status, int retryAfter) {}

    /** A fault, the tokens generated before it, and the milliseconds a stall lasts, 0 for until the client leaves. */
    public record Trouble(Fault fault, int after, int stall) {}

    private static final Draw NOTHING = new Draw.Fixed(0);

    private static final Behaviour INSTANT = new Behaviour(
            new Output(new Draw.Fixed(16), NOTHING, 0, 0, 0, 0, false),
            new Pace(NOTHING, NOTHING),
            new Failures(0, 500, 1),
            new Trouble(Fault.NONE, 0, 0),
            1);

    /** Sixteen tokens at once and nothing wrong. */
    public static Behaviour instant() {
        return INSTANT;
    }

    /**
     * The same with one control changed.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where there is no such control, or its value
     *     has not its form
     */
    public Behaviour with(String control, String value) {
        try {
            return switch (control) {
                case "output-tokens",
                        "reasoning-tokens",
                        "cached-tokens",
                        "cache-write-tokens",
                        "cache-write-1h-tokens",
                        "tool-calls",
                        "flagged" -> new Behaviour(output(control, value), pace, failures, trouble, seed);
                case "first-byte-ms" -> paced(new Pace(Draw.parse(value), pace.token));
                case "token-ms" -> paced(new Pace(pace.firstByte, Draw.parse(value)));
                case "failure-rate" -> failing(new Failures(rate(value), failures.status, failures.retryAfter));
                case "failure-status" -> failing(new Failures(failures.rate, status(value), failures.retryAfter));
                case "retry-after" -> failing(new Failures(failures.rate, failures.status, Draw.whole(value)));
                case "fault" -> troubled(new Trouble(fault(value), trouble.after, trouble.stall));
                case "fault-after" -> troubled(new Trouble(trouble.fault, Draw.whole(value), trouble.stall));
                case "stall-ms" -> troubled(new Trouble(trouble.fault, trouble.after, Draw.whole(value)));
                case "seed" -> new Behaviour(output, pace, failures, trouble, Long.parseLong(value));
                default -> throw CommonError.INVALID.because("There is no control named '" + control + "'.");
            };
        } catch (IllegalArgumentException e) {
            throw CommonError.INVALID.because("The control '" + control + "' cannot be '" + value + "'.", e);
        }
    }

    /** The same with several controls changed, in their order. */
    public Behaviour with(Map<String, String> controls) {
        Behaviour changed = this;
        for (var control : controls.entrySet()) {
            changed = changed.with(control.getKey(), control.getValue());
        }
        return changed;
    }

    private Output output(String control, String value) {
        Output o = output;
        return switch (control) {
            case "output-tokens" ->
                new Output(
                        Draw.parse(value), o.reasoning, o.cached, o.cacheWrite, o.cacheWrite1h, o.toolCalls, o.flagged);
            case "reasoning-tokens" ->
                new Output(o.tokens, Draw.parse(value), o.cached, o.cacheWrite, o.cacheWrite1h, o.toolCalls, o.flagged);
            case "flagged" ->
                new Output(
                        o.tokens,
                        o.reasoning,
                        o.cached,
                        o.cacheWrite,
                        o.cacheWrite1h,
                        o.toolCalls,
                        Boolean.parseBoolean(value));
            default -> counted(control, Draw.whole(value));
        };
    }

    private Output counted(String control, int value) {
        return new Output(
                output.tokens,
                output.reasoning,
                control.equals("cached-tokens") ? value : output.cached,
                control.equals("cache-write-tokens") ? value : output.cacheWrite,
                control.equals("cache-write-1h-tokens") ? value : output.cacheWrite1h,
                control.equals("tool-calls") ? value : output.toolCalls,
                output.flagged);
    }

    private Behaviour paced(Pace changed) {
        return new Behaviour(output, changed, failures, trouble, seed);
    }

    private Behaviour failing(Failures changed) {
        return new Behaviour(output, pace, changed, trouble, seed);
    }

    private Behaviour troubled(Trouble changed) {
        return new Behaviour(output, pace, failures, changed, seed);
    }

    private static double rate(String text) {
        double rate = Double.parseDouble(text);
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException("a rate is from 0 to 1");
        }
        return rate;
    }

    private static int status(String text) {
        int status = Draw.whole(text);
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("a failure is from 400 to 599");
        }
        return status;
    }

    private static Fault fault(String text) {
        for (Fault fault : Fault.values()) {
            if (fault.name().replace('_', '-').equalsIgnoreCase(text)) {
                return fault;
            }
        }
        throw new IllegalArgumentException("there is no such fault");
    }
}
