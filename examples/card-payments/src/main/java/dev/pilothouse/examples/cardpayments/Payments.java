package dev.pilothouse.examples.cardpayments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A seeded generator of card payments. <b>The data are synthetic</b>: no row is about anyone.
 *
 * <p>A row is a payment that a bank's rules stopped for review; {@code fraud} says what the review found, which is fraud
 * in about a third of the rows. Volume follows the hour and the weekday; amounts are log-normal around what is usual in a
 * category; distance is unknown where no terminal has a place, device age where there is no device. The label is drawn
 * with probability {@code 1 / (1 + exp(-3.2 s))}, where the score {@code s} adds effects of single columns (steps and
 * hinges) and of pairs (night x online, far country x terminal, young card x high amount), so that a model with bins and
 * crosses does better than one that is only linear in the columns.
 *
 * <p>From some day on there is a channel more, {@code wallet}, as the bank opened it later; older data lack it.
 */
public final class Payments {
    /** The column to predict. */
    static final String TARGET = "fraud";

    private static final LocalDateTime EPOCH = LocalDateTime.of(2026, 1, 5, 0, 0);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final List<String> HEADER = List.of(
            "paid_at",
            "card",
            "amount",
            "category",
            "channel",
            "country",
            "card_age_months",
            "payments_24h",
            "declines_24h",
            "distance_km",
            "device_age_days",
            "hour",
            "weekday",
            TARGET);
    private static final List<String> WEEKDAYS = List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");
    private static final double[] BY_HOUR = {
        .35, .25, .2, .15, .15, .2, .35, .6, .8, .9, .95, 1, 1, .95, .9, .9, .95, 1, 1, .95, .85, .75, .6, .45
    };
    private static final double[] BY_WEEKDAY = {.75, .75, .8, .85, 1, 1, .7};

    private enum Category {
        GROCERY(45, -.8),
        FUEL(60, -.3),
        RESTAURANT(38, -.3),
        PHARMACY(25, -.6),
        FASHION(80, 0),
        TRAVEL(320, .2),
        DIGITAL(15, .6),
        ELECTRONICS(240, .7),
        GAMBLING(70, .8);

        final double usual;
        final double effect;

        Category(double usual, double effect) {
            this.usual = usual;
            this.effect = effect;
        }
    }

    private enum Channel {
        POS(-.3, .3),
        CONTACTLESS(-.6, .27),
        ONLINE(.5, .28),
        ATM(.2, .08),
        PHONE(.6, .07),
        WALLET(0, 0);

        final double effect;
        final double share;

        Channel(double effect, double share) {
            this.effect = effect;
            this.share = share;
        }
    }

    private static final List<String> COUNTRIES =
            List.of("NL", "NL", "NL", "NL", "NL", "NL", "DE", "DE", "BE", "FR", "ES", "GB", "US", "BR", "NG", "VN");
    private static final List<String> FAR = List.of("US", "BR", "NG", "VN");

    private final Random random;

    Payments(long seed) {
        this.random = new Random(seed * 7_919 + 17);
    }

    /**
     * Writes {@code train-1.csv}, {@code train-2.csv} (more days), {@code evaluation.csv}, {@code live.csv} (with the
     * wallet) and {@code broken.csv} (a batch that no one should train on) into a folder.
     */
    public static void main(String[] line) throws IOException {
        var arguments = new Arguments(line, List.of(), List.of("out", "seed", "rows"));
        Path folder = Path.of(arguments.required("out"));
        writeAll(folder, arguments.number("seed", 1), (int) arguments.number("rows", 20_000));
        System.out.println("Wrote synthetic payments to " + folder);
    }

    static void writeAll(Path folder, long seed, int rows) throws IOException {
        Files.createDirectories(folder);
        var payments = new Payments(seed);
        Table older = payments.generate(rows, 0, 60, 0);
        older.slice(0, rows / 4).write(folder.resolve("train-1.csv"), true);
        older.write(folder.resolve("train-2.csv"), true);
        payments.generate(rows / 4, 60, 14, 0).write(folder.resolve("evaluation.csv"), true);
        Table live = payments.generate(rows, 74, 14, .2);
        live.write(folder.resolve("live.csv"), true);
        payments.broken(300).write(folder.resolve("broken.csv"), true);
    }

