package dev.pilothouse.trust.transparency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The tree against the reference tree, the recursive definition and its own proofs. */
class MerkleTreeTest {
    /** Leaves and roots of the reference tree that Certificate Transparency's implementations test with. */
    private static final List<String> LEAVES =
            List.of("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");

    private static final List<String> ROOTS = List.of(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    @Test
    void rootsAreThoseOfTheReferenceTree() {
        var tree = new GrowingTree();
        var hasher = new TreeHasher();
        assertThat(HexFormat.of().formatHex(tree.root()))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (int i = 0; i < LEAVES.size(); i++) {
            tree.append(hasher.leaf(HexFormat.of().parseHex(LEAVES.get(i))));
            assertThat(HexFormat.of().formatHex(tree.root())).isEqualTo(ROOTS.get(i));
        }
    }

    @Test
    void aTreeOfAnySizeAgreesWithTheRecursiveDefinition() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var leaves = new ArrayList<byte[]>();
        var tree = new GrowingTree();
        for (int i = 0; i < 70_000; i++) {
            byte[] leaf = new byte[32];
            random.nextBytes(leaf);
            leaves.add(leaf);
            tree.append(leaf);
            if ((i < 600 && i % 37 == 0) || i == 65_535 || i == 65_536 || i == 69_999) {
                assertThat(tree.root()).as("seed %d, size %d", seed, i + 1).isEqualTo(recursiveRoot(leaves));
            }
        }
    }

    @Test
    void aTreeLoadedFromItsTilesGrowsLikeTheOneThatStayed() {
        var tiles = new HashMap<String, byte[]>();
        var stayed = new GrowingTree();
        var random = new Random(7);
        for (int i = 0; i < 66_000; i++) {
            stayed.append(random(random));
        }
        stayed.finishedTiles().forEach(t -> tiles.put(t.level() + "/" + t.index(), t.hashes()));
        stayed.unfinishedTiles().forEach(t -> tiles.put(t.level() + "/" + t.index(), t.hashes()));
        var loaded =
                GrowingTree.load(66_000, (level, index, _) -> Objects.requireNonNull(tiles.get(level + "/" + index)));
        for (int i = 0; i < 300; i++) {
            byte[] leaf = random(random);
            stayed.append(leaf);
            loaded.append(leaf);
        }
        assertThat(loaded.root()).isEqualTo(stayed.root());
        assertThat(loaded.size()).isEqualTo(66_300);
    }

    @Test
    void everyInclusionProofLeadsToTheRootAndNoOtherLeafDoes() {
        var random = new Random(11);
        var leaves = new ArrayList<byte[]>();
        var tree = new GrowingTree();
        var tiles = new HashMap<String, byte[]>();
        for (int size = 1; size <= 700; size++) {
            leaves.add(random(random));
            tree.append(leaves.getLast());
            tree.finishedTiles().forEach(t -> tiles.put(t.level() + "/" + t.index(), t.hashes()));
            tree.unfinishedTiles().forEach(t -> tiles.put(t.level() + "/" + t.index(), t.hashes()));
            for (int index : new int[] {0, size / 3, size / 2, size - 1}) {
                InclusionProof proof = InclusionProof.from(
                        index, size, (level, n, _) -> Objects.requireNonNull(tiles.get(level + "/" + n)));
                assertThat(proof.leadsTo(leaves.get(index), tree.root()))
                        .as("%d of %d", index, size)
                        .isTrue();
                assertThat(proof.leadsTo(random(random), tree.root())).isFalse();
            }
        }
    }

    @Test
    void tilePathsAreThoseOfTheSpecification() {
        assertThat(new TilePath(1_234_067, 256).tile(0)).isEqualTo("tile/0/x001/x234/067");
        assertThat(new TilePath(0, 17).tile(1)).isEqualTo("tile/1/000.p/17");
        assertThat(new TilePath(1000, 256).entries()).isEqualTo("tile/entries/x001/000");
        for (String path : List.of("000", "x001/x234/067", "x001/000.p/255", "273.p/112")) {
            assertThat(TilePath.parse(path).text()).isEqualTo(path);
        }
        for (String path :
                List.of("", "0", "x000/001", "001/002", "000.p/0", "000.p/256", "000.p/01", "../key", "x001")) {
            assertThatThrownBy(() -> TilePath.parse(path)).as(path).isInstanceOf(PilothouseException.class);
        }
    }

    private static byte[] random(Random random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] recursiveRoot(List<byte[]> leaves) {
        if (leaves.size() == 1) {
            return leaves.getFirst();
        }
        int split = Integer.highestOneBit(leaves.size() - 1);
        return new TreeHasher()
                .node(recursiveRoot(leaves.subList(0, split)), recursiveRoot(leaves.subList(split, leaves.size())));
    }

    @Test
    void bundlesRefuseLengthsThatDoNotAddUp() {
        byte[] bundle = Bundle.write(List.of("one".getBytes(StandardCharsets.UTF_8), new byte[70_000 % 65_536]));
        assertThat(Bundle.read(bundle)).hasSize(2);
        assertThatThrownBy(() -> Bundle.read(Arrays.copyOf(bundle, bundle.length - 1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Bundle.read(new byte[] {1})).isInstanceOf(IllegalArgumentException.class);
    }
}
