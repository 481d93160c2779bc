@NullUnmarked
package dev.pilothouse.testkit;

import org.jspecify.annotations.NullUnmarked;
