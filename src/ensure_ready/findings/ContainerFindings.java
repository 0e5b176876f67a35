package ensure_ready.findings;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Messages;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What one container's status says: it waits, it ended, or it runs and is not ready. Pure. */
public record ContainerFindings(Observed seen, Obj pod, Ref owner, JsonNode status, boolean init) {
    /** As often must a probe's command be missing before that is certain: a program may still put it there. */
    private static final int PROVEN = 3;
    /** After so many seconds a runtime that says "again" has got stuck. */
    private static final int STUCK = 300;
    /** So many equal answers of a probe are no matter of a slow start. */
    private static final int MANY = 10;

    Optional<Finding> find() {
        return told().map(f -> emptyFolder(f).orElse(script(f) ? f.as(Code.CONTAINER_START_FAILED, owner) : f));
    }

    /** A script that the pod itself names lacks the line that names its interpreter; an image's own may as well be of another platform. */
    private boolean script(Finding f) {
        return f.code() == Code.IMAGE_PLATFORM_MISMATCH && f.evidence().stream().map(e -> Phrase.SCRIPT.in(e.message()))
            .anyMatch(s -> !s.isEmpty() && s.equals(spec().path("command").path(0).asString("")));
    }

    /** A key that is not there becomes an empty folder below subPath; the program or the runtime stumbles over it. */
    private Optional<Finding> emptyFolder(Finding f) {
        if (!Set.of(Code.CRASH_APP_ERROR, Code.CONTAINER_START_FAILED, Code.CONTAINER_CONFIG_INVALID).contains(f.code())) {
            return Optional.empty();
        }
        return spec().path("volumeMounts").valueStream().filter(m -> m.has("subPath"))
            .flatMap(m -> MissingObject.belowSubPath(seen, pod, m).stream()).findFirst()
            .map(k -> seen.finding(Code.CONFIG_KEY_MISSING, k.object(), owner, Optional.of(f.since()), f.evidence())
                .in(pod.name(), name()).with(Map.of("key", k.key())));
    }

    private Optional<Finding> told() {
        var waiting = status.at("/state/waiting");
        var reason = Json.text(waiting, "reason");
        if (reason.equals("CrashLoopBackOff")) {
            return Optional.of(crash("lastState"));
        }
        if (waiting.isObject()) {
            return Optional.ofNullable(waits(reason, Json.text(waiting, "message")));
        }
        if (status.at("/state/terminated").isObject()) {
            return ended() ? Optional.empty() : Optional.of(crash("state"));
        }
        return status.at("/state/running").isObject() ? runs() : Optional.empty();
    }

    private String name() {
        return Json.text(status, "name");
    }

    private Probes probes() {
        return new Probes(seen, pod, name(), spec());
    }

    private Optional<LogReading> log() {
        return LogReading.of(seen.log(pod, name()));
    }

    private JsonNode spec() {
        return Pods.specs(pod.at("/spec")).filter(c -> Json.text(c, "name").equals(name())).findFirst()
            .orElse(MissingNode.getInstance());
    }

    private Finding finding(Code code, Optional<Instant> since, List<Evidence> evidence) {
        return seen.finding(code, owner, owner, since, evidence).in(pod.name(), name());
    }

    private Finding finding(Code code, Optional<Instant> since, Evidence... evidence) {
        return finding(code, since, List.of(evidence));
    }

    /** The status first, then what an event and the log add to it. */
    private List<Evidence> proofs(Evidence first, Optional<Event> event, Optional<LogReading> reading) {
        return Stream.of(Optional.of(first), event.map(e -> e.evidence(pod)), reading.map(r -> r.evidence(pod)))
            .flatMap(Optional::stream).toList();
    }

    private Evidence evidence(String path, String reason, String message, String first, String last) {
        return new Evidence("status", path(path), reason, message, Math.max(1, status.path("restartCount").asLong(1)), first, last);
    }

    private String path(String path) {
        return pod.ref() + (init ? "/initContainerStatuses[" : "/containerStatuses[") + name() + "]." + path;
    }

    private Finding waits(String reason, String message) {
        var proof = evidence("state.waiting", reason, message, "", "");
        return switch (reason) {
            case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
                "ErrImagePullBackOff", "SignatureValidationFailed" -> image(reason + " " + message, proof);
            case "CreateContainerConfigError" -> MissingObject.finding(seen, pod, Messages.code(Messages.Topic.VOLUME, message)
                .orElse(Code.CONTAINER_CONFIG_INVALID), proof).in(pod.name(), name());
            case "CreateContainerError", "RunContainerError", "ContainerCannotRun", "StartError" -> start(reason, message);
            case "PostStartHookError", "PreStartHookError", "PreCreateHookError" ->
                finding(Code.LIFECYCLE_HOOK_FAILED, Optional.empty(), proof);
            default -> null;
        };
    }

