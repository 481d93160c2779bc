/**
 * Fixtures for tests of all modules: a store in a temporary folder ({@link dev.pilothouse.testkit.TestStore}), a real
 * PostgreSQL where one is installed ({@link dev.pilothouse.testkit.TestPostgres}), a clock that tests move ({@link
 * dev.pilothouse.testkit.ManualClock}), blobs in memory ({@link dev.pilothouse.testkit.MemoryBlobs}), small ONNX files ({@link
 * dev.pilothouse.testkit.OnnxBytes}), a client of servers under test ({@link dev.pilothouse.testkit.TestClient}), and the
 * contract that every store proves ({@link dev.pilothouse.testkit.StoreContract}).
 *
 * <p>Invariants: depends on store, blobs, JSON and test libraries only, so that every module above can use it in its tests;
 * everything real, nothing mocked.
 */
@NullMarked
package dev.pilothouse.testkit;

import org.jspecify.annotations.NullMarked;
