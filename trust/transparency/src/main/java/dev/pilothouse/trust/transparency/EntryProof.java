package dev.pilothouse.trust.transparency;

/**
 * Everything needed to check, without the server, that an entry is on the ledger.
 *
 * @param leaf the canonical envelope, whose RFC 6962 leaf hash the proof starts from
 * @param inclusion the way from the leaf to the root
 * @param note the signed head with that root
 */
public record EntryProof(byte[] leaf, InclusionProof inclusion, String note) {
    /** Whether the note is signed by the key and its root is where the proof leads. */
    public boolean holds(NoteKey key) {
        try {
            SignedNote signed = SignedNote.parse(note);
            Checkpoint head = Checkpoint.parse(signed.text());
            return signed.signedBy(key)
                    && head.size() == inclusion.size()
                    && inclusion.leadsTo(
                            new TreeHasher().leaf(leaf), head.root().bytes());
        } catch (IllegalArgumentException e) {
            // what cannot be read proves nothing
            return false;
        }
    }
}
