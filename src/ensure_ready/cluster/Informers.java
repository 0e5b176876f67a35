package ensure_ready.cluster;

import ensure_ready.model.Kind;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Topic;
import ensure_ready.system.Deadline;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import shared.Texts;
import shared.system.Daemon;
import tools.jackson.databind.JsonNode;

/**
 * One list and one watch a type, kept alive through whatever the API server does, until closed.
 * Nothing of it throws: what cannot be read is told by {@link #limited()} and {@link #away()}.
 */
public final class Informers implements AutoCloseable {
    /** Real API servers send a bookmark about every minute; a watch that says nothing for longer is dead. */
    private static final Duration SILENCE = Duration.ofSeconds(90);
    /** A server that accepts a watch and does not even answer with headers. */
    private static final Duration OPENING = Duration.ofSeconds(10);
    private static final Duration LIFE = Duration.ofMinutes(30);
    private static final int PAGE = 500;
    private final Api api;
    private final Runnable changed;
    private final Duration silence;
    private final ScheduledThreadPoolExecutor pool;
    private final Map<Topic, Informer> informers = new ConcurrentHashMap<>();
    /** Objects of the manifests whose type discovery has not named yet. */
    private final Set<Obj> sought = ConcurrentHashMap.newKeySet();
    private final Set<Obj> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> statusless = ConcurrentHashMap.newKeySet();
    private final Map<String, Obj> gone = new ConcurrentHashMap<>();
    private final AtomicInteger sweeps = new AtomicInteger();
    /** Custom types that were not read, and why. */
    private final Map<String, String> unswept = new ConcurrentHashMap<>();

    public Informers(Api api, Runnable changed) {
        this(api, changed, SILENCE);
    }

    public Informers(Api api, Runnable changed, Duration silence) {
        this.api = api;
        this.changed = changed;
        this.silence = silence;
        pool = new ScheduledThreadPoolExecutor(6, Daemon.named("watch"));
        pool.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        pool.scheduleWithFixedDelay(this::reviveSilent, 1, 1, TimeUnit.SECONDS);
    }

    /** Starts to follow a type; once is enough. */
    public void follow(Topic topic) {
        informers.computeIfAbsent(topic, t -> {
            var informer = new Informer(t);
            pool.execute(informer::list);
            return informer;
        });
    }

    /** Follows the type of an object of the manifests, as soon as discovery tells where the server has it. */
    public void seek(Obj o, String namespace) {
        if (asked.add(o) && sought.add(o)) {
            pool.execute(() -> seek(o, namespace, 0));
        }
    }

    /** A type that the server does not have (yet) is asked for again, but keeps nobody waiting. */
    private void seek(Obj o, String namespace, int failures) {
        try {
            var kind = api.kind(o.apiVersion(), o.kind());
            kind.ifPresent(k -> found(k, o.apiVersion(), o.name(), namespace));
            sought.remove(o);
            if (kind.isEmpty()) {
                api.rediscover(o.apiVersion());
                later(() -> seek(o, namespace, 0), Duration.ofSeconds(2));
            }
            changed.run();
        } catch (ApiError e) {
            if (e.code == 422) {
                sought.remove(o);
                changed.run();
                return;
            }
            later(() -> seek(o, namespace, failures + 1), backoff(failures));
        }
    }

    /** Follows every custom type of which the namespace has objects now; those that an operator makes later are sought by their owners. */
    public void sweep(String namespace) {
        sweeps.incrementAndGet();
        pool.execute(() -> sweep(namespace, 0));
    }

    private void sweep(String namespace, int failures) {
        try {
            var kinds = api.customKinds().stream().filter(k -> !informers.containsKey(Topic.of(k, namespace))).toList();
            sweeps.addAndGet(kinds.size());
            kinds.forEach(k -> pool.execute(() -> glance(k, namespace, 0)));
        } catch (ApiError e) {
            if (!e.forbidden() && failures < 8) {
                later(() -> sweep(namespace, failures + 1), backoff(failures));
                return;
            }
            unswept.put("kinds", e.forbidden() ? "forbidden" : "not told by the server");
        }
        swept();
    }

    private void glance(Kind kind, String namespace, int failures) {
        try {
            if (!api.get(kind.path(namespace, null) + "?limit=1").path("items").isEmpty()) {
                found(kind, kind.apiVersion(), "", namespace);
            }
        } catch (ApiError e) {
            if (e.unconverted()) {
                follow(Topic.of(kind, namespace));
            } else if (e.forbidden() || e.code == 405 || failures > 4) {
                unswept.put(kind.plural(), e.forbidden() ? "forbidden" : "not answered");
            } else if (e.code != 404) {
                later(() -> glance(kind, namespace, failures + 1), backoff(failures));
                return;
            }
        }
        swept();
    }

    private void swept() {
        sweeps.decrementAndGet();
        changed.run();
    }

    private static Duration backoff(int failures) {
        return Duration.ofMillis(Math.min(5000, 200L << Math.min(failures, 5)));
    }

    private void later(Runnable task, Duration delay) {
        try {
            pool.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            assert pool.isShutdown();
        }
    }

