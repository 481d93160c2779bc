package dev.pilothouse.trust.ledger;

import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.GrowingTree;
import dev.pilothouse.trust.transparency.NoteKey;
import dev.pilothouse.trust.transparency.SignedNote;

/** Whether a stored head is this installation's and is the head of the stored tiles. */
final class HeadCheck {
    private HeadCheck() {}

    /**
     * Fails where the tree is not the signed one.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link LedgerError#LEDGER_BROKEN}
     */
    static void matches(SqlLedgerStore.Head head, NoteKey key, GrowingTree tree) {
        Checkpoint signed;
        try {
            SignedNote note = SignedNote.parse(head.note());
            if (!note.signedBy(key)) {
                throw LedgerError.LEDGER_BROKEN.because("The ledger's head was signed by " + note.name()
                        + ", and not by the key in the keys folder (" + key.name()
                        + "). Put the ledger.key and master.key of this store back; they belong to every backup.");
            }
            signed = Checkpoint.parse(note.text());
        } catch (IllegalArgumentException e) {
            throw LedgerError.LEDGER_BROKEN.because(
                    "The ledger's stored head cannot be read. Restore the store from a backup.", e);
        }
        if (!signed.equals(tree.head(signed.origin()))) {
            throw LedgerError.LEDGER_BROKEN.because("The ledger's stored tiles are not those of its signed head of "
                    + signed.size() + " entries: the store was changed from outside. Restore it from a backup, and keep"
                    + " this copy for the investigation.");
        }
    }
}
