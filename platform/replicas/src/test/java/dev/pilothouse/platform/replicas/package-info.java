@NullUnmarked
package dev.pilothouse.platform.replicas;

import org.jspecify.annotations.NullUnmarked;
