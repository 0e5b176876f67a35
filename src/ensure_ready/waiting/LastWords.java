package ensure_ready.waiting;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.model.Kind;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Snapshot;
import ensure_ready.system.Daemon;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What pods of Jobs said before their controller took them away, as it does at the limit when they restart in place: only a condition is
 * left then. The texts are kept as they were read and shown to nobody but the collector, which masks them.
 */
public final class LastWords {
    private static final int MOST = 20;
    private static final String TAIL = "&tailLines=50&limitBytes=16384";
    private final Api api;
    private final Map<String, Obj> pods = new HashMap<>();
    private final Map<String, Log> logs = new ConcurrentHashMap<>();
    private final Set<String> heard = new HashSet<>();

    LastWords(Api api) {
        this.api = api;
    }

    /** Reads the log of each run that ended badly, once and beside the wait. */
    void listen(Snapshot snapshot) {
        snapshot.all("Pod").stream().filter(p -> p.controller().path("kind").asString("").equals("Job") && !p.deleting()
            && p.text("/spec/restartPolicy").equals("OnFailure")).forEach(pod -> Pods.containers(pod).forEach(c -> {
                var end = end(c);
                if (end.path("exitCode").asInt(0) != 0) {
                    pods.put(pod.uid(), pod);
                    var run = String.join("/", pod.uid(), c.path("name").asString(""), end.path("finishedAt").asString(""));
                    if (heard.size() < MOST && heard.add(run)) {
                        Daemon.named("last-words").newThread(() -> read(pod, c.path("name").asString(""),
                            !c.at("/state/terminated").isObject())).start();
                    }
                }
            }));
    }

    private static JsonNode end(JsonNode container) {
        var now = container.at("/state/terminated");
        return now.isObject() ? now : container.at("/lastState/terminated");
    }

    private void read(Obj pod, String container, boolean previous) {
        try {
            var text = api.text(Kind.POD.path(pod.namespace(), pod.name()) + "/log?container=" + container + TAIL
                + (previous ? "&previous=true" : ""));
            if (!text.isBlank()) {
                logs.put(pod.name() + "/" + container, new Log(pod.name(), container, previous, text.lines().toList()));
            } else if (!previous) {
                read(pod, container, true); // it was started again meanwhile
            }
        } catch (ApiError gone) {
            // what an earlier run said is kept
        }
    }

    /** With the pods that failed Jobs had, where none of them is left or stays. */
    Snapshot with(Snapshot s) {
        var given = s.all("Job").stream().filter(j -> Stream.of("Failed", "FailureTarget").anyMatch(type -> Obj.isTrue(j.condition(type)))
            && s.ownedBy("Pod", j).stream().allMatch(Obj::deleting)).map(Obj::uid).toList();
        var told = pods.values().stream().filter(p -> given.contains(p.controller().path("uid").asString(""))).toList();
        if (told.isEmpty()) {
            return s;
        }
        var objects = new HashMap<>(s.objects());
        objects.put("Pod", Stream.concat(told.stream(), s.all("Pod").stream().filter(p -> !pods.containsKey(p.uid()))).toList());
        return new Snapshot(s.namespace(), s.at(), objects, s.applied(), Map.copyOf(logs), s.limited()).with(s.rules());
    }
}
