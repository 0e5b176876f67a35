package ensure_ready.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import ensure_ready.readiness.Family;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import shared.Json;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/**
 * Where things are in the slot's namespace, and which of them answer.
 *
 * @param services  at most {@link #MOST}, by name
 * @param ingresses the same
 */
public record Addresses(List<Service> services, List<Ingress> ingresses) {
    static final int MOST = 30;
    private static final int URLS = 5;

    /** {@code ready}: has an endpoint that is ready; null where no selector asks for one, or where endpoints cannot be read. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Service(String name, List<Integer> ports, Boolean ready) { }

    /** {@code backends} as {@code web:80}; {@code ready}: all of them are, null where one is not known. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Ingress(String name, List<String> urls, String address, List<String> backends, Boolean ready) { }

    public static Addresses of(Snapshot snapshot) {
        var family = new Family(snapshot, Set.of());
        return new Addresses(own(snapshot, "Service").map(s -> service(s, family)).toList(),
            own(snapshot, "Ingress").map(i -> ingress(i, family)).toList());
    }

    private static Stream<Obj> own(Snapshot snapshot, String kind) {
        return snapshot.all(kind).stream().filter(o -> o.namespace().equals(snapshot.namespace()))
            .sorted((a, b) -> a.name().compareTo(b.name())).limit(MOST);
    }

    private static Service service(Obj service, Family family) {
        return new Service(service.name(), service.list("/spec/ports").stream().map(p -> p.path("port").asInt(0)).toList(),
            answers(service, family));
    }

    private static Boolean answers(Obj service, Family family) {
        return service.at("/spec/selector").isEmpty() || !family.snapshot().knows("EndpointSlice") ? null
            : family.hasReadyEndpoint(service);
    }

    private static Ingress ingress(Obj ingress, Family family) {
        var backends = Stream.concat(Stream.of(ingress.at("/spec/defaultBackend/service")),
            paths(ingress).map(p -> p.at("/backend/service"))).filter(JsonNode::isObject).distinct().limit(URLS).toList();
        var ready = backends.stream().map(b -> family.snapshot().find("Service", Json.text(b, "name"))
            .map(s -> answers(s, family)).orElse(null)).toList();
        var where = ingress.at("/status/loadBalancer/ingress/0");
        return new Ingress(ingress.name(), urls(ingress), Texts.line(where.path("hostname").asString(Json.text(where, "ip"))),
            backends.stream().map(b -> Json.text(b, "name") + ":" + b.at("/port/number").asString(b.at("/port/name").asString("")))
                .toList(), ready.contains(null) ? null : (Boolean) !ready.contains(false));
    }

    private static Stream<JsonNode> paths(Obj ingress) {
        return ingress.list("/spec/rules").stream().flatMap(rule -> rule.at("/http/paths").valueStream());
    }

    private static List<String> urls(Obj ingress) {
        var secure = ingress.list("/spec/tls").stream().flatMap(tls -> tls.path("hosts").valueStream()).map(h -> h.asString("")).toList();
        return ingress.list("/spec/rules").stream().flatMap(rule -> {
            var host = Json.text(rule, "host");
            var prefix = (secure.contains(host) ? "https://" : "http://") + (host.isEmpty() ? "*" : host);
            return rule.at("/http/paths").valueStream().map(path -> prefix + path.path("path").asString("/"));
        }).distinct().limit(URLS).toList();
    }
}
