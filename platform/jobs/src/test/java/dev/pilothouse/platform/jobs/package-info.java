@NullUnmarked
package dev.pilothouse.platform.jobs;

import org.jspecify.annotations.NullUnmarked;
