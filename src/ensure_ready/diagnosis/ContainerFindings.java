package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What one container's status says: it waits, it ended, or it runs and is not ready. Pure. */
public final class ContainerFindings {
    private static final Pattern ENDLESS = Pattern.compile("\\bsleep\\s+(inf(inity)?|\\d{5,}|\\d+[dh])\\b|\\btail\\s+-f\\s+/dev/null");
    private static final Pattern STATUS = Pattern.compile("(?i)status ?code:? ?404");
    private static final Pattern PROBE_PORT = Pattern.compile(":(\\d{1,5})(?:[/\":]|$)");
    private final Facts facts;
    private final Obj pod;
    private final String[] owner;
    private final JsonNode status;
    private final boolean init;
    private final String name;
    private final PodFindings of;

    ContainerFindings(Facts facts, Obj pod, String[] owner, JsonNode status, boolean init) {
        this.facts = facts;
        this.pod = pod;
        this.owner = owner;
        this.status = status;
        this.init = init;
        this.name = status.path("name").asText();
        this.of = new PodFindings(facts);
    }

    void find() {
        var waiting = status.at("/state/waiting");
        var reason = waiting.path("reason").asText();
        if (reason.equals("CrashLoopBackOff")) {
            crash(status.at("/lastState/terminated"), "lastState.terminated");
        } else if (waiting.isObject()) {
            waits(reason, waiting.path("message").asText());
        } else if (status.at("/state/terminated").isObject()) {
            ended(status.at("/state/terminated"));
        } else if (status.at("/state/running").isObject()) {
            runs();
        }
    }

    private void waits(String reason, String message) {
        switch (reason) {
            case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
                "ErrImagePullBackOff", "SignatureValidationFailed" -> image(reason, message);
            case "CreateContainerConfigError" -> of.reference(pod, owner, name, Messages.code(Messages.Topic.VOLUME, message)
                .orElse(Code.CONTAINER_CONFIG_INVALID), message, null, waitingEvidence(reason, message));
            case "CreateContainerError", "RunContainerError", "ContainerCannotRun", "StartError" -> start(reason, message);
            case "PostStartHookError", "PreStartHookError", "PreCreateHookError" ->
                add(Code.LIFECYCLE_HOOK_FAILED, null, waitingEvidence(reason, message));
            default -> { }
        }
    }

    private Evidence waitingEvidence(String reason, String message) {
        return evidence("state.waiting", reason, message);
    }

    private Evidence evidence(String path, String reason, String message) {
        return new Evidence("status", pod.ref() + (init ? "/initContainerStatuses[" : "/containerStatuses[") + name + "]." + path,
            reason, message,
            Math.max(1, status.path("restartCount").asLong(1)), "", "");
    }

    private void add(Code code, Instant since, Evidence... evidence) {
        add(code, since, Map.of(), evidence);
    }

    private void add(Code code, Instant since, Map<String, String> more, Evidence... evidence) {
        var params = new HashMap<>(PodFindings.params(pod));
        params.putAll(more);
        facts.add(code, owner[0], owner[1], owner, name, since, List.of(evidence), params);
    }

    /** Before 1.32 the waiting state says only "Back-off pulling image": what the pull itself said stands in the events. */
    private void image(String reason, String message) {
        var image = spec().path("image").asText(status.path("image").asText());
        var event = facts.events(pod, "Failed", "FailedToRetrieveImagePullSecret", "InspectFailed")
            .stream().filter(e -> e.aboutContainer(name))
            .filter(e -> Messages.code(Messages.Topic.IMAGE, e.message()).isPresent()
            && e.message().toLowerCase(Locale.ROOT).contains("pull"))
                .reduce((a, b) -> b);
        var code = Messages.code(Messages.Topic.IMAGE, reason + " " + message)
            .or(() -> event.flatMap(e -> Messages.code(Messages.Topic.IMAGE, e.message()))).orElse(Code.IMAGE_PULL_FAILED);
        var proof = new ArrayList<>(List.of(waitingEvidence(reason, message)));
        event.ifPresent(e -> proof.add(e.evidence(pod)));
        var params = new HashMap<>(PodFindings.params(pod));
        params.put("image", image);
        var secret = of.missingPullSecret(pod);
        var since = event.map(e -> Findings.instant(e.first())).orElse(null);
        if (secret.isPresent() && (code == Code.IMAGE_AUTH || code == Code.IMAGE_NOT_FOUND_OR_AUTH || code == Code.IMAGE_PULL_FAILED)) {
            facts.add(Code.IMAGE_PULL_SECRET_MISSING, "Secret", secret.get(), owner, name, since, proof, params);
        } else {
            facts.add(code, owner[0], owner[1], owner, name, since, proof, params);
        }
    }