    /** Before 1.32 the waiting state says only "Back-off pulling image": what the pull itself said stands in the events. */
    private Finding image(String told, Evidence proof) {
        var event = seen.events(pod, "Failed", "FailedToRetrieveImagePullSecret", "InspectFailed").stream()
            .filter(e -> e.aboutContainer(name()) && Messages.code(Messages.Topic.IMAGE, e.message()).isPresent()
                && e.message().toLowerCase(Locale.ROOT).contains("pull")).reduce((a, b) -> b);
        var code = Messages.code(Messages.Topic.IMAGE, told).or(() -> event.flatMap(e -> Messages.code(Messages.Topic.IMAGE, e.message())))
            .orElse(Code.IMAGE_PULL_FAILED);
        var secret = missingPullSecret().filter(s -> code == Code.IMAGE_AUTH || code == Code.IMAGE_NOT_FOUND_OR_AUTH
            || code == Code.IMAGE_PULL_FAILED);
        var place = code == Code.NODE_PRESSURE ? new Ref("Node", pod.text("/spec/nodeName")) : owner;
        return seen.finding(secret.isPresent() ? Code.IMAGE_PULL_SECRET_MISSING : code, secret.map(s -> new Ref("Secret", s)).orElse(place),
            owner, event.flatMap(e -> Obj.instant(e.first())), proofs(proof, event, Optional.empty())).in(pod.name(), name())
            .with(Map.of("image", spec().path("image").asString(Json.text(status, "image"))))
            .with(code == Code.IMAGE_AUTH || code == Code.IMAGE_NOT_FOUND_OR_AUTH || code == Code.IMAGE_NEVER_PULL
                ? othersPullSecret() : Map.of());
    }

    /** Since 1.35 a node's copy of an image serves only pods that could pull it: a pod that names no pull secret may need its siblings'. */
    private Map<String, String> othersPullSecret() {
        return !pod.list("/spec/imagePullSecrets").isEmpty() ? Map.of() : seen.snapshot.all("Pod").stream()
            .flatMap(p -> References.of(p.at("/spec")).stream()).filter(References.Ref::pull).map(References.Ref::name).sorted().findFirst()
            .map(name -> Map.of("othersPullSecret", name)).orElse(Map.of());
    }

    /** Pull secrets that are named and absent explain a refused pull; the kubelet says so in an event, once. */
    private Optional<String> missingPullSecret() {
        return References.of(pod.at("/spec")).stream().filter(r -> r.pull() && !seen.exists(r.kind(), r.name()))
            .map(References.Ref::name).findFirst()
            .or(() -> seen.events(pod, "FailedToRetrieveImagePullSecret").stream().map(e -> Phrase.PULL_SECRETS.in(e.message()))
                .filter(n -> !n.isEmpty()).findFirst());
    }

    private Finding start(String reason, String message) {
        var text = message.isEmpty() ? status.at("/lastState/terminated/message").asString("") : message;
        var code = Messages.code(Messages.Topic.VOLUME, text).filter(c -> c == Code.RUN_AS_NON_ROOT || c == Code.CONFIG_KEY_MISSING)
            .or(() -> Messages.code(Messages.Topic.START, text)).orElse(Code.CONTAINER_START_FAILED);
        return finding(Phrase.START_AGAIN.occurs(text) && seen.age(pod) < STUCK ? Code.STILL_PROGRESSING : code, Optional.empty(),
            evidence("state.waiting", reason, text, "", ""));
    }

    /** It ended with success, and may. */
    private boolean ended() {
        return status.at("/state/terminated/exitCode").asInt(0) == 0 && (init && !Pods.sidecar(pod, status) || !Pods.endless(pod, spec()));
    }

    /** The last run that ended: {@code at} is {@code state} or {@code lastState}. */
    private Finding crash(String at) {
        var end = status.at("/" + at + "/terminated");
        var reason = Json.text(end, "reason");
        var exit = end.path("exitCode").asInt(-1);
        var message = Json.text(end, "message");
        var proof = evidence(at + ".terminated", reason.isEmpty() ? "exit " + exit : reason, "exit code " + exit
            + (message.isEmpty() ? "" : ": " + message), Json.text(end, "startedAt"), Json.text(end, "finishedAt"));
        return crash(reason, exit, message, Obj.instant(Json.text(end, "finishedAt")), proof)
            .with(Map.of("exitCode", String.valueOf(exit), "restarts", status.path("restartCount").asString("0")));
    }

