package dev.pilothouse.run.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.ServingError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings ONNX models from the blob store into ONNX Runtime. Blocks on files and native code, so it runs on threads of its
 * own.
 */
public final class OnnxLoader {
    private static final Pattern LOCALE = Pattern.compile("Failed to construct locale with name: ?([\\w.-]+?):");
    private static final Pattern NO_EXTERNAL_DATA =
            Pattern.compile("External data path does not exist: \"?([^\"]*)\"?");
    private static final Logger LOG = LoggerFactory.getLogger(OnnxLoader.class);
    private static final String GRAPH = "model.onnx";

    /** Bytes of stack for the thread that starts ONNX Runtime. */
    private static final long WIDE_STACK = 64L << 20;

    private final Blobs blobs;
    private final OnnxConfig config;
    private final LoadGuard guard;
    private final AtomicLong folders = new AtomicLong();

    /**
     * A loader without models. It empties the scratch folder; ONNX Runtime starts with the first model.
     *
     * @param blobs where model files are
     * @param guard told of each load before native code sees the model
     */
    public OnnxLoader(Blobs blobs, OnnxConfig config, LoadGuard guard) {
        this.blobs = blobs;
        this.config = config;
        this.guard = guard;
        delete(config.scratch());
    }

    /**
     * Loads and warms a model.
     *
     * @param tenant whose model it is
     * @param label what messages call it
     * @param graph the {@code .onnx} file
     * @param externalData files of external weights by the name the graph refers to them
     * @throws PilothouseException {@link ServingError#MODEL_UNLOADABLE} with the reason; {@link
     *     ServingError#MODEL_QUARANTINED}
     */
    public ServedModel load(String tenant, String label, Digest graph, Map<String, Digest> externalData) {
        long number = folders.incrementAndGet();
        Path folder = config.scratch().resolve(graph.brief() + "-" + number);
        try (var loading = guard.begin(tenant, label, graph)) {
            Files.createDirectories(folder);
            unpack(label, graph, externalData, folder);
            OnnxLibraries.useFolder(config.scratch().toAbsolutePath().resolveSibling("onnxruntime"));
            OrtEnvironment environment = environment();
            OnnxModel model = start(label, environment, folder);
            loading.succeeded();
            return model;
        } catch (OrtException | IllegalArgumentException e) {
            delete(folder);
            throw ServingError.MODEL_UNLOADABLE.because(
                    label + " cannot be loaded: " + reason(e, folder) + " What runs now is unchanged.", e);
        } catch (IOException e) {
            delete(folder);
            throw ServingError.MODEL_UNLOADABLE.because(
                    label + " cannot be loaded, for its files cannot be read or unpacked: " + e.getMessage()
                            + ". What runs now is unchanged.",
                    e);
        } catch (PilothouseException e) {
            delete(folder);
            throw e;
        }
    }

    /**
     * ONNX Runtime 1.29 matches the process's command line with a recursive regular expression when it starts, which
     * overflows a usual stack where the class path is long and so ends the process; a thread with a wide stack starts it.
     */
    private static OrtEnvironment environment() {
        var started = new CompletableFuture<OrtEnvironment>();
        new Thread(
                        null,
                        () -> {
                            try {
                                started.complete(OrtEnvironment.getEnvironment(
                                        OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "pilothouse"));
                            } catch (RuntimeException | Error e) {
                                started.completeExceptionally(e);
                            }
                        },
                        "onnx-start",
                        WIDE_STACK)
                .start();
        return started.join();
    }

    private OnnxModel start(String label, OrtEnvironment environment, Path folder) throws IOException, OrtException {
        OrtSession session;
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(config.intraOpThreads());
            options.setInterOpNumThreads(1);
            // Spinning workers would take the cores from the event loops.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            session = environment.createSession(folder.resolve(GRAPH).toString(), options);
        }
        try {
            boolean loops = OnnxGraph.hasLoops(folder.resolve(GRAPH));
            return OnnxModel.start(label, environment, session, loops, config, () -> delete(folder));
        } catch (IOException | OrtException | RuntimeException e) {
            session.close();
            throw e;
        }
    }

    private void unpack(String label, Digest graph, Map<String, Digest> externalData, Path folder) throws IOException {
        copy(graph, folder.resolve(GRAPH));
        for (var external : externalData.entrySet()) {
            Path file = folder.resolve(external.getKey()).normalize();
            if (!file.startsWith(folder) || file.equals(folder) || file.equals(folder.resolve(GRAPH))) {
                throw ServingError.MODEL_UNLOADABLE.because(label + " names the external data file '"
                        + external.getKey() + "', which is outside the model's folder; give it a plain file name.");
            }
            Files.createDirectories(file.getParent());
            copy(external.getValue(), file);
        }
    }

    private void copy(Digest digest, Path to) throws IOException {
        try (InputStream in = blobs.open(digest)) {
            Files.copy(in, to);
        }
    }

    private static String reason(Exception e, Path folder) {
        if (!(e instanceof OrtException ort)) {
            return String.valueOf(e.getMessage());
        }
        String words = words(ort).replace(folder + "/", "").replace(folder.toString(), "");
        Matcher locale = LOCALE.matcher(words);
        if (locale.find()) {
            return "it normalises text by the locale " + locale.group(1)
                    + ", which this machine lacks. Install it (Debian:"
                    + " apt-get install locales-all), or export the model without lower-casing.";
        }
        Matcher missing = NO_EXTERNAL_DATA.matcher(words);
        if (missing.find()) {
            // By its name alone: clients do not learn where files are.
            return "a file it refers to is missing ('"
                    + Path.of(missing.group(1)).getFileName()
                    + "', which holds its weights). Register it with its external data.";
        }
        return switch (ort.getCode()) {
            case ORT_INVALID_PROTOBUF ->
                "its file is truncated or no ONNX graph (" + words + "). Export it again and compare the sizes.";
            case ORT_NO_SUCHFILE ->
                "a file it refers to is missing (" + words + "). Register it with its external data.";
            case ORT_NOT_IMPLEMENTED ->
                "it uses an operator that this build of ONNX Runtime lacks (" + words + "). Export it with standard"
                        + " operators.";
            default -> words + ".";
        };
    }

    /** What ONNX Runtime says, without its code. */
    static String words(Exception e) {
        String message = String.valueOf(e.getMessage());
        int at = message.indexOf("message: ");
        String words = at < 0 ? message : message.substring(at + "message: ".length());
        words = words.strip();
        return words.endsWith(".") ? words.substring(0, words.length() - 1) : words;
    }

    private static void delete(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            LOG.warn("Cannot delete {}", path, e);
        }
    }
}
