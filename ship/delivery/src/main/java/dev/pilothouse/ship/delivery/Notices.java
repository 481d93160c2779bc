package dev.pilothouse.ship.delivery;

/** Tells people about releases, outside any transaction. Thread-safe; must not block or throw. */
@FunctionalInterface
interface Notices {
    /**
     * @param release what it is about
     * @param event {@code promoted}, {@code rolled-back}, {@code rejected}, {@code paused}, {@code awaiting-approval}
     * @param sentence what happened, for people
     */
    void tell(Release release, String event, String sentence);
}
