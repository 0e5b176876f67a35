import tools.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** What a test makes the server do wrong. Verbs and resources as in RBAC ({@code pods}, {@code pods/log}); {@code *} is any. */
final class EmbeddedFaults {
    private final List<Fault> planned = new CopyOnWriteArrayList<>();
    private final Set<String> silenced = ConcurrentHashMap.newKeySet();
    private final List<Denial> denials = new CopyOnWriteArrayList<>();
    private volatile String token;

    private record Denial(String verb, String resource, String namespace) { }

    private record Fault(String verb, String resource, AtomicInteger times, int code, String message,
        int retryAfter, Duration delay) { }

    /** The next {@code times} matching requests are answered with the code. */
    void fail(String verb, String resource, int times, int code) {
        fail(verb, resource, times, code, "fault injected by the test");
    }

    /** The same in the API server's own words. */
    void fail(String verb, String resource, int times, int code, String message) {
        planned.add(new Fault(verb, resource, new AtomicInteger(times), code, message, 0, Duration.ZERO));
    }

    /** The same with a Retry-After header, in seconds. */
    void throttle(String verb, String resource, int times, int retryAfterSeconds) {
        planned.add(new Fault(verb, resource, new AtomicInteger(times), 429,
            "fault injected by the test", retryAfterSeconds, Duration.ZERO));
    }

    /** The next {@code times} matching requests are answered late. */
    void delay(String verb, String resource, int times, Duration delay) {
        planned.add(new Fault(verb, resource, new AtomicInteger(times), 0, "", 0, delay));
    }

    /** Forbidden until {@link #clear}, with the API server's words; access reviews say no as well. Namespace "*": everywhere. */
    void forbid(String verb, String resource, String namespace) {
        denials.add(new Denial(verb, resource, namespace));
    }

    void forbid(String verb, String resource) {
        forbid(verb, resource, "*");
    }

    /** Watches of the resource, open ones included, stay connected and tell nothing, not even bookmarks. */
    void silence(String resource) {
        silenced.add(resource);
    }

    /** Every other token is answered 401; null accepts all again. */
    void onlyToken(String accepted) {
        token = accepted;
    }

    void clear() {
        planned.clear();
        silenced.clear();
        denials.clear();
        token = null;
    }

    boolean silent(EmbeddedApi.Request request) {
        return silenced.contains("*") || silenced.contains(request.resource());
    }

    boolean allows(JsonNode attributes) {
        var subresource = attributes.path("subresource").asString("");
        var resource = attributes.path("resource").asString("") + (subresource.isEmpty() ? "" : "/" + subresource);
        return !denied(attributes.path("verb").asString(""), resource, attributes.path("namespace").asString(""));
    }

    private boolean denied(String verb, String resource, String namespace) {
        return denials.stream().anyMatch(denial -> matches(verb + " " + resource, denial.verb, denial.resource)
                && (denial.namespace.equals("*") || denial.namespace.equals(namespace)));
    }

    void meet(EmbeddedApi.Request r) throws InterruptedException {
        if (token != null && !token.equals(r.token())) {
            throw new EmbeddedStore.ApiError(401, "Unauthorized");
        }
        for (var fault : planned) {
            if (matches(r.key(), fault.verb, fault.resource) && fault.times.getAndDecrement() > 0) {
                Thread.sleep(fault.delay.toMillis());
                if (fault.code > 0) {
                    throw new EmbeddedStore.ApiError(fault.code, fault.message).retryAfter(fault.retryAfter);
                }
            }
        }
        if (r.kind() != null && denied(r.verb(), r.resource(), r.namespace())) {
            var where = r.namespace().isEmpty() ? " at the cluster scope" : " in the namespace \"" + r.namespace() + "\"";
            var what = r.name().isEmpty() ? r.kind().qualified() : r.kind().qualified() + " \"" + r.name() + "\"";
            throw new EmbeddedStore.ApiError(403, "Forbidden", what + " is forbidden: User \"tester\" cannot "
                + r.verb() + " resource \"" + r.resource()
                    + "\" in API group \"" + r.kind().group() + "\"" + where, r.name(), r.kind().plural());
        }
    }

    /** A thread of the server: none of them keeps the process alive. */
    static Thread daemon(Runnable task) {
        var thread = new Thread(task, "embedded-api");
        thread.setDaemon(true);
        return thread;
    }

    static boolean matches(String key, String verb, String resource) {
        var sides = key.split(" ", 2);
        return (verb.equals("*") || verb.equals(sides[0])) && (resource.equals("*") || resource.equals(sides[1]));
    }
}