    private Finding crash(String reason, int exit, String message, Optional<Instant> since, Evidence proof) {
        var killer = probes().killer(status.path("restartCount").asLong(0));
        var own = log().map(LogReading::code).orElse(Code.CRASH_APP_ERROR);
        if (reason.equals("OOMKilled")) {
            return finding(Code.OOM_KILLED, since, proof);
        }
        if (Set.of(-1, 0, 137, 143).contains(exit) && hookFailed().isPresent()) {
            return finding(Code.LIFECYCLE_HOOK_FAILED, since, proofs(proof, hookFailed(), Optional.empty()));
        }
        if (killer.isPresent() && (Set.of(-1, 0, 2, 137, 143).contains(exit) || own == Code.CRASH_APP_ERROR)) {
            return probeKilled(killer.get(), since, proof);
        }
        if (reason.equals("StartError") || reason.equals("ContainerCannotRun") || exit == 128 && !message.isEmpty()) {
            return finding(Messages.code(Messages.Topic.START, message).orElse(Code.CONTAINER_START_FAILED), since, proof);
        }
        // without an exit code (the kubelet was restarted) the log alone can say
        return exit > 0 ? exited(exit, message, since, proof) : finding(exit == 0 ? Code.CONTAINER_EXITS_ZERO : own, since, proof);
    }

    /** A program that ended by itself fails its hook too; only what was killed from outside was killed for it. */
    private Optional<Event> hookFailed() {
        return seen.events(pod, "FailedPostStartHook").stream().filter(e -> e.aboutContainer(name())).reduce((a, b) -> b);
    }

    private Finding exited(int exit, String message, Optional<Instant> since, Evidence proof) {
        var reading = log().or(() -> LogReading.of(new Log(pod.name(), name(), false, message.lines().toList())));
        var code = reading.map(LogReading::code).orElse(Code.CRASH_APP_ERROR);
        var basis = code.basis;
        if (code == Code.CRASH_APP_ERROR && exit == 137 && reading.filter(r -> r.log().lines().contains("Killed")).isPresent()) {
            code = Code.OOM_KILLED; // so a shell says it of its child, whose end the runtime may tell too late or not at all
            basis = Basis.INFERRED;
        } else if (code == Code.CRASH_APP_ERROR && (exit == 137 || exit == 143) && probes().has("liveness") && !init) {
            code = Code.PROBE_LIVENESS_FAILING; // killed from outside, not for memory; events that would prove it may be forbidden or gone
            basis = Basis.GUESSED;
        } else if (code == Code.CRASH_APP_ERROR && (exit == 126 || exit == 127)
            && reading.filter(r -> Phrase.LIBRARY.occurs(r.line())).isEmpty()) {
            code = exit == 127 ? Code.CONTAINER_COMMAND_NOT_FOUND : Code.CONTAINER_COMMAND_PERMISSION; // as every shell says it
        } else if (code == Code.CRASH_APP_ERROR && reading.isEmpty()) {
            basis = Basis.WEAK; // nothing but an exit code: what it needs may explain it better
        }
        return finding(code, since, proofs(proof, Optional.empty(), reading)).with(basis)
            .with(reading.map(LogReading::params).orElse(Map.of()));
    }

    private Finding probeKilled(String kind, Optional<Instant> since, Evidence proof) {
        var mistake = probes().mistake(kind);
        // which does not answer its probe because it waits for something
        var reading = log().filter(r -> r.unreachable() && mistake.isEmpty());
        var same = mistake.isPresent() && mistake.equals(probes().mistake("readiness")); // both probes() ask the same wrong thing
        var code = reading.isPresent() ? Code.CRASH_DEPENDENCY_UNREACHABLE : same ? mistake.get()
            : kind.equals("startup") ? Code.PROBE_STARTUP_FAILING : Code.PROBE_LIVENESS_FAILING;
        return finding(code, since, proofs(proof, probes().failure(kind), reading)).with(mistake.isPresent() ? Basis.OBSERVED : code.basis)
            .with(mistake.map(m -> Map.of("probe", kind, "why", m.name())).orElse(Map.of("probe", kind)));
    }

    private Optional<Finding> runs() {
        var running = seen.age(since());
        var restarts = status.path("restartCount").asLong(0);
        var ready = status.path("ready").asBoolean(false);
        if (init && !Pods.sidecar(pod, status)) {
            return Optional.of(initRuns(running));
        }
        if (restarts >= 1 && status.at("/lastState/terminated").isObject() && (!ready && !Pods.outlived(status, seen.snapshot.at())
            || restarts >= 2 && running < 60)) {
            return Optional.of(crash("lastState")); // between two crashes it runs for a moment
        }
        return ready ? Optional.empty() : Optional.of(unready(running));
    }