    private void start(String reason, String message) {
        var text = message.isEmpty() ? status.at("/lastState/terminated/message").asText() : message;
        if (text.contains("context deadline exceeded") || text.contains("is reserved for")) {
            add(Code.STILL_PROGRESSING, null, waitingEvidence(reason, text));
            return;
        }
        var volume = Messages.code(Messages.Topic.VOLUME, text).filter(c -> c == Code.RUN_AS_NON_ROOT || c == Code.CONFIG_KEY_MISSING);
        add(volume.or(() -> Messages.code(Messages.Topic.START, text)).orElse(Code.CONTAINER_START_FAILED),
            null, waitingEvidence(reason, text));
    }

    private void ended(JsonNode terminated) {
        var again = !pod.text("/spec/restartPolicy").equals("Never");
        var job = owner[0].equals("Job") || !again || pod.text("/spec/restartPolicy").equals("OnFailure");
        if (terminated.path("exitCode").asInt() == 0 && (init || job)) {
            return;
        }
        crash(terminated, "state.terminated");
    }

    private void crash(JsonNode end, String path) {
        var reason = end.path("reason").asText();
        var exit = end.path("exitCode").asInt(-1);
        var message = end.path("message").asText();
        var proof = new Evidence("status", pod.ref() + (init ? "/initContainerStatuses[" : "/containerStatuses[") + name + "]." + path,
            reason.isEmpty()
            ? "exit " + exit : reason,
            "exit code " + exit + (message.isEmpty() ? "" : ": " + message),
                Math.max(1, status.path("restartCount").asLong(1)), end.path("startedAt")
                .asText(), end.path("finishedAt").asText());
        var since = Findings.instant(end.path("finishedAt").asText());
        var more = Map.of("exitCode", String.valueOf(exit), "restarts", status.path("restartCount").asText("0"));
        var killed = killedBy();
        if (reason.equals("OOMKilled")) {
            add(Code.OOM_KILLED, since, more, proof);
        } else if (Set.of(-1, 0, 137, 143).contains(exit) && !hookFailed().isEmpty()) {
            add(Code.LIFECYCLE_HOOK_FAILED, since, more, proof, hookFailed().get(hookFailed().size() - 1).evidence(pod));
        } else if (killed != null && (Set.of(-1, 0, 2, 137, 143).contains(exit) || LogReading.of(facts.log(pod, name)).map(LogReading::code)
            .orElse(Code.CRASH_APP_ERROR) == Code.CRASH_APP_ERROR)) {
            probeKilled(killed, since, more, proof);
        } else if (reason.equals("StartError") || reason.equals("ContainerCannotRun") || exit == 128 && !message.isEmpty()) {
            add(Messages.code(Messages.Topic.START, message).orElse(Code.CONTAINER_START_FAILED), since, more, proof);
        } else if (exit == 0) {
            add(Code.CONTAINER_EXITS_ZERO, since, more, proof);
        } else if (exit > 0) {
            exited(exit, message, since, more, proof);
        } else {
            unknownEnd(since, more, proof);
        }
    }

    /** A program that ended by itself fails its hook too; only what was killed from outside was killed for it. */
    private List<Event> hookFailed() {
        return facts.events(pod, "FailedPostStartHook").stream().filter(e -> e.aboutContainer(name)).toList();
    }

    /** A back-off whose last run is not told (the kubelet was restarted): the log alone can say. */
    private void unknownEnd(Instant since, Map<String, String> more, Evidence proof) {
        add(LogReading.of(facts.log(pod, name)).map(LogReading::code).orElse(Code.CRASH_APP_ERROR), since, more, proof);
    }

    private void exited(int exit, String message, Instant since, Map<String, String> more, Evidence proof) {
        var reading = LogReading.of(facts.log(pod, name))
            .or(() -> LogReading.of(new Log(pod.name(), name, false, message.lines().toList())));
        var params = new HashMap<>(more);
        var code = reading.map(LogReading::code).orElse(Code.CRASH_APP_ERROR);
        if (code == Code.CRASH_APP_ERROR && (exit == 137 || exit == 143) && spec().path("livenessProbe").isObject() && !init) {
            code = Code.PROBE_LIVENESS_FAILING; // killed from outside, not for memory; events that would prove it may be forbidden or gone
            params.put("inferred", "true");
        } else if (code == Code.CRASH_APP_ERROR && (exit == 126 || exit == 127)) {
            code = exit == 127 ? Code.CONTAINER_COMMAND_NOT_FOUND : Code.CONTAINER_COMMAND_PERMISSION; // as every shell says it
        } else if (code == Code.CRASH_APP_ERROR && reading.isEmpty()) {
            params.put("weak", "true"); // nothing but an exit code: what it needs may explain it better
        }
        reading.ifPresent(r -> params.putAll(r.params()));
        var proofs = new ArrayList<>(List.of(proof));
        reading.ifPresent(r -> proofs.add(r.evidence(pod)));
        add(code, since, params, proofs.toArray(Evidence[]::new));
    }

