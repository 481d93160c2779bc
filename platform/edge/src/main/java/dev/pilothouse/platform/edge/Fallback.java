package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Answers what no route answers: unknown paths, methods a path does not have, and OPTIONS. */
final class Fallback implements HttpService {
    /** Methods by the path they answer, matched as the router matches. */
    private record Place(com.linecorp.armeria.server.Route path, Set<String> methods, ErrorShape errors) {}

    private final RouteTable routes;
    private final Arrivals arrivals;
    private final Meters.Operation meters;
    private final List<Place> places;
    private final List<String> paths;

    Fallback(RouteTable routes, Arrivals arrivals, Meters.Operation meters) {
        this.routes = routes;
        this.arrivals = arrivals;
        this.meters = meters;
        Map<String, Place> byPath = new LinkedHashMap<>();
        for (Route route : routes.routes()) {
            for (String prefix : route.prefixes()) {
                var place = byPath.computeIfAbsent(
                        prefix + route.path(),
                        path -> new Place(
                                com.linecorp.armeria.server.Route.builder()
                                        .path(path)
                                        .build(),
                                new TreeSet<>(),
                                route.errors()));
                place.methods().add(route.method());
                place.methods().add("OPTIONS");
                if (route.method().equals("GET")) {
                    place.methods().add("HEAD");
                }
            }
        }
        this.places = List.copyOf(byPath.values());
        this.paths = List.copyOf(byPath.keySet());
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) {
        meters.watch(context);
        RequestInfo info = arrivals.greet(context, request.headers());
        EdgeErrors.dropRest(request);
        var here = new ArrayList<Place>();
        for (Place place : places) {
            if (place.path().apply(context.routingContext(), false).isPresent()) {
                here.add(place);
            }
        }
        if (here.isEmpty()) {
            var refusal = CommonError.NOT_FOUND.because("There is nothing at " + context.method() + " "
                    + context.decodedPath() + "."
                    + Nearest.of(context.decodedPath(), paths)
                            .map(near -> " Did you mean '" + near + "'?")
                            .orElse(""));
            return Replies.toResponse(context, routes.shapeFor(context.path()).render(refusal, info.requestId()));
        }
        var methods = new TreeSet<String>();
        here.forEach(place -> methods.addAll(place.methods()));
        String allow = String.join(", ", methods);
        if (context.method() == HttpMethod.OPTIONS) {
            return Replies.toResponse(context, Reply.empty().with("allow", allow));
        }
        var refusal = CommonError.METHOD_NOT_ALLOWED.because("The path " + context.decodedPath() + " does not answer "
                + context.method() + "; it answers " + allow + ".");
        Reply reply = here.getFirst().errors().render(refusal, info.requestId());
        return Replies.toResponse(context, reply.with("allow", allow));
    }
}
