package dev.pilothouse.run.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/**
 * Keeps ONNX Runtime's native libraries in one folder. By itself it unpacks 28 MB into a new temporary folder per process,
 * which stays behind when the process is killed.
 */
final class OnnxLibraries {
    private static final String PLACE = "onnxruntime.native.path";
    private static final List<String> FILES = List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");

    private OnnxLibraries() {}

    /** Tells ONNX Runtime to load from the folder, unpacked there if need be; on systems other than Linux leaves it be. */
    static void useFolder(Path folder) throws IOException {
        if (System.getProperty(PLACE) != null
                || !System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux")) {
            return;
        }
        String machine = System.getProperty("os.arch", "").equals("aarch64") ? "linux-aarch64" : "linux-x64";
        Files.createDirectories(folder);
        for (String name : FILES) {
            URL packed = OnnxLibraries.class.getResource("/ai/onnxruntime/native/" + machine + "/" + name);
            if (packed == null) {
                return;
            }
            Path file = folder.resolve(name);
            if (Files.exists(file)
                    && Files.size(file) == packed.openConnection().getContentLengthLong()) {
                continue;
            }
            Path part = Files.createTempFile(folder, name, ".part");
            try (InputStream in = packed.openStream()) {
                Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            }
            // Whole or not at all, for another process may look at the same time.
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        }
        System.setProperty(PLACE, folder.toAbsolutePath().toString());
    }
}