    /** Of what has no namespace, only the object itself is followed: a cluster has many that are none of ours. */
    private void found(Kind kind, String apiVersion, String name, String namespace) {
        if (!Kinds.BUILT_IN_GROUPS.contains(Obj.group(apiVersion)) && !api.hasStatus(kind)) {
            statusless.add(kind.apiVersion() + "/" + kind.name());
        }
        follow(kind.namespaced() ? Topic.of(kind, namespace) : new Topic(kind, null, "&fieldSelector=metadata.name=" + name, false));
    }

    /** {@code apiVersion/kind} of the custom resources whose status nobody writes. */
    public Set<String> statusless() {
        return Set.copyOf(statusless);
    }

    /** Jobs that were there and are not any more, by uid. */
    public Map<String, Obj> gone() {
        return Map.copyOf(gone);
    }

    /** Whether every type was read at least once, or cannot be. */
    public boolean complete() {
        return sought.isEmpty() && sweeps.get() == 0 && informers.values().stream().allMatch(f -> f.listed || f.refused());
    }

    /** Whether the server answers for no type at the moment. */
    public boolean away() {
        return informers.values().stream().noneMatch(f -> f.error == null && f.listed || f.refused());
    }

    /** Whether the server refuses to show any object that could be judged. */
    public boolean forbidden() {
        var judged = informers.values().stream().filter(f -> f.topic.gates()).toList();
        return !judged.isEmpty() && judged.stream().allMatch(Informer::refused);
    }

    /** Whether the server does not know who asks, for any type. */
    public boolean unauthorized() {
        return !informers.isEmpty() && informers.values().stream().allMatch(f -> f.error != null && f.error.code == 401);
    }

    /** What may not be read, as {@code events: forbidden}. */
    public List<String> limited() {
        var unread = unswept.entrySet().stream().collect(Collectors.groupingBy(Map.Entry::getValue, TreeMap::new,
            Collectors.mapping(Map.Entry::getKey, Collectors.toCollection(TreeSet::new))));
        return Stream.concat(informers.values().stream().filter(f -> (f.refused() || f.polled) && f.topic.kind() != Kind.NAMESPACE)
            .map(Informer::lacks),
            unread.entrySet().stream().map(e -> Snapshot.CUSTOM + Texts.cut(String.join(", ", e.getValue()), 200) + ": " + e.getKey()))
            .distinct().sorted().toList();
    }

    /** Objects by {@link Snapshot#key}; a type that was never read is absent. */
    public Map<String, List<Obj>> objects() {
        return gather(informer -> informer.listed ? Optional.of(informer.objects.values()) : Optional.empty());
    }

    /** The objects, those that decide read afresh and side by side; throws {@link ApiError} when one type cannot be had in time. */
    public Map<String, List<Obj>> read(Duration patience) {
        var until = Deadline.in(patience);
        var reads = new HashMap<Informer, Future<Listing>>();
        informers.values().stream().filter(f -> !f.refused() && f.topic.decides()).forEach(f -> reads.put(f, pool.submit(f::fetch)));
        var fresh = new HashMap<Informer, Collection<Obj>>();
        reads.forEach((informer, read) -> fresh.put(informer,
            Api.await(read, until.left(), "list " + informer.topic.kind().plural()).objects().values()));
        return gather(informer -> Optional.ofNullable(fresh.get(informer))
            .or(() -> informer.listed ? Optional.of(informer.objects.values()) : Optional.empty()));
    }

    private Map<String, List<Obj>> gather(Function<Informer, Optional<Collection<Obj>>> objects) {
        var all = new TreeMap<String, List<Obj>>();
        informers.forEach((topic, informer) -> objects.apply(informer).ifPresent(found -> all.merge(topic.key(), sorted(found),
            (a, b) -> sorted(Stream.concat(a.stream(), b.stream()).toList()))));
        return all;
    }

    private static List<Obj> sorted(Collection<Obj> objects) {
        return objects.stream().sorted(Comparator.comparing(Obj::name).thenComparing(Obj::namespace)).toList();
    }

    private void reviveSilent() {
        informers.values().forEach(Informer::reopenIfSilent);
    }

    @Override
    public void close() {
        pool.shutdownNow();
        informers.values().forEach(Informer::close);
    }

    /** One type: listed, then watched from there on; every way in which that can end leads back to one of the two. */
    private final class Informer {
        private final Topic topic;
        private volatile Map<String, Obj> objects = Map.of();
        private volatile boolean listed;
        private volatile boolean polled;
        private volatile ApiError error;
        private volatile long heard = System.nanoTime();
        private String version = "";
        private int failures;
        private int turn;
        private long opened;
        private CompletableFuture<HttpResponse<AsyncBody>> stream;

        Informer(Topic topic) {
            this.topic = topic;
        }

        boolean refused() {
            var e = error;
            return e != null && (e.code == 403 || e.code == 422 || e.unconverted());
        }

        String lacks() {
            var e = error;
            return e != null && e.unconverted() ? Snapshot.CUSTOM + topic.kind().definition() + ": " + Texts.line(e.getMessage())
                : topic.kind().plural() + (refused() ? ": forbidden" : ": watch forbidden, read every 2 s");
        }

