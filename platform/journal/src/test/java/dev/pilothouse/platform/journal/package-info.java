@NullUnmarked
package dev.pilothouse.platform.journal;

import org.jspecify.annotations.NullUnmarked;
