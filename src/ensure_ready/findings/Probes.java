package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Event;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** What a container's probes say: which one kills it, which one fails, and whether the probe itself is the mistake. Pure. */
public record Probes(Observed seen, Obj pod, String container, JsonNode spec) {
    /** The probe for which the kubelet kills this container, {@code startup} or {@code liveness}, as its event tells. */
    Optional<String> killer(long restarts) {
        var kill = seen.events(pod, "Killing").stream()
            .filter(e -> e.aboutContainer(container) || e.message().contains("ontainer " + container + " "))
            .filter(e -> e.message().contains("probe")).reduce((a, b) -> b);
        if (kill.isEmpty()) {
            return Stream.of("liveness", "startup").filter(kind -> restarts > 0 && exhausted(kind)).findFirst();
        }
        var text = kill.get().message().toLowerCase(Locale.ROOT);
        return Stream.of("startup", "liveness").filter(kind -> text.contains(kind + " probe")).findFirst();
    }

    private boolean exhausted(String kind) {
        var limit = spec.path(kind + "Probe").path("failureThreshold").asLong(3);
        return failures(kind, "Unhealthy").anyMatch(e -> e.count() >= limit);
    }

    /** The newest event of this probe's failure. */
    Optional<Event> failure(String kind) {
        return failures(kind, "Unhealthy", "ProbeError").reduce((a, b) -> b);
    }

    private Stream<Event> failures(String kind, String... reasons) {
        var title = Character.toUpperCase(kind.charAt(0)) + kind.substring(1) + " probe";
        return seen.events(pod, reasons).stream().filter(e -> e.aboutContainer(container)
            && e.message().replace("(combined from similar events): ", "").startsWith(title));
    }

    /** How often this probe has failed. */
    long times(String kind) {
        return failures(kind, "Unhealthy", "ProbeError").mapToLong(Event::count).sum();
    }

    /** The mistake of this probe, if its answer proves one: wrong path, or a port on which the container does not say it listens. */
    Optional<Code> mistake(String kind) {
        return Optional.of(spec.path(kind + "Probe")).filter(this::unknownPort).map(p -> Code.PROBE_PORT_MISMATCH)
            .or(() -> failure(kind).flatMap(e -> mistake(e.message(), spec.path(kind + "Probe"))));
    }

    /** A port by a name that no port of the container has. */
    private boolean unknownPort(JsonNode probe) {
        var named = port(probe);
        return !named.isEmpty() && !named.matches("\\d+")
            && spec.path("ports").valueStream().noneMatch(p -> Json.text(p, "name").equals(named));
    }

    /** Its command does not exist in the image: the kubelet throws such answers away, so they neither pass nor kill. */
    boolean programMissing(String kind) {
        return spec.path(kind + "Probe").has("exec") && failure(kind).filter(e -> Phrase.NO_PROGRAM.occurs(e.message())).isPresent();
    }

    private static String port(JsonNode probe) {
        return Stream.of("/httpGet/port", "/tcpSocket/port", "/grpc/port").map(p -> probe.at(p).asString(""))
            .filter(p -> !p.isEmpty()).findFirst().orElse("");
    }

    private Optional<Code> mistake(String message, JsonNode probe) {
        if (Phrase.STATUS_404.occurs(message)) {
            return Optional.of(Code.PROBE_PATH_NOT_FOUND);
        }
        var named = port(probe);
        var number = named.matches("\\d+") ? named : Phrase.PROBE_PORT.in(message);
        var ports = ports();
        return Phrase.REFUSED.occurs(message) && !number.isEmpty() && !ports.isEmpty() && !ports.contains(number) && !ports.contains(named)
            ? Optional.of(Code.PROBE_PORT_MISMATCH) : Optional.empty();
    }

    /** The ports that the pod says it has, else those by which Services ask it. */
    private List<String> ports() {
        var ports = new ArrayList<String>();
        Pods.specs(pod.at("/spec")).forEach(c -> c.path("ports").forEach(p -> {
            ports.add(Json.text(p, "containerPort"));
            ports.add(p.path("name").asString("-"));
        }));
        if (ports.isEmpty()) {
            seen.snapshot.all("Service").stream().filter(s -> !s.map("/spec/selector").isEmpty()
                && pod.labels().entrySet().containsAll(s.map("/spec/selector").entrySet()))
                .forEach(s -> s.list("/spec/ports").forEach(p -> ports.add(Ports.target(p))));
        }
        return ports;
    }

    /** How long a probe fails before that means anything. */
    long budget(String kind) {
        var probe = spec.path(kind + "Probe");
        return probe.path("initialDelaySeconds").asLong(0) + probe.path("periodSeconds")
            .asLong(10) * probe.path("failureThreshold").asLong(3);
    }

    boolean has(String kind) {
        return spec.path(kind + "Probe").isObject();
    }
}
