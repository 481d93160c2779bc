package dev.pilothouse.platform.segments;

/** When an append is acknowledged. */
public enum Durability {
    /** After the write; it survives kill -9, and power loss once synced in the background. */
    WRITE,
    /** After the write was synced; it survives power loss. */
    POWER
}
