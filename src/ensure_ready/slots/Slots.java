package ensure_ready.slots;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.model.Kind;
import ensure_ready.model.Labels;
import ensure_ready.model.Outcome;
import ensure_ready.model.Target;
import ensure_ready.report.Progress;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import shared.Json;
import tools.jackson.databind.node.ObjectNode;

/**
 * Slot records: one ConfigMap a slot, whose creation is the lock. N runs get N slots and two runs of one issue or pull request get the
 * same:
 * of two records for one the one that was created first stays, and whoever made the other deletes it and joins.
 * Projects that share the state namespace and the prefix share the numbers, and with them {@code --max}; a record is a project's own only
 * when its namespace is what the project's pattern gives, and only its own is ever joined, attached or released.
 */
public final class Slots {
    private final Api api;
    private final String namespace;
    private final String prefix;
    private final NamespacePattern namespaceOf;
    private final String owner;
    private final Progress progress;

    public Slots(Api api, String namespace, String prefix, NamespacePattern namespaceOf, String owner, Progress progress) {
        this.api = api;
        this.namespace = namespace;
        this.prefix = prefix;
        this.namespaceOf = namespaceOf;
        this.owner = owner;
        this.progress = progress;
    }

    /**
     * Finds the slot, or takes the lowest free one, waiting for one when all are taken. Throws {@link InfraFailure} {@code no_slot} at the
     * deadline.
     */
    public Target acquire(Wanted wanted, Deadline deadline, Optional<Instant> expires) {
        for (String told = ""; ; ) {
            var records = records();
            var mine = own(records.slots(), wanted);
            if (mine.isPresent()) {
                return join(mine.get(), wanted, expires);
            }
            var free = lowestFree(records.slots(), wanted);
            if (free.isPresent()) {
                var created = create(free.getAsInt(), wanted, expires);
                if (created.isPresent()) {
                    return created.get();
                }
            } else {
                told = waitForOne(records, wanted, deadline, told);
            }
        }
    }

    private String waitForOne(Records records, Wanted wanted, Deadline deadline, String told) {
        var holders = holders(records.slots(), wanted);
        if (deadline.passed()) {
            throw new InfraFailure(Outcome.no_slot, "no slot is free: " + holders + "; release one, or raise --max");
        }
        if (!holders.equals(told)) {
            progress.say("waits for a free slot: " + holders);
        }
        Changes.await(api, Kind.CONFIG_MAP.path(namespace, null), "", records.version(), deadline.atMost(Duration.ofSeconds(30)));
        return holders;
    }

    /** The slot that is there; throws {@link InfraFailure} {@code no_slot} when there is none. */
    public Target find(Wanted wanted) {
        return seek(wanted).orElseThrow(() -> none(wanted));
    }

    /** Empty when there is none; throws {@link InfraFailure} {@code no_slot} when the number is another project's. */
    public Optional<Target> seek(Wanted wanted) {
        return own(records().slots(), wanted).map(s -> s.target(wanted, false));
    }

    /** Sets issue, pull request and, if given, the time to live of the slot that is there; one given by number may change its issue. */
    public Target attach(Wanted wanted, Optional<Instant> expires) {
        var slots = records().slots();
        return join(own(slots, wanted).or(() -> own(slots, new Wanted(wanted.env(), wanted.number(), 0, 0, 0)))
            .orElseThrow(() -> none(wanted)), wanted, expires);
    }

    private InfraFailure none(Wanted wanted) {
        return new InfraFailure(Outcome.no_slot, "no slot for " + wanted + " in " + namespace);
    }

    List<Slot> all() {
        return records().slots();
    }

    boolean own(Slot slot) {
        return slot.of(namespaceOf);
    }

    private Optional<Slot> own(List<Slot> slots, Wanted wanted) {
        var own = slots.stream().filter(this::own).toList();
        var found = find(own, wanted);
        var other = slots.stream().filter(s -> s.number() == wanted.number() && !own(s)).findFirst().or(() -> elsewhere(own, wanted));
        if (found.isEmpty() && other.isPresent()) {
            throw new InfraFailure(Outcome.no_slot, "slot " + wanted.number() + " was asked for, but " + other.get());
        }
        return found;
    }

    void delete(Slot slot) {
        api.delete(Kind.CONFIG_MAP, namespace, prefix + slot.number(), slot.uid(), Map.of());
    }

    /** By number, else by issue, else by pull request; only within one environment type. */
    public static Optional<Slot> find(List<Slot> slots, Wanted w) {
        return slots.stream().filter(s -> s.env().isEmpty() || s.env().equals(w.env())).filter(s -> w.number() > 0
            ? s.number() == w.number() && (w.issue() == 0 || s.issue() == 0 || s.issue() == w.issue())
            : w.issue() > 0 ? s.issue() == w.issue() : w.pr() > 0 && s.pr() == w.pr()).findFirst()
            .or(() -> w.number() == 0 && w.issue() > 0 && w.pr() > 0 ? find(slots, new Wanted(w.env(), 0, 0, w.pr(), w.max()))
            .filter(s -> s.issue() == 0) : Optional.empty());
    }

