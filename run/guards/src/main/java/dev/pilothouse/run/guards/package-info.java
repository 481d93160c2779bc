/**
 * Guards of language models: what may go in and come out, and how often. A policy is declared for aliases, keys or agents; it
 * detects, replaces or blocks secrets, personal data, overridden instructions and phrases, holds whole answers against rules, asks guards
 * that others run, and limits requests and tokens.
 *
 * <p>{@link dev.pilothouse.run.guards.Guards} is the front door; a request that policies count for has a {@link
 * dev.pilothouse.run.guards.GuardedCall}, which reads its body, its answer, or by {@link dev.pilothouse.run.guards.StreamGuard} the
 * events of its stream. Each string has a {@link dev.pilothouse.run.guards.Place}, which says what is looked for in it.
 *
 * <p>Invariants: no string of a request but its alias, and none of an answer, goes on unseen, log probabilities among them; a found
 * value is in no refusal, log, record or ledger entry; no rule takes longer than a bound times the answer's length; all bytes of a
 * body but the strings that change stay as they came, and it stays valid JSON; a stream cut at any place is rewritten as the whole
 * would be; no more text is held back than {@link dev.pilothouse.trust.privacy.Detector#LONGEST} characters of each part of an
 * answer; nothing here waits.
 */
@NullMarked
package dev.pilothouse.run.guards;

import org.jspecify.annotations.NullMarked;
