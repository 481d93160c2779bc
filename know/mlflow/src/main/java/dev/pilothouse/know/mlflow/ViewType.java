package dev.pilothouse.know.mlflow;

import java.util.Optional;

/** Which experiments or runs a search sees: those in use, those in the bin, or both. */
public enum ViewType {
    /** Those that are not in the bin. */
    ACTIVE_ONLY,
    /** Those in the bin. */
    DELETED_ONLY,
    /** Both. */
    ALL;

    /**
     * The view that a request asks for, by name or by protobuf's number; active ones where it names none.
     *
     * @param field the request's field
     * @throws dev.pilothouse.kernel.PilothouseException INVALID_PARAMETER_VALUE for a view that does not exist
     */
    public static ViewType of(MlflowRequest request, String field) {
        Optional<String> text = request.text(field);
        return switch (text.orElse("")) {
            case "", "ACTIVE_ONLY", "1" -> ACTIVE_ONLY;
            case "DELETED_ONLY", "2" -> DELETED_ONLY;
            case "ALL", "3" -> ALL;
            default -> throw MlflowRequest.invalid(field, text.get(), "Use ACTIVE_ONLY, DELETED_ONLY or ALL.");
        };
    }

    /** Whether the view shows what is in the bin, or is not. */
    public boolean shows(boolean deleted) {
        return this == ALL || deleted == (this == DELETED_ONLY);
    }
}