    /** The probe for which the kubelet kills this container, as its event tells; null when none does. */
    private String killedBy() {
        var kills = facts.events(pod, "Killing").stream()
            .filter(e -> e.aboutContainer(name) || e.message().contains("ontainer " + name + " "))
            .filter(e -> e.message().contains("probe")).reduce((a, b) -> b);
        var text = kills.map(e -> e.message().toLowerCase(Locale.ROOT)).orElse("");
        return text.contains("startup probe") ? "startup" : text.contains("liveness probe")
            ? "liveness" : kills.isEmpty() ? unhealthyKill() : null;
    }

    private String unhealthyKill() {
        var count = new String[] {"Liveness", "Startup"};
        for (var kind : count) {
            var limit = spec().path(kind.toLowerCase(Locale.ROOT) + "Probe").path("failureThreshold").asLong(3);
            if (status.path("restartCount").asLong() > 0 && facts.events(pod, "Unhealthy").stream().filter(e -> e.aboutContainer(name))
                .anyMatch(e -> e.message().startsWith(kind + " probe") && e.count() >= limit)) {
                return kind.toLowerCase(Locale.ROOT);
            }
        }
        return null;
    }

    private void probeKilled(String kind, Instant since, Map<String, String> more, Evidence proof) {
        var failed = unhealthy(kind.equals("startup") ? "Startup" : "Liveness");
        var readiness = unhealthy("Readiness");
        var code = kind.equals("startup") ? Code.PROBE_STARTUP_FAILING : Code.PROBE_LIVENESS_FAILING;
        var specific = failed.map(e -> probeCode(e.message(), spec().path(kind + "Probe"))).orElse(null);
        if (specific != null && readiness.isPresent() && specific == probeCode(readiness.get().message(), spec().path("readinessProbe"))) {
            code = specific; // both probes ask the same wrong thing
        }
        var reading = LogReading.of(facts.log(pod, name)).filter(r -> r.code() == Code.CRASH_DEPENDENCY_UNREACHABLE && specific == null);
        var params = new HashMap<>(more);
        if (reading.isPresent()) {
            code = Code.CRASH_DEPENDENCY_UNREACHABLE; // it does not answer its probe because it waits for something
            params.putAll(reading.get().params());
        }
        params.put("probe", kind);
        if (specific != null) {
            params.put("why", specific.name());
        }
        var proofs = new ArrayList<>(List.of(proof));
        failed.ifPresent(e -> proofs.add(e.evidence(pod)));
        reading.ifPresent(r -> proofs.add(r.evidence(pod)));
        add(code, since, params, proofs.toArray(Evidence[]::new));
    }

    private Optional<Event> unhealthy(String kind) {
        return facts.events(pod, "Unhealthy", "ProbeError").stream()
            .filter(e -> e.aboutContainer(name) && e.message().startsWith(kind + " probe"))
            .reduce((a, b) -> b);
    }

    /** A probe's own mistake, if its answer proves one: wrong path, or a port on which the container does not say it listens. */
    private Code probeCode(String message, JsonNode probe) {
        if (STATUS.matcher(message).find()) {
            return Code.PROBE_PATH_NOT_FOUND;
        }
        var lower = message.toLowerCase(Locale.ROOT);
        var named = probe.at("/httpGet/port").asText(probe.at("/tcpSocket/port").asText(probe.at("/grpc/port").asText()));
        var number = named.matches("\\d+") ? named : Messages.part(message, PROBE_PORT);
        var refused = lower.contains("connection refused") || lower.contains("actively refused");
        return refused && !number.isEmpty() && !ports().isEmpty() && !ports().contains(number)
            && !ports().contains(named) ? Code.PROBE_PORT_MISMATCH : null;
    }

    private List<String> ports() {
        var ports = new ArrayList<String>();
        for (var list : List.of("/spec/containers", "/spec/initContainers")) {
            pod.list(list).forEach(c -> c.path("ports").forEach(p -> {
                ports.add(p.path("containerPort").asText());
                ports.add(p.path("name").asText("-"));
            }));
        }
        if (ports.isEmpty()) {
            facts.snapshot.all("Service").stream().filter(s -> !s.map("/spec/selector").isEmpty() && pod.labels().entrySet()
                .containsAll(s.map("/spec/selector").entrySet()))
                .forEach(s -> s.list("/spec/ports").forEach(p -> ports.add(WiringFindings.target(p))));
        }
        return ports;
    }

    private JsonNode spec() {
        for (var list : List.of("/spec/containers", "/spec/initContainers")) {
            for (var c : pod.list(list)) {
                if (c.path("name").asText().equals(name)) {
                    return c;
                }
            }
        }
        return MissingNode.getInstance();
    }