    /**
     * Payments in the order of their days.
     *
     * @param fromDay first day, from 0
     * @param days number of days
     * @param walletShare share of payments by wallet
     */
    Table generate(int rows, int fromDay, int days, double walletShare) {
        List<LocalDateTime> times = new ArrayList<>(rows);
        while (times.size() < rows) {
            LocalDateTime at = EPOCH.plusSeconds((long) ((fromDay + random.nextDouble() * days) * 86_400));
            double busy = BY_HOUR[at.getHour()] * BY_WEEKDAY[at.getDayOfWeek().getValue() - 1];
            if (random.nextDouble() < busy) {
                times.add(at);
            }
        }
        List<String[]> table = new ArrayList<>(rows);
        times.forEach(at -> table.add(row(at, walletShare)));
        return new Table(HEADER, table);
    }

    private String[] row(LocalDateTime at, double walletShare) {
        Channel channel = channel(walletShare);
        Category category = Category.values()[random.nextInt(Category.values().length)];
        String country = COUNTRIES.get(random.nextInt(COUNTRIES.size()));
        double ratio = random.nextGaussian() * .9;
        double amount = Math.max(.5, Math.round(category.usual * Math.exp(ratio) * 100) / 100.0);
        int age = (int) Math.min(180, -Math.log(1 - random.nextDouble()) * 30);
        int payments = (int) Math.min(30, -Math.log(1 - random.nextDouble()) * 4);
        int declines = random.nextDouble() < .62 ? 0 : 1 + (int) Math.min(5, -Math.log(1 - random.nextDouble()) * 1.3);
        boolean placed = (channel != Channel.ONLINE && channel != Channel.PHONE) && random.nextDouble() > .06;
        double distance = Math.round(Math.exp(1.2 + 1.9 * random.nextGaussian()) * 10) / 10.0;
        boolean device = channel == Channel.ONLINE || channel == Channel.WALLET;
        int deviceAge = (int) Math.min(900, Math.exp(3.2 + 1.7 * random.nextGaussian()));

        boolean far = FAR.contains(country);
        boolean night = at.getHour() < 6;
        double s = -1.6 + category.effect + channel.effect;
        s += 1.5 * Math.max(0, ratio - .4) + (ratio < -1.3 ? 1.3 : 0);
        s += night ? .5 : 0;
        s += night && channel == Channel.ONLINE ? 1.3 : 0;
        s += far ? .5 : 0;
        s += far && (channel == Channel.POS || channel == Channel.ATM) ? 1.4 : 0;
        s += far && category == Category.TRAVEL ? -1.3 : 0;
        s += new double[] {-.3, .4, 1.3, 2}[Math.min(declines, 3)];
        s += age < 4 ? .7 + (ratio > .5 ? .9 : 0) : 0;
        s += payments > 9 ? 1 : 0;
        s += placed && distance > 60 ? 1.2 : 0;
        s += device && deviceAge < 5 ? 1.1 : 0;
        boolean fraud = random.nextDouble() < 1 / (1 + Math.exp(-3.2 * s));

        return new String[] {
            at.format(TIME),
            "c" + (100_000 + random.nextInt(6_000)),
            String.format(Locale.ROOT, "%.2f", amount),
            random.nextDouble() < .01 ? "" : category.name().toLowerCase(Locale.ROOT),
            channel.name().toLowerCase(Locale.ROOT),
            country,
            Integer.toString(age),
            Integer.toString(payments),
            Integer.toString(declines),
            placed ? Double.toString(distance) : "",
            device ? Integer.toString(deviceAge) : "",
            Integer.toString(at.getHour()),
            WEEKDAYS.get(at.getDayOfWeek().getValue() - 1),
            fraud ? "yes" : "no"
        };
    }

    private Channel channel(double walletShare) {
        if (random.nextDouble() < walletShare) {
            return Channel.WALLET;
        }
        double draw = random.nextDouble();
        for (Channel channel : Channel.values()) {
            draw -= channel.share;
            if (draw < 0) {
                return channel;
            }
        }
        return Channel.POS;
    }

    /** A batch with what goes wrong in practice: a wrong unit, an unknown label, an impossible hour, missing amounts. */
    Table broken(int rows) {
        Table table = generate(rows, 88, 1, 0);
        for (int i = 0; i < rows; i++) {
            String[] row = table.rows().get(i);
            switch (i % 40) {
                case 7 -> row[2] = "-" + row[2];
                case 13 -> row[11] = "27";
                case 21 -> row[13] = "maybe";
                case 29 -> row[2] = "";
                default -> {}
            }
        }
        return table;
    }
}
