package dev.pilothouse.run.guards;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A string of a body, be it a value or the name of a member. For one thread. */
final class Text {
    /** An object around a text. */
    static final class Frame {
        final @Nullable Frame outer;
        /** The member that it is the value of; empty for the body itself. */
        final String member;

        final Place place;
        /** Its members may have any name: what a tool is called with, or what it is defined by. */
        final boolean free;

        final boolean delta;

        /** Numbers of choice and part that the protocol tells in it. */
        String numbers = "";

        String role = "";
        String type = "";
        boolean finished;

        private Frame(@Nullable Frame outer, String member, Place place, boolean free, boolean delta) {
            this.outer = outer;
            this.member = member;
            this.place = place;
            this.free = free;
            this.delta = delta;
        }

        /** The body itself. */
        static Frame root() {
            return new Frame(null, "", Place.LABEL, false, false);
        }

        /** Of an object that is a member of this one. */
        Frame inner(String name, Place at) {
            boolean called = outer != null && (name.equals("input") || name.equals("arguments"));
            return new Frame(this, name, at, free || called || Place.isFree(name), delta || name.equals("delta"));
        }

        boolean isWithin(String... members) {
            for (Frame at = this; at != null; at = at.outer) {
                if (List.of(members).contains(at.member)) {
                    return true;
                }
            }
            return false;
        }

        /** One of several answers. */
        boolean isChoice() {
            return member.equals("choices");
        }
    }

    /** The byte of its opening quote. */
    final int from;
    /** Behind its closing quote. */
    final int to;
    /** What it says. */
    final String value;
    /** What is looked for in it. */
    final Place place;

    /** The member that it is the value of, or that it names. */
    private final String member;

    private final boolean name;
    private final Frame frame;

    /**
     * A text.
     *
     * @param name whether it is the name of a member and not a value
     */
    Text(int from, int to, String value, Place place, String member, boolean name, Frame frame) {
        this.from = from;
        this.to = to;
        this.value = value;
        this.place = place;
        this.member = member;
        this.name = name;
        this.frame = frame;
    }

    /** The numbers of the objects around it, the outermost first: which choice, which part. */
    String numbers() {
        var numbers = new StringBuilder();
        for (Frame at = frame; at != null; at = at.outer) {
            numbers.insert(0, at.numbers);
        }
        return numbers.toString();
    }

    /** Names the text that it is a piece of. */
    String key() {
        return numbers() + member;
    }

    /** Whether a model wrote it or reads it as it stands. */
    boolean isContent() {
        return place == Place.CONTENT && !name;
    }

    /** Whether guards that others run are told of it. */
    boolean isTold() {
        return place == Place.CONTENT || place == Place.DEFINITION;
    }

    /** Whether it is a piece, of which others follow in later events. */
    boolean isDelta() {
        return isContent() && (frame.delta || member.equals("delta") || (frame.isChoice() && member.equals("text")));
    }

    /** Whether its object says that it is the last piece. */
    boolean isLast() {
        for (Frame at = frame; at != null; at = at.outer) {
            if (at.finished) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is JSON inside of JSON. */
    boolean isArguments() {
        return member.equals("arguments")
                || member.equals("partial_json")
                || (member.equals("delta") && frame.type.contains("arguments"));
    }

    /** Whether it is a part of a conversation: what comes last of it is what is asked. */
    boolean isConversation() {
        String top = top();
        return isContent() && (top.equals("messages") || top.equals("input") || top.equals("prompt"));
    }

    /** Whether a model answers with it: neither thinks it, nor calls a tool with it. */
    boolean isAnswer() {
        if (!isContent()
                || frame.isWithin("summary", "instructions", "input", "results", "error")
                || frame.type.startsWith("reasoning")) {
            return false;
        }
        return member.equals("content")
                || member.equals("text")
                || (member.equals("delta") && frame.type.equals("response.output_text.delta"));
    }

    /** The number of the choice that it is a part of; empty where there is but one answer. */
    String choice() {
        for (Frame at = frame; at != null; at = at.outer) {
            if (at.isChoice()) {
                return at.numbers;
            }
        }
        return "";
    }

    /** The role of who says it, as the protocol names it; empty where it names none. */
    String role() {
        for (Frame at = frame; at != null; at = at.outer) {
            if (!at.role.isEmpty()) {
                return at.role;
            }
        }
        return "";
    }

    /** The names of the members that lead to it: {@code messages/content/text}. */
    String path() {
        var path = new StringBuilder(member);
        for (Frame at = frame; at.outer != null; at = at.outer) {
            path.insert(0, at.member + "/");
        }
        return path.toString();
    }

    private String top() {
        String top = member;
        for (Frame at = frame; at.outer != null; at = at.outer) {
            top = at.member;
        }
        return top;
    }

    /** Whether those who run the program wrote it, and not a user, a tool or a model. */
    boolean isInstruction() {
        for (Frame at = frame; at != null; at = at.outer) {
            if (at.role.equals("system") || at.role.equals("developer")) {
                return true;
            }
        }
        return member.equals("system") || member.equals("instructions");
    }
}
