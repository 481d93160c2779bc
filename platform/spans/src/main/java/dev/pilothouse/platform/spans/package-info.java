/**
 * Spans of distributed traces, for a collector of OpenTelemetry.
 *
 * <p>{@link dev.pilothouse.platform.spans.SpanExporter} is the entry: it takes {@link dev.pilothouse.platform.spans.Span}s and sends
 * them on in batches (OTLP 1.9, sections "OTLP/HTTP" and "JSON Protobuf Encoding").
 *
 * <p>Invariants: who adds a span never waits; memory is bounded, and what does not fit is dropped and counted; headers, which hold
 * the collector's key, are in no message.
 */
@NullMarked
package dev.pilothouse.platform.spans;

import org.jspecify.annotations.NullMarked;
