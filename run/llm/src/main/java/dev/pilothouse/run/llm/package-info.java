/**
 * Requests and answers of language models on their way, read as bytes: what a request says that routing and budgets must know
 * ({@link dev.pilothouse.run.llm.Asked}, and of forms with files {@link dev.pilothouse.run.llm.Form}), how it becomes the one that a target is sent ({@link dev.pilothouse.run.llm.Edits}), and
 * what an answer or a stream says of its usage ({@link dev.pilothouse.run.llm.AnswerReader}, {@link
 * dev.pilothouse.run.llm.StreamMeter}).
 *
 * <p>Invariants: no I/O; a request is read in one pass without a tree, and all bytes that need not change stay as they came; what
 * is not known here is left for the provider to judge.
 */
@NullMarked
package dev.pilothouse.run.llm;

import org.jspecify.annotations.NullMarked;
