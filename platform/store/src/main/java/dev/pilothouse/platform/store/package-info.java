/**
 * Control state: SQLite by default, PostgreSQL by URL, behind one interface.
 *
 * <p>{@link dev.pilothouse.platform.store.Store} is the front door. Every write of every capability is a {@link
 * dev.pilothouse.platform.store.Store.Unit} given to {@link dev.pilothouse.platform.store.Store#write}: a short piece of
 * work that does no other I/O and never waits. On SQLite one thread runs waiting units, each under its own savepoint, in
 * one transaction with one fsync. On PostgreSQL a unit is a serializable transaction that is retried on conflict, so a
 * unit may run more than once and must not touch anything but its {@link dev.pilothouse.platform.store.Tx}.
 *
 * <p>Invariants: when the future of a write completes, its rows survive power loss; a unit that throws leaves no row;
 * modules own tables by prefix, bring their own migrations ({@link dev.pilothouse.platform.store.Migrations}) and have no
 * foreign keys into others' tables; SQL and JDBI are named only in {@code Sql*} classes, which get their handle from
 * {@link dev.pilothouse.platform.store.Tx#sql()}.
 */
@NullMarked
package dev.pilothouse.platform.store;

import org.jspecify.annotations.NullMarked;
