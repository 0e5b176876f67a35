package ensure_ready.waiting;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import ensure_ready.system.Pause;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import shared.system.Daemon;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What pods of Jobs said before their controller took them away, as it does at the limit when they restart in place, and when
 * activeDeadlineSeconds have passed with those that run: only a condition is left then. The texts are kept as they were read and shown
 * to nobody but the collector, which masks them.
 */
public final class LastWords {
    private static final int MOST = 20;
    private static final int TRIES = 3;
    private static final Duration PAUSE = Duration.ofMillis(200);
    /** A read that is under way when the wait ends gets so long: it is all that will ever be known of that pod. */
    private static final Duration READ = Duration.ofSeconds(3);
    private static final int LINES = 50;
    private final Api api;
    private final Map<String, Obj> pods = new HashMap<>();
    private final Map<String, Log> logs = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Void>> reads = new HashMap<>();

    LastWords(Api api) {
        this.api = api;
    }

    /** Reads the log of each run that ended badly or is stopped, once and beside the wait; also while the pod is being taken away. */
    void listen(Snapshot snapshot) {
        snapshot.all("Pod").stream().filter(p -> Ref.of(p.controller()).is("Job"))
            .forEach(pod -> Pods.containers(pod).forEach(c -> {
                var name = Json.text(c, "name");
                var end = end(pod, c);
                var failed = end.path("exitCode").asInt(0) != 0 && pod.text("/spec/restartPolicy").equals("OnFailure");
                if (failed || pod.deleting() && c.at("/state/running").isObject() && limited(snapshot, pod)) {
                    pods.merge(pod.uid(), pod, (before, now) -> now.deleting() ? before : now);
                    var run = String.join("/", pod.uid(), name, Json.text(end, "finishedAt"));
                    if (reads.size() < MOST && !reads.containsKey(run)) {
                        reads.put(run, CompletableFuture.runAsync(() -> read(pod, name, !c.at("/state/terminated").isObject()),
                            task -> Daemon.start("last-words", task)));
                    }
                }
            }));
    }

    private static boolean limited(Snapshot snapshot, Obj pod) {
        return snapshot.find("Job", Ref.of(pod.controller()).name()).filter(j -> j.has("/spec/activeDeadlineSeconds")).isPresent();
    }

    /** How the container ended by itself: what ends while its pod is taken away was ended by that. */
    private static JsonNode end(Obj pod, JsonNode container) {
        var now = container.at("/state/terminated");
        return now.isObject() && !pod.deleting() ? now : container.at("/lastState/terminated");
    }

    /** The pod as it was when it had ended by itself: neither taken away nor started again. */
    private static Obj ended(Obj pod) {
        var copy = (ObjectNode) pod.json().deepCopy();
        copy.withObject("/metadata").remove("deletionTimestamp");
        Pods.containers(new Obj(copy)).stream().filter(c -> end(pod, c).isObject())
            .forEach(c -> ((ObjectNode) c).put("ready", false).putObject("state").set("terminated", end(pod, c)));
        copy.withArray("/status/conditions").forEach(c -> {
            if (Json.text(c, "type").endsWith("Ready")) {
                ((ObjectNode) c).put("status", "False");
            }
        });
        return new Obj(copy);
    }

    /** A container that starts again has for a moment neither this nor an earlier log. */
    private void read(Obj pod, String container, boolean before) {
        for (int i = 0; i < TRIES && !(said(pod, container, before) || said(pod, container, !before)); i++) {
            Pause.of(PAUSE);
        }
    }

    private boolean said(Obj pod, String container, boolean previous) {
        try {
            var text = api.log(pod.namespace(), pod.name(), container, previous, LINES);
            if (!text.isBlank()) {
                logs.put(pod.name() + "/" + container, new Log(pod.name(), container, previous, text.lines().toList()));
            }
            return !text.isBlank();
        } catch (ApiError gone) {
            return false; // what an earlier run said is kept
        }
    }

    /** With the pods that failed Jobs had, where none of them is left or stays. */
    Snapshot with(Snapshot s) {
        var given = s.all("Job").stream().filter(j -> Stream.of("Failed", "FailureTarget").anyMatch(type -> Obj.isTrue(j.condition(type)))
            && s.ownedBy("Pod", j).stream().allMatch(Obj::deleting)).map(Obj::uid).toList();
        var told = pods.values().stream().filter(p -> given.contains(p.controller().path("uid").asString(""))).map(LastWords::ended)
            .toList();
        if (told.isEmpty()) {
            return s;
        }
        CompletableFuture.allOf(reads.values().toArray(CompletableFuture[]::new)).exceptionally(broken -> null) // the others are told
            .completeOnTimeout(null, READ.toMillis(), TimeUnit.MILLISECONDS).join();
        var objects = new HashMap<>(s.objects());
        objects.put("Pod", Stream.concat(told.stream(), s.all("Pod").stream().filter(p -> !pods.containsKey(p.uid()))).toList());
        var names = told.stream().map(Obj::name).toList();
        var said = logs.entrySet().stream().filter(e -> names.contains(e.getValue().pod()))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        return new Snapshot(s.namespace(), s.at(), objects, s.applied(), said, s.limited()).with(s.rules());
    }
}
