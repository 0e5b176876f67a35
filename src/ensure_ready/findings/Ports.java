package ensure_ready.findings;

import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** Ports that Services serve, and ports that containers say they listen on. */
public final class Ports {
    /** The pod's port that a Service's port leads to, by number or name. */
    public static String target(JsonNode port) {
        return port.path("targetPort").asString(Json.text(port, "port"));
    }

    /** True also where it cannot be told. */
    public static boolean serves(Obj service, String port) {
        var ports = service.list("/spec/ports");
        return ports.isEmpty() || service.text("/spec/type").equals("ExternalName")
            || ports.stream().anyMatch(p -> Json.text(p, "port").equals(port) || Json.text(p, "nodePort").equals(port)
                || service.text("/spec/clusterIP").equals("None") && target(p).equals(port));
    }

    public static String served(Obj service) {
        return service.list("/spec/ports").stream().map(p -> Json.text(p, "port")).collect(Collectors.joining(","));
    }

    /** Ports that a pod's containers declare or are probed on, by number and name. */
    public static Set<String> open(JsonNode podSpec) {
        var open = new LinkedHashSet<String>();
        Pods.specs(podSpec).filter(c -> !c.path("ports").isEmpty()).forEach(c -> {
            c.path("ports").forEach(p -> open.addAll(known(p)));
            List.of("/readinessProbe/httpGet/port", "/readinessProbe/tcpSocket/port", "/readinessProbe/grpc/port")
                .forEach(p -> open.add(c.at(p).asString("")));
        });
        open.remove("");
        return open;
    }

    /** A container's port by its number and, if it has one, its name. */
    private static List<String> known(JsonNode port) {
        var number = Json.text(port, "containerPort");
        return List.of(number, port.path("name").asString(number));
    }

    /** Names and numbers under which a connection to this port of the Service (empty: to any) reaches a pod. */
    public static Set<String> behind(Obj service, String port, JsonNode podSpec) {
        var ports = new LinkedHashSet<String>();
        service.list("/spec/ports").stream().filter(p -> port.isEmpty() || Json.text(p, "port").equals(port))
            .map(Ports::target).forEach(ports::add);
        podSpec.path("containers").forEach(c -> c.path("ports").forEach(p -> {
            if (known(p).stream().anyMatch(ports::contains)) {
                ports.addAll(known(p));
            }
        }));
        return ports;
    }
}
