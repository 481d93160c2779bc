/**
 * Configuration: defaults, then a file (YAML or JSON), then environment variables, then flags; later ones win.
 *
 * <p>A program declares each {@link dev.pilothouse.platform.config.Key} once, with default and meaning, and reads it from
 * {@link dev.pilothouse.platform.config.Settings}. {@link dev.pilothouse.platform.config.Settings#check} then reports every
 * mistake of every source at once, with its place; an unknown key names the nearest known one.
 *
 * <p>Invariants: the value of a secret is never printed; a program that starts has no unread mistake.
 */
@NullMarked
package dev.pilothouse.platform.config;

import org.jspecify.annotations.NullMarked;
