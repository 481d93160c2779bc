package dev.pilothouse.run.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What ONNX Runtime does not tell of a graph, read off its file (onnx.proto3 of the ONNX specification). */
final class OnnxGraph {
    private static final int MODEL_GRAPH = 7;
    private static final int MODEL_FUNCTIONS = 25;
    private static final int GRAPH_NODE = 1;
    private static final int FUNCTION_NODE = 7;
    private static final int NODE_OPERATOR = 4;
    private static final int NODE_ATTRIBUTE = 5;
    private static final int ATTRIBUTE_GRAPH = 6;
    private static final int ATTRIBUTE_GRAPHS = 11;

    private OnnxGraph() {}

    /** Whether a node of the model, or of a graph or function in it, is a {@code Loop}, which may run without end. */
    static boolean hasLoops(Path model) throws IOException {
        try (var file = new BufferedInputStream(Files.newInputStream(model))) {
            CodedInputStream in = CodedInputStream.newInstance(file);
            in.setSizeLimit(Integer.MAX_VALUE);
            return inModel(in);
        }
    }

    private interface Part {
        boolean hasLoop(CodedInputStream in) throws IOException;
    }

    private static boolean inModel(CodedInputStream in) throws IOException {
        boolean found = false;
        for (int tag = in.readTag(); tag != 0 && !found; tag = in.readTag()) {
            found = switch (WireFormat.getTagFieldNumber(tag)) {
                case MODEL_GRAPH -> in(in, part -> nodes(part, GRAPH_NODE));
                case MODEL_FUNCTIONS -> in(in, part -> nodes(part, FUNCTION_NODE));
                default -> skip(in, tag);
            };
        }
        return found;
    }

    private static boolean nodes(CodedInputStream in, int field) throws IOException {
        boolean found = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            found |= WireFormat.getTagFieldNumber(tag) == field ? in(in, OnnxGraph::inNode) : skip(in, tag);
        }
        return found;
    }

    private static boolean inNode(CodedInputStream in) throws IOException {
        boolean found = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            found |= switch (WireFormat.getTagFieldNumber(tag)) {
                case NODE_OPERATOR -> in.readString().equals("Loop");
                case NODE_ATTRIBUTE -> in(in, OnnxGraph::inAttribute);
                default -> skip(in, tag);
            };
        }
        return found;
    }

    private static boolean inAttribute(CodedInputStream in) throws IOException {
        boolean found = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int field = WireFormat.getTagFieldNumber(tag);
            boolean graph = field == ATTRIBUTE_GRAPH || field == ATTRIBUTE_GRAPHS;
            found |= graph ? in(in, part -> nodes(part, GRAPH_NODE)) : skip(in, tag);
        }
        return found;
    }

    private static boolean in(CodedInputStream in, Part part) throws IOException {
        in.checkRecursionLimit();
        int before = in.pushLimit(in.readRawVarint32());
        boolean found = part.hasLoop(in);
        in.popLimit(before);
        return found;
    }

    private static boolean skip(CodedInputStream in, int tag) throws IOException {
        in.skipField(tag);
        return false;
    }
}