    private Optional<Instant> since() {
        return Obj.instant(status.at("/state/running/startedAt").asString(""));
    }

    private Finding initRuns(long running) {
        var proof = Evidence.status(pod.ref() + "/initContainerStatuses[" + name() + "].state.running", "",
            "the init container runs for " + running + " s");
        var told = log().filter(r -> r.unreachable() || r.code() == Code.RBAC_RUNTIME_FORBIDDEN);
        if (told.isPresent() && !told.get().unreachable()) {
            return finding(told.get().code(), since(), proofs(proof, Optional.empty(), told)).with(told.get().params());
        }
        var targets = WaitCommands.targets(spec());
        var waits = !targets.isEmpty() || told.isPresent() || running > Code.INIT_WAITING.young
            || Phrase.ENDLESS.occurs(WaitCommands.words(spec()));
        var params = new TreeMap<String, String>();
        if (!targets.isEmpty()) {
            params.put("waitsFor", targets.stream().map(Address::toString).collect(Collectors.joining(",")));
            params.put("via", "init:" + name());
        }
        return finding(waits ? Code.INIT_WAITING : Code.STILL_PROGRESSING, since(), proofs(proof, Optional.empty(), told))
            .with(new Finding.Wants(false, told.isPresent(), targets)).with(params);
    }

    /** It runs and was never killed: its readiness probe fails, it still starts, or its program says what it lacks. */
    private Finding unready(long running) {
        var failed = probes().failure("readiness").isPresent() ? "readiness" : "startup";
        var mistake = probes().mistake(failed);
        if (probes().programMissing(failed)) {
            return finding(failed.equals("startup") ? Code.PROBE_STARTUP_FAILING : Code.PROBE_READINESS_FAILING, since(),
                probes().failure(failed).get().evidence(pod)).with(Map.of("probe", failed))
                .with(probes().times(failed) >= PROVEN ? Basis.FINAL : Basis.OBSERVED);
        }
        var alone = mistake.isPresent() ? "" : loopback(failed);
        var plain = (mistake.isPresent() || !alone.isEmpty()) && failed.equals("readiness") && probes().times(failed) >= MANY;
        var starting = !plain && starting(running, mistake.isEmpty());
        var login = probes().failure(failed).filter(e -> Phrase.STATUS_LOGIN.occurs(e.message())).isPresent();
        var reading = log().filter(r -> r.code() != Code.CRASH_APP_ERROR && r.code() != Code.CRASH_PORT_IN_USE
            && !(login && r.code() == Code.CRASH_AUTH_FAILED) && (mistake.isEmpty() || starting));
        var told = reading.map(LogReading::code).filter(c -> c != Code.CRASH_DEPENDENCY_UNREACHABLE).orElse(Code.PROBE_READINESS_FAILING);
        var silent = reading.isEmpty() && !probes().has("readiness") && probes().failure(failed).isEmpty(); // no probe that could fail
        var code = starting && reading.isEmpty() || silent ? Code.STILL_PROGRESSING : mistake.orElse(told);
        var proof = evidence("ready", "", "runs for " + running + " s and is not ready", "", "");
        return finding(code, since(), proofs(proof, probes().failure(failed), reading))
            .with(new Finding.Wants(false, reading.filter(LogReading::unreachable).isPresent(), List.of()))
            .with(reading.map(LogReading::params).orElse(Map.of())).with(alone.isEmpty() ? Map.of() : Map.of("listens", alone));
    }

    /** Where the program says that it listens, when that is loopback alone and a probe is refused at the pod's address. */
    private String loopback(String probe) {
        var port = probes().failure(probe).filter(e -> Phrase.REFUSED.occurs(e.message())).map(e -> Phrase.PROBE_PORT.in(e.message()));
        var log = port.isEmpty() ? null : seen.log(pod, name());
        var said = log == null ? List.<String>of() : log.lines().stream().filter(Phrase.LISTENS::occurs).toList();
        return said.stream().allMatch(l -> Phrase.LOOPBACK.in(l, 2).equals(port.get()))
            ? said.stream().map(Phrase.LOOPBACK::in).findFirst().orElse("") : "";
    }

    /**
     * A probe's own budget, at least a minute, passes before its failure means anything; a slow start looks like no clear mistake for
     * longer.
     */
    private boolean starting(long running, boolean vague) {
        var grace = Math.max(60, probes().budget("readiness"));
        return running < Math.max(grace, vague ? Code.PROBE_READINESS_FAILING.young : 0)
            || probes().has("startup") && !status.path("started").asBoolean(true) && running < probes().budget("startup");
    }
}