        Listing fetch() {
            var found = new ConcurrentHashMap<String, Obj>();
            var last = api.pages(topic.path() + "?limit=" + PAGE + topic.query(), topic.accept(), page -> Api.items(topic.kind(), page)
                .forEach(o -> found.put(o.namespace() + "/" + o.name(), Slim.of(o, topic))));
            return new Listing(found, last.at("/metadata/resourceVersion").asString(""));
        }

        void list() {
            try {
                var listing = fetch();
                synchronized (this) {
                    objects.values().stream().filter(o -> !listing.objects().containsKey(o.namespace() + "/" + o.name()))
                        .forEach(this::bury);
                    objects = listing.objects();
                    version = listing.version();
                    listed = true;
                    well();
                    open();
                }
                changed.run();
            } catch (ApiError e) {
                retry(e, this::list);
            }
        }

        private synchronized void open() {
            if (pool.isShutdown()) {
                return;
            }
            if (polled) {
                later(this::list, Duration.ofSeconds(2));
                return;
            }
            int mine = ++turn;
            heard = System.nanoTime();
            opened = heard;
            stream = api.watch(topic.path() + "?watch=1&allowWatchBookmarks=true&timeoutSeconds="
                + LIFE.toSeconds() + "&resourceVersion=" + version + topic.query(),
                topic.watchAccept(), event -> event(mine, event), ended -> ended(mine, ended));
            stream.thenAccept(response -> begun(mine, response.isSuccessful()));
        }

        private synchronized void begun(int mine, boolean successful) {
            if (mine == turn && successful) {
                heard = System.nanoTime();
                error = null;
            }
        }

        private void event(int mine, JsonNode event) {
            synchronized (this) {
                if (mine != turn) {
                    return;
                }
                well();
                if (Json.text(event, "type").equals("ERROR")) {
                    drop();
                    broken(new ApiError(event.at("/object/code").asInt(0), event.at("/object/reason").asString(""),
                        event.at("/object/message").asString(""), "watch " + topic.kind().plural()));
                    return;
                }
                version = event.at("/object/metadata/resourceVersion").asString(version);
                if (!take(event)) {
                    return;
                }
            }
            changed.run();
        }

        /** Whether the event changed an object: a bookmark only says how far the server is. */
        private boolean take(JsonNode event) {
            var type = Json.text(event, "type");
            if (type.equals("BOOKMARK")) {
                return false;
            }
            var o = new Obj(Api.typed(topic.kind(), event.path("object")));
            var key = o.namespace() + "/" + o.name();
            if (type.equals("DELETED")) {
                bury(o);
                objects.remove(key);
            } else {
                objects.put(key, Slim.of(Slim.remembering(objects.get(key), o), topic));
            }
            return true;
        }

        private void bury(Obj o) {
            if (topic.kind() == Kind.JOB) {
                gone.put(o.uid(), o);
            }
        }

        private synchronized void ended(int mine, Throwable why) {
            if (mine != turn || pool.isShutdown()) {
                return;
            }
            drop();
            if (why == null) {
                boolean brief = System.nanoTime() - opened < Duration.ofSeconds(2).toNanos();
                later(this::open, brief ? backoff(failures++) : Duration.ofMillis(100));
            } else {
                var cause = why instanceof CompletionException && why.getCause() != null ? why.getCause() : why;
                broken(cause instanceof ApiError e ? e : ApiError.unreachable("watch " + topic.kind().plural(), cause));
            }
        }

        private void broken(ApiError e) {
            if (e.code == 410 || e.code == 504) {
                later(this::list, Duration.ZERO);
            } else if (e.code == 403) {
                polled = true;
                later(this::list, Duration.ofSeconds(2));
            } else {
                retry(e, this::open);
            }
        }

        /** Backs off up to 5 s, or as the server asks (429); a refusal is asked again, as rights may come late. */
        private synchronized void retry(ApiError e, Runnable again) {
            error = e;
            long wanted = e.status.at("/details/retryAfterSeconds").asLong(0) * 1000;
            long millis = e.code == 403 ? 10_000 : Math.max(wanted, backoff(failures++).toMillis());
            later(again, Duration.ofMillis(millis + ThreadLocalRandom.current().nextLong(1 + millis / 5)));
            changed.run();
        }

        private void well() {
            heard = System.nanoTime();
            failures = 0;
            error = null;
        }

        synchronized void reopenIfSilent() {
            if (stream == null) {
                return;
            }
            var patience = stream.isDone() || OPENING.compareTo(silence) > 0 ? silence : OPENING;
            if (System.nanoTime() - heard > patience.toNanos()) {
                drop();
                open();
            }
        }

        /** Gives the stream up; whatever it still says belongs to an earlier turn and is not heard. */
        private void drop() {
            turn++;
            if (stream != null) {
                stream.thenAccept(response -> response.body().cancel());
                stream.cancel(true);
                stream = null;
            }
        }

        synchronized void close() {
            drop();
        }
    }

    /** The objects of one list, and the version to watch from. */
    private record Listing(Map<String, Obj> objects, String version) { }
}
