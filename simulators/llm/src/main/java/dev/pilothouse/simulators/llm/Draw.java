package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.CommonError;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole number of tokens or milliseconds, at least 0, drawn anew for each call. A draw is a function of a uniform number in
 * [0, 1), its quantile function, so that a seed and the number of a call give the same value on every run. Immutable.
 */
public sealed interface Draw {
    /** The largest value that can be written, so that no sum of draws overflows. */
    int MAX = 100_000_000;

    /** The value at a quantile in [0, 1). */
    int at(double quantile);

    /** Always the same. */
    record Fixed(int value) implements Draw {
        @Override
        public int at(double quantile) {
            return value;
        }
    }

    /** Each whole number from {@code low} to {@code high}, both included, as likely as another. */
    record Uniform(int low, int high) implements Draw {
        @Override
        public int at(double quantile) {
            return low + (int) (quantile * (high - low + 1L));
        }
    }

    /** Exponential with a mean, rounded down, cut at {@link #MAX}. */
    record Exponential(int mean) implements Draw {
        @Override
        public int at(double quantile) {
            return (int) Math.min(MAX, -mean * Math.log1p(-quantile));
        }
    }

    /** Given percentiles, linear between them, from 0 at the 0th; above the last one its value. */
    record Percentiles(List<Point> points) implements Draw {
        /** One percentile, in (0, 100], and the value there. */
        public record Point(double percent, int value) {}

        /** Checks that both rise. */
        public Percentiles {
            points = List.copyOf(points);
        }

        @Override
        public int at(double quantile) {
            double percent = quantile * 100;
            Point below = new Point(0, 0);
            for (Point above : points) {
                if (percent < above.percent()) {
                    double share = (percent - below.percent()) / (above.percent() - below.percent());
                    return below.value() + (int) (share * (above.value() - below.value()));
                }
                below = above;
            }
            return below.value();
        }
    }

    /**
     * Reads {@code 20}, {@code uniform:10-50}, {@code exp:20} or {@code percentiles:50=200,90=500,99=2000}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where the text is none of these
     */
    static Draw parse(String text) {
        try {
            int colon = text.indexOf(':');
            String rest = text.substring(colon + 1);
            return switch (colon < 0 ? "" : text.substring(0, colon)) {
                case "" -> new Fixed(whole(text));
                case "exp" -> new Exponential(whole(rest));
                case "uniform" -> uniform(rest);
                case "percentiles" -> percentiles(rest);
                default -> throw new IllegalArgumentException("no such distribution");
            };
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw CommonError.INVALID.because(
                    "'" + text
                            + "' is no distribution. Write 20, uniform:10-50, exp:20 or percentiles:50=200,99=2000 with"
                            + " whole numbers from 0 to " + MAX + ".",
                    e);
        }
    }

    private static Draw uniform(String text) {
        int dash = text.indexOf('-');
        var drawn = new Uniform(whole(text.substring(0, dash)), whole(text.substring(dash + 1)));
        if (drawn.low() > drawn.high()) {
            throw new IllegalArgumentException("the range is empty");
        }
        return drawn;
    }

    private static Draw percentiles(String text) {
        var points = new ArrayList<Percentiles.Point>();
        double percent = 0;
        int value = 0;
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            var point = new Percentiles.Point(
                    Double.parseDouble(part.substring(0, equals)), whole(part.substring(equals + 1)));
            if (!(point.percent() > percent) || point.percent() > 100 || point.value() < value) {
                throw new IllegalArgumentException("percentiles rise");
            }
            percent = point.percent();
            value = point.value();
            points.add(point);
        }
        return new Percentiles(points);
    }

    /** A whole number in range. */
    static int whole(String text) {
        int value = Integer.parseInt(text.strip());
        if (value < 0 || value > MAX) {
            throw new NumberFormatException("out of range");
        }
        return value;
    }
}