    /** The slot that the issue or pull request has already, when another number was asked for: nobody gets two. */
    static Optional<Slot> elsewhere(List<Slot> slots, Wanted w) {
        return w.number() > 0 ? find(slots, new Wanted(w.env(), 0, w.issue(), w.pr(), w.max()))
            .filter(s -> s.number() != w.number()) : Optional.empty();
    }

    static OptionalInt lowestFree(List<Slot> slots, Wanted w) {
        var taken = slots.stream().map(Slot::number).collect(Collectors.toSet());
        return IntStream.rangeClosed(w.number() > 0 ? w.number() : 1, w.number() > 0
            ? w.number() : w.max() > 0 ? w.max() : slots.size() + 1)
            .filter(n -> !taken.contains(n)).findFirst();
    }

    static String holders(List<Slot> slots, Wanted w) {
        return slots.stream().filter(s -> w.number() == 0 || s.number() == w.number()).sorted(Comparator.comparingInt(Slot::number))
            .map(Slot::toString).collect(Collectors.joining("; "));
    }

    private Target join(Slot slot, Wanted wanted, Optional<Instant> expires) {
        var data = Json.MAPPER.createObjectNode();
        if (wanted.issue() > 0 && slot.issue() != wanted.issue()) {
            if (!slot.namespace().equals(namespaceOf.of(slot.number(), slot.env(), wanted.issue()))) {
                throw new InfraFailure(Outcome.no_slot, "issue " + wanted.issue()
                    + " cannot have it, as its namespace names its issue: " + slot);
            }
            data.put("issue", "" + wanted.issue());
        }
        if (wanted.pr() > 0 && slot.pr() != wanted.pr()) {
            data.put("pr", "" + wanted.pr());
        }
        if (!data.isEmpty() || expires.isPresent()) {
            var patch = Json.MAPPER.createObjectNode();
            patch.set("data", data);
            Labels.mark(patch.putObject("metadata"), wanted.env(), slot.number(), Math.max(wanted.issue(), slot.issue()), expires);
            api.patch(Kind.CONFIG_MAP.path(namespace, prefix + slot.number()), "merge-patch+json", patch);
        }
        return slot.target(wanted, false);
    }

    private Optional<Target> create(int number, Wanted wanted, Optional<Instant> expires) {
        boolean created = false;
        try {
            created = api.create(Kind.CONFIG_MAP, namespace, record(number, wanted, expires));
        } catch (ApiError e) {
            if (e.code != 404) {
                throw e;
            }
            createStateNamespace();
        }
        return created ? keepOrYield(number, wanted) : Optional.empty();
    }

    /**
     * Two runs of one issue or pull request may have made two records when a slot became free between their looks. The older record stays.
     * etcd's revision tells which: a resourceVersion grows with every write of the cluster, a creationTimestamp has whole seconds only.
     */
    private Optional<Target> keepOrYield(int number, Wanted wanted) {
        var slots = records().slots();
        var mine = slots.stream().filter(s -> s.number() == number).findFirst();
        if (mine.isEmpty()) {
            return Optional.empty();
        }
        var older = slots.stream().filter(s -> own(s) && s.version() < mine.get().version()).toList();
        if (find(older, new Wanted(wanted.env(), 0, wanted.issue(), wanted.pr(), 0)).isPresent()) {
            delete(mine.get());
            return Optional.empty();
        }
        progress.say("took slot " + number + " (" + mine.get().namespace() + ")");
        return Optional.of(mine.get().target(wanted, true));
    }

    private ObjectNode record(int number, Wanted wanted, Optional<Instant> expires) {
        var record = Kind.CONFIG_MAP.named(prefix + number);
        Labels.mark(record.withObject("/metadata"), wanted.env(), number, wanted.issue(), expires);
        record.putObject("data").put("slot", "" + number).put("env", wanted.env())
            .put("namespace", namespaceOf.of(number, wanted.env(), wanted.issue())).put("owner", owner)
            .put("issue", "" + wanted.issue()).put("pr", "" + wanted.pr())
            .put("createdAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return record;
    }

    /** Another run may be making it too; whether it is there now is all that counts. */
    private void createStateNamespace() {
        var body = Kind.NAMESPACE.named(namespace);
        body.withObject("/metadata").putObject("labels").put("app.kubernetes.io/part-of", "ensure-ready");
        api.create(Kind.NAMESPACE, null, body);
    }

    private Records records() {
        var list = api.get(Kind.CONFIG_MAP.path(namespace, null));
        var slots = Api.items(Kind.CONFIG_MAP, list).stream().filter(o -> o.name().matches(Pattern.quote(prefix) + "[1-9]\\d{0,8}"))
            .map(o -> Slot.of(o, prefix)).toList();
        return new Records(slots, list.at("/metadata/resourceVersion").asString(""));
    }

    /** All slots, and the version of the list to watch from. */
    private record Records(List<Slot> slots, String version) { }
}
