package dev.pilothouse.know.mlflow;

import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.RouteTable;
import java.util.List;

/**
 * Where the MLflow API is served: at the root and below {@code /mlflow}; below each as {@code /api} and, for browsers,
 * {@code /ajax-api}; in versions 2.0 and 3.0, which clients mix.
 */
public final class MlflowPaths {
    /** The protocol's name in the map of routes. */
    public static final String PROTOCOL = "mlflow";

    private static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE");
    private static final String[] BASES = {"", "/mlflow"};
    private static final String[] APIS = {
        "/api/2.0", "/ajax-api/2.0", "/api/3.0", "/ajax-api/3.0",
        "/mlflow/api/2.0", "/mlflow/ajax-api/2.0", "/mlflow/api/3.0", "/mlflow/ajax-api/3.0"
    };

    private MlflowPaths() {}

    /** Routes such as {@code /mlflow/runs/create}, below every base and version. */
    public static RouteTable.Scope versioned(RouteTable table) {
        return table.protocol(PROTOCOL, MlflowErrors::render, APIS);
    }

    /** Routes such as {@code /version}, below every base. */
    public static RouteTable.Scope bases(RouteTable table) {
        return table.protocol(PROTOCOL, MlflowErrors::render, BASES);
    }

    /**
     * Lets every other path of the API answer ENDPOINT_NOT_FOUND in MLflow's shape: clients take it as "older server" and
     * try another endpoint. Added once; more precise routes win, whether added before or after.
     */
    public static void refuseTheRest(RouteTable table) {
        Handler.Blocking refuse = call -> {
            throw MlflowError.ENDPOINT_NOT_FOUND.because("There is no endpoint " + call.method() + " " + call.path()
                    + " here. Check the client's version and the tracking URI.");
        };
        RouteTable.Scope versioned = versioned(table);
        for (String method : METHODS) {
            String name = "unknown" + method.charAt(0) + method.substring(1).toLowerCase(java.util.Locale.ROOT);
            versioned.on(method, "/mlflow/{*rest}", Access.caller(), name + "Mlflow", refuse);
            versioned.on(method, "/mlflow-artifacts/{*rest}", Access.caller(), name + "MlflowArtifacts", refuse);
        }
    }
}
