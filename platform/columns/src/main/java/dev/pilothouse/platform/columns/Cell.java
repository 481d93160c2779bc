package dev.pilothouse.platform.columns;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Array;
import java.sql.Blob;
import java.sql.SQLException;
import java.sql.Struct;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** DuckDB's values as {@link Columns.Result} promises them. */
final class Cell {
    private Cell() {}

    static @Nullable Object of(@Nullable Object value) throws SQLException {
        return switch (value) {
            case null -> null;
            case Byte n -> n.longValue();
            case Short n -> n.longValue();
            case Integer n -> n.longValue();
            case BigInteger n -> n.bitLength() < 64 ? (Object) n.longValue() : n;
            case Float n -> n.doubleValue();
            case BigDecimal n -> n.doubleValue();
            case Timestamp t -> micros(t.toLocalDateTime().toInstant(ZoneOffset.UTC));
            case LocalDateTime t -> micros(t.toInstant(ZoneOffset.UTC));
            case OffsetDateTime t -> micros(t.toInstant());
            case Blob blob -> blob.getBytes(1, (int) blob.length());
            case Array array -> list((Object[]) array.getArray());
            case Struct struct -> list(struct.getAttributes());
            case Long n -> n;
            case Double n -> n;
            case Boolean b -> b;
            case String text -> text;
            case byte[] bytes -> bytes;
            default -> value.toString();
        };
    }

    private static Object list(@Nullable Object[] values) throws SQLException {
        var list = new ArrayList<@Nullable Object>(values.length);
        for (Object value : values) {
            list.add(of(value));
        }
        return list;
    }

    private static long micros(Instant instant) {
        return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1000;
    }
}
