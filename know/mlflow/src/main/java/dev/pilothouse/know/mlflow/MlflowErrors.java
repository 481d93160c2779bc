package dev.pilothouse.know.mlflow;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.json.Json;
import java.util.stream.Collectors;

/** MLflow's error shape: {@code {"error_code": "…", "message": "…"}}. */
public final class MlflowErrors {
    private MlflowErrors() {}

    /** Renders any refusal; those of other capabilities get the MLflow code that means the same. */
    public static Reply render(PilothouseException refusal, String requestId) {
        MlflowError code = of(refusal.code());
        String message = refusal.detail();
        if (!refusal.problems().isEmpty()) {
            message += refusal.problems().stream().map(Problem::toString).collect(Collectors.joining("; ", " ", ""));
        }
        if (code == MlflowError.INTERNAL_ERROR) {
            message += " Request id: " + requestId;
        }
        var body = Json.object().put("error_code", code.name()).put("message", message);
        return Reply.json(refusal.code().status(), body);
    }

    private static MlflowError of(ErrorCode code) {
        return switch (code) {
            case MlflowError mlflow -> mlflow;
            case CommonError common -> ofCommon(common);
            default -> ofStatus(code.status());
        };
    }

    private static MlflowError ofCommon(CommonError code) {
        return switch (code) {
            case INVALID, UNPROCESSABLE, TOO_LARGE, PRECONDITION_FAILED -> MlflowError.INVALID_PARAMETER_VALUE;
            case UNAUTHENTICATED -> MlflowError.UNAUTHENTICATED;
            case FORBIDDEN -> MlflowError.PERMISSION_DENIED;
            case NOT_FOUND -> MlflowError.RESOURCE_DOES_NOT_EXIST;
            case METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA -> MlflowError.BAD_REQUEST;
            case CONFLICT -> MlflowError.RESOURCE_CONFLICT;
            case TOO_MANY_REQUESTS -> MlflowError.REQUEST_LIMIT_EXCEEDED;
            case INTERNAL -> MlflowError.INTERNAL_ERROR;
            case NOT_IMPLEMENTED -> MlflowError.NOT_IMPLEMENTED;
            case UNAVAILABLE -> MlflowError.TEMPORARILY_UNAVAILABLE;
            case TIMEOUT -> MlflowError.DEADLINE_EXCEEDED;
            case OUT_OF_SPACE -> MlflowError.RESOURCE_EXHAUSTED;
        };
    }

    private static MlflowError ofStatus(int status) {
        for (MlflowError error : MlflowError.values()) {
            if (error.status() == status) {
                return error;
            }
        }
        return status < 500 ? MlflowError.BAD_REQUEST : MlflowError.INTERNAL_ERROR;
    }
}