    private void runs() {
        var running = facts.age(Optional.ofNullable(Findings.instant(status.at("/state/running/startedAt").asText())));
        var end = status.at("/lastState/terminated");
        var restarts = status.path("restartCount").asLong();
        if (init) {
            initRuns(running);
        } else if (restarts >= 1 && end.isObject() && (!status.path("ready").asBoolean() || restarts >= 2 && running < 60)) {
            crash(end, "lastState.terminated"); // between two crashes it runs for a moment
        } else if (!status.path("ready").asBoolean()) {
            unready(running);
        }
    }

    private void initRuns(long running) {
        var targets = Wait.targets(spec());
        var reading = LogReading.of(facts.log(pod, name)).filter(r -> r.code() == Code.CRASH_DEPENDENCY_UNREACHABLE);
        var params = new HashMap<String, String>();
        var since = Findings.instant(status.at("/state/running/startedAt").asText());
        var proofs = new ArrayList<>(List.of(new Evidence("status", pod.ref() + "/initContainerStatuses[" + name + "].state.running", "",
            "the init container runs for " + running + " s", 1, "", "")));
        reading.ifPresent(r -> {
            params.putAll(r.params());
            proofs.add(r.evidence(pod));
        });
        var rbac = LogReading.of(facts.log(pod, name)).filter(r -> r.code() == Code.RBAC_RUNTIME_FORBIDDEN);
        if (rbac.isPresent()) {
            proofs.add(rbac.get().evidence(pod));
            add(Code.RBAC_RUNTIME_FORBIDDEN, since, rbac.get().params(), proofs.toArray(Evidence[]::new));
            return;
        }
        if (!targets.isEmpty()) {
            params.put("waitsFor", String.join(",", targets.stream().map(Wait.Target::toString).toList()));
            params.put("via", "init:" + name);
        }
        var waits = !targets.isEmpty() || reading.isPresent() || running > 600 || ENDLESS.matcher(Wiring.words(spec())).find();
        add(waits ? Code.INIT_WAITING : Code.STILL_PROGRESSING, since, params, proofs.toArray(Evidence[]::new));
    }

    /** It runs and was never killed: its readiness probe fails, it still starts, or its program says what it lacks. */
    private void unready(long running) {
        var probe = spec().path("readinessProbe");
        var failed = unhealthy("Readiness").or(() -> unhealthy("Startup"));
        var since = Findings.instant(status.at("/state/running/startedAt").asText());
        var specific = failed.map(e -> probeCode(e.message(), e.message().startsWith("Startup") ? spec().path("startupProbe") : probe))
            .orElse(null);
        // which a slow start looks like for longer than a wrong path does
        var vague = specific == null || specific == Code.PROBE_READINESS_FAILING;
        var starting = running < Math.max(grace(probe), vague ? PodFindings.STARTING.toSeconds() : 0)
            || spec().path("startupProbe").isObject() && !status.path("started").asBoolean(true)
            && running < budget(spec().path("startupProbe"));
        var proof = evidence("ready", "", "runs for " + running + " s and is not ready");
        var reading = LogReading.of(facts.log(pod, name)).filter(r -> r.code() != Code.CRASH_APP_ERROR && r.code() != Code.CRASH_PORT_IN_USE
            || r.code() == Code.CRASH_DEPENDENCY_UNREACHABLE);
        var proofs = new ArrayList<>(List.of(proof));
        failed.ifPresent(e -> proofs.add(e.evidence(pod)));
        var params = new HashMap<String, String>();
        if (specific != null && !starting) {
            reading = Optional.empty();
        }
        reading.ifPresent(r -> {
            params.putAll(r.params());
            proofs.add(r.evidence(pod));
        });
        var told = reading.map(LogReading::code).filter(c -> c != Code.CRASH_DEPENDENCY_UNREACHABLE).orElse(Code.PROBE_READINESS_FAILING);
        var code = starting && reading.isEmpty() ? Code.STILL_PROGRESSING : specific != null ? specific : told;
        if (code == Code.PROBE_READINESS_FAILING && !probe.isObject() && failed.isEmpty() && reading.isEmpty()) {
            code = Code.STILL_PROGRESSING; // no probe that could fail
        }
        add(code, since, params, proofs.toArray(Evidence[]::new));
    }

    /** How long a program may take before its failing readiness probe means anything: its own budget, at least a minute. */
    private static long grace(JsonNode probe) {
        return Math.max(60, budget(probe));
    }

    private static long budget(JsonNode probe) {
        return probe.path("initialDelaySeconds").asLong(0) + probe.path("periodSeconds")
            .asLong(10) * probe.path("failureThreshold").asLong(3);
    }
}
