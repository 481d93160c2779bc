package dev.pilothouse.trust.transparency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Keys, notes and checkpoints against the examples of their specifications. */
class NoteTest {
    /** The example key and note of the Go checksum database's note package, whose format C2SP adopted. */
    private static final String KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    private static final String NOTE = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
            """;

    @Test
    void theReferenceKeyVerifiesTheReferenceNote() {
        NoteKey key = NoteKey.parse(KEY);
        assertThat(key.toString()).isEqualTo(KEY);
        assertThat(SignedNote.parse(NOTE).signedBy(key)).isTrue();
        assertThat(SignedNote.parse(NOTE.replace("answer", "Answer")).signedBy(key))
                .isFalse();
        assertThat(SignedNote.parse(NOTE).toString()).isEqualTo(NOTE);
    }

    @Test
    void aKeyWhoseIdDoesNotFitItsBytesIsRefused() {
        for (String text : new String[] {
            KEY.replace("c74f20a3", "c74f20a4"),
            KEY.replace("Peter", "Pater"),
            KEY.replace("c74f20a3", "C74F20A3"),
            "x",
            "a+b+c"
        }) {
            assertThatThrownBy(() -> NoteKey.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void checkpointsAreThoseOfTheSpecification() {
        String text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        Checkpoint checkpoint = Checkpoint.parse(text);
        assertThat(checkpoint.size()).isEqualTo(20_852_163);
        assertThat(checkpoint.text()).isEqualTo(text);
        assertThatThrownBy(() -> Checkpoint.parse(text.replace("2085", "02085")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
