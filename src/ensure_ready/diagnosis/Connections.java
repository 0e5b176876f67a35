package ensure_ready.diagnosis;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.findings.Address;
import ensure_ready.findings.CustomFindings;
import ensure_ready.findings.Finding;
import ensure_ready.findings.LogReading;
import ensure_ready.findings.Observed;
import ensure_ready.findings.Ports;
import ensure_ready.model.Evidence;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Ref;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What symptoms that name a host come down to: no such name, no such port, a policy, DNS, or the workload behind it. Pure. */
public final class Connections {
    /** The findings, understood better where that was possible, and the needs that symptoms tell. */
    record Understood(List<Finding> findings, List<Edge> edges) { }

    /** What a symptom complains of, and what that means: one thing, or several when more than one is missing. */
    private record Complaint(Finding told, List<Finding> meaning) {
        void means(Finding better) {
            var last = meaning.get(meaning.size() - 1);
            if (last == told || last.code().role != Code.Role.CAUSE) {
                meaning.remove(meaning.size() - 1);
            }
            meaning.add(better);
        }

        void means(Code code, Ref at, Map<String, String> params) {
            means(told.as(code, at).with(params));
        }

        /** What it misses is known, and by this name only. */
        void meansNamed(Code code, Ref at, Map<String, String> params) {
            means(told.as(code, at).with(params).named());
        }

        Ref owner() {
            return told.owner();
        }
    }

    private static final Set<Code> MISSING =
        EnumSet.of(Code.SECRET_MISSING, Code.CONFIGMAP_MISSING, Code.PVC_MISSING, Code.SERVICE_ACCOUNT_MISSING);
    private static final String IP = "\\d+(\\.\\d+){3}";
    private static final Pattern WORD = Pattern.compile("(?:://(?:[^@/\\s]*@)?|.ipv4[:#]|[\\s\"'`(=@/\\[]|^)"
        + "([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?:[:/](\\d{2,5}))?(?=$|[\\s\"'`),;:/\\]\\\\?])");
    private final Observed seen;
    private final Snapshot snapshot;
    private final Dependencies needs;
    private final Set<Ref> unready;
    private final NetworkPolicies policies;
    private final List<Edge> edges = new ArrayList<>();
    private final Map<Ref, Complaint> unresolved = new TreeMap<>();

    Connections(Observed seen, Dependencies needs, Set<Ref> unready) {
        this.seen = seen;
        this.snapshot = seen.snapshot;
        this.needs = needs;
        this.unready = unready;
        this.policies = new NetworkPolicies(seen.snapshot);
    }

    Understood understand(List<Finding> told) {
        var symptoms = told.stream().map(f -> new Complaint(f, new ArrayList<>(List.of(f)))).toList();
        var speaking = told.stream().map(Finding::owner).collect(Collectors.toSet());
        symptoms.stream().filter(s -> unready.contains(s.owner())).forEach(s -> understand(s, speaking));
        if (unresolved.size() >= 2) {
            unresolved.values().forEach(s -> s.means(Code.DNS_CLUSTER_FAILURE, new Ref("Service", "kube-dns"), Map.of()));
        }
        return new Understood(symptoms.stream().flatMap(s -> s.meaning().stream()).toList(), List.copyOf(edges));
    }

    private void understand(Complaint s, Set<Ref> speaking) {
        var f = s.told();
        if (MISSING.contains(f.code()) && !f.owner().equals(f.object())
            && snapshot.applied(f.objectKind(), f.objectName()).filter(a -> a.result() == Result.failed).isPresent()) {
            edges.add(new Edge(f.owner(), f.object(), Edge.Origin.MAKER, "refused: " + f.object(), 1, ""));
            s.means(f.with(Basis.WEAK).named());
            return;
        }
        switch (f.code()) {
            case SECRET_MISSING -> CustomFindings.maker(snapshot, f.objectName())
                .or(() -> namesake(f)).filter(m -> speaking.contains(Ref.of(m))).ifPresent(m -> {
                edges.add(new Edge(f.owner(), Ref.of(m), Edge.Origin.MAKER, "made by " + m.ref(), 1, ""));
                s.means(f.with(Basis.WEAK).named());
            });
            case INIT_WAITING, CRASH_DEPENDENCY_UNREACHABLE -> targets(f).forEach((address, line) -> target(s, address, line));
            case PROBE_READINESS_FAILING, CRASH_APP_ERROR -> {
                if (f.wants().unreachable()) {
                    targets(f).forEach((address, line) -> target(s, address, line));
                } else {
                    named(f, lines(f)).keySet().forEach(a -> broken(s, a));
                    schema(s);
                }
            }
            case RBAC_RUNTIME_FORBIDDEN -> {
                var roles = AccessFindings.roles(snapshot, needs.workloads().get(f.owner()));
                roles.stream().filter(r -> snapshot.find("Role", r.name()).isPresent()).findFirst().map(role -> f.as(f.code(), role))
                    .or(() -> roles.stream().findFirst().filter(r -> snapshot.knows("Role")).map(absent -> f.with(Basis.WEAK)))
                    .ifPresent(s::means);
            }
            case ADMISSION_WEBHOOK_UNAVAILABLE -> named(f, f.evidence().stream()
                .map(e -> e.message().replaceFirst("(?s).*?https://([^/\"]*).*", "$1")).toList()).keySet().forEach(a -> broken(s, a));
            case CRASH_AUTH_FAILED -> named(f, lines(f)).keySet().stream().findFirst().flatMap(a -> needs.service(a.host()))
                .or(() -> onlyService(f)).ifPresent(service -> s.means(f.with(Map.of("target", service.name()))));
            default -> { }
        }
    }

    /** An operator calls the Secrets that it makes after its resource; what deploys the workload itself makes none for it. */
    private Optional<Obj> namesake(Finding f) {
        var workload = needs.workloads().get(f.owner());
        return snapshot.custom()
            .filter(o -> workload != null && ("-" + f.objectName().replace('.', '-') + "-").contains("-" + o.name() + "-")
            && !o.group().matches("argoproj\\.io|.*fluxcd\\.io") && !Ownership.called(workload, o) && !needs.below(workload, o))
            .max(Comparator.comparingInt((Obj o) -> o.name().length()).thenComparing(Obj::kind));
    }

    /** A general error that names a Service whose workload is not ready is most likely that one's. */
    private void broken(Complaint s, Address a) {
        needs.service(a.host()).filter(x -> needs.behind(x).stream().anyMatch(w -> unready.contains(w) && !w.equals(s.owner())))
            .ifPresent(x -> {
                edges.add(new Edge(s.owner(), Ref.of(x), Edge.Origin.LOG, "log:" + x.name(), 0.9, a.port()));
                s.means(s.told().with(Basis.WEAK).named());
            });
    }

    /** It misses tables that a Job which is not done makes; or a database, which the Service that it names knows by another name. */
    private void schema(Complaint s) {
        var text = log(s.told()) == null ? ""
            : log(s.told()).lines().stream().filter(l -> !Phrase.ASIDE.occurs(l)).collect(Collectors.joining("\n"));
        var jobs = Phrase.SCHEMA.occurs(text) ? unready.stream() : Stream.<Ref>empty();
        jobs.filter(w -> w.is("Job") && Phrase.MIGRATES.occurs(w.name() + " "
            + Dependencies.podSpec(needs.workloads().get(w)).path("containers"))).findFirst().ifPresent(job -> {
                edges.add(new Edge(s.owner(), job, Edge.Origin.LOG, "log:schema", 0.9, ""));
                s.means(s.told().with(Basis.WEAK).named());
            });
        if (Phrase.NO_DATABASE.occurs(text)) {
            onlyService(s.told()).ifPresent(service -> s.means(s.told().with(Map.of("target", service.name()))));
        }
    }

    /** Who refuses the credentials, when the log does not say: the only Service that the settings name. */
    private Optional<Obj> onlyService(Finding f) {
        var services = needs.mentions(f.owner()).stream().flatMap(m -> needs.service(m.host()).stream()).map(Obj::name).distinct().toList();
        return services.size() == 1 ? snapshot.find("Service", services.get(0)) : Optional.empty();
    }

    private static List<String> lines(Finding f) {
        return f.evidence().stream().filter(e -> e.source().equals("log")).map(Evidence::message).toList();
    }

    private Log log(Finding f) {
        return snapshot.logs().get(f.pod() + "/" + f.container());
    }

    /**
     * What the symptom waits for, each with the text that says so: the log first, which is what happened; else the init container's
     * command.
     */
    private Map<Address, String> targets(Finding f) {
        var told = new LinkedHashMap<>(named(f, lines(f)));
        if (told.isEmpty() && log(f) != null) {
            told.putAll(named(f, LogReading.around(log(f).lines())));
        }
        var text = String.join("\n", lines(f));
        if (told.isEmpty() && Phrase.NO_NAME.occurs(text)) {
            onlyUnknown(f).ifPresent(a -> told.put(a, text));
        }
        if (told.isEmpty() && Phrase.STARTS.occurs(text)) {
            onlyService(f).ifPresent(service -> told.put(new Address(service.name(), ""), text));
        }
        for (var a : f.wants().waitsFor()) {
            if (told.keySet().stream().noneMatch(t -> needs.local(t.host()).equals(needs.local(a.host())))) {
                told.put(a, told.isEmpty() ? text : "");
            }
        }
        return told;
    }

    /** The name that cannot be resolved, when the log does not say which: the only one in the settings that no Service has. */
    private Optional<Address> onlyUnknown(Finding f) {
        var hosts = needs.mentions(f.owner()).stream().filter(m -> needs.local(m.host()).isPresent() && needs.service(m.host()).isEmpty())
            .collect(Collectors.toMap(Mention::host, Mention::address, (a, b) -> a));
        return hosts.size() == 1 && snapshot.knows("Service") ? hosts.values().stream().findFirst() : Optional.empty();
    }

    /** Hosts in these lines that are unknown, or known as Services of others; a pod's address is an edge at once. */
    private Map<Address, String> named(Finding f, List<String> lines) {
        var found = new LinkedHashMap<Address, String>();
        for (var line : lines) {
            var unknown = unresolved(line) ? Phrase.UNKNOWN_HOST.in(line) : "";
            if (!unknown.isEmpty() && !unknown.matches(IP + "|on|for|address|name")) {
                found.putIfAbsent(new Address(unknown, ""), line);
            } else {
                words(f, line).forEach(a -> found.putIfAbsent(a, line));
            }
        }
        return found;
    }

    private static boolean unresolved(String line) {
        return Phrase.NO_NAME.occurs(line) || Phrase.DNS_DOWN.occurs(line);
    }

    private List<Address> words(Finding f, String line) {
        var found = new ArrayList<Address>();
        var port = Phrase.PORT.in(line);
        var words = WORD.matcher(line);
        while (words.find()) {
            var host = words.group(1);
            if (host.equals("localhost") || host.equals("127.0.0.1")
                || needs.service(host).filter(s -> !needs.behind(s).contains(f.owner())).isPresent()) {
                found.add(new Address(host, words.group(2) != null ? words.group(2) : port));
            } else {
                needs.byAddress(host, seen).filter(w -> !w.equals(f.owner()))
                    .ifPresent(w -> edges.add(new Edge(f.owner(), w, Edge.Origin.LOG, "log:" + host, 0.9, "")));
            }
        }
        return found;
    }

    private void target(Complaint s, Address a, String line) {
        var service = needs.service(a.host());
        var local = needs.local(a.host());
        var workload = snapshot.knows("Service") ? Optional.<Ref>empty() : local.flatMap(host -> called(s, host));
        if (a.host().equals("localhost") || a.host().startsWith("127.")) {
            s.means(s.told().named());
        } else if (service.isPresent() && unresolved(line) && service.get().text("/spec/type").equals("ExternalName")) {
            s.meansNamed(Code.DNS_NAME_UNKNOWN, Ref.of(service.get()), Map.of("host", service.get().text("/spec/externalName")));
        } else if (service.isPresent()) {
            reachable(s, a, service.get(), line);
        } else if (local.isPresent() && unapplied(snapshot, local.get())) {
            leads(s, a, new Ref("Service", local.get()));
        } else if (workload.isPresent()) {
            leads(s, a, workload.get()); // whether it has a Service is not known
        } else if (local.isPresent() && snapshot.knows("Service") || Phrase.NO_NAME.occurs(line)) {
            absent(s, a, local, line);
        }
    }

    static boolean unapplied(Snapshot snapshot, String service) {
        return snapshot.applied("Service", service).filter(x -> x.result() == Result.failed).isPresent();
    }

    private void leads(Complaint s, Address a, Ref to) {
        edges.add(edge(s, a, to));
        s.means(s.told().named());
    }

    /** Another workload that is called so, or whose pods are. */
    private Optional<Ref> called(Complaint s, String host) {
        return needs.workloads().values().stream().filter(w -> w.name().equals(host) || w.text("/spec/serviceName").equals(host))
            .map(Ref::of).filter(w -> !w.equals(s.owner())).findFirst();
    }

    private static Edge edge(Complaint s, Address a, Ref to) {
        var init = s.told().code() == Code.INIT_WAITING;
        return new Edge(s.owner(), to, init ? Edge.Origin.INIT : Edge.Origin.LOG, init
            ? "init:" + s.told().container() + " " + a : "log:" + a,
            0.9, a.port());
    }

    /** No Service of that name. A log that was refused by an address proves that the name did resolve. */
    private void absent(Complaint s, Address a, Optional<String> local, String line) {
        var host = local.orElse(a.host());
        if (Phrase.DNS_DOWN.occurs(line) && dnsBlocked(s)) {
            return;
        }
        var params = new HashMap<>(Map.of("host", host, "nearMiss", NearMiss.of(host, snapshot.all("Service"))));
        setting(s, a.host()).ifPresent(x -> params.put("setting", x));
        var service = new Ref("Service", host);
        var set = snapshot.all("StatefulSet").stream().filter(x -> x.text("/spec/serviceName").equals(host)).findFirst();
        if (set.isPresent()) {
            s.meansNamed(Code.STS_HEADLESS_SVC_MISSING, Ref.of(set.get()), params);
        } else if (local.isPresent() && needs.workloads().keySet().stream().anyMatch(w -> w.name().equals(host) && !w.equals(s.owner()))) {
            s.meansNamed(Code.SVC_MISSING, service, params);
        } else if (s.told().code() == Code.INIT_WAITING && local.isPresent()) {
            s.meansNamed(Code.DEPENDENCY_SERVICE_MISSING, service, params);
        } else {
            s.meansNamed(Code.DNS_NAME_UNKNOWN, Mention.place(params.getOrDefault("setting", ""), s.told().object()), params);
        }
    }

    private Optional<String> setting(Complaint s, String host) {
        var mentions = needs.mentions(s.owner());
        return mentions.stream().filter(m -> m.host().equals(host)).findFirst().or(() -> needs.service(host).flatMap(service ->
            mentions.stream().filter(m -> needs.service(m.host()).filter(service::equals).isPresent()).findFirst())).map(Mention::via);
    }

    /** A policy that keeps the pods from asking the cluster's DNS is what it is. */
    private boolean dnsBlocked(Complaint s) {
        var policy = needs.workload(s.owner()).flatMap(from -> policies.withoutDns(Dependencies.labels(from)));
        policy.ifPresent(p -> s.means(Code.NETPOL_BLOCKING, Ref.of(p), Map.of("direction", "egress to DNS")));
        return policy.isPresent();
    }

    private void reachable(Complaint s, Address a, Obj service, String line) {
        var from = needs.workloads().get(s.owner());
        var behind = needs.behind(service);
        var healthy = !behind.isEmpty() && behind.stream().noneMatch(unready::contains);
        if (unresolved(line) && from != null && healthy) { // a headless name resolves once a pod is ready
            unresolvable(s, from, service, a);
            return;
        }
        if (!a.port().isEmpty() && !needs.serves(service, a.port())) {
            s.meansNamed(Code.ENV_PORT_MISMATCH, Mention.place(setting(s, a.host()).orElse(""), s.told().object()),
                Map.of("address", service.name() + ":" + a.port(), "served",
                Ports.served(service), "setting", setting(s, a.host()).orElse("")));
            return;
        }
        var refused = Phrase.REFUSAL.occurs(line);
        var policy = from == null || !healthy && refused || !Phrase.SLOW.occurs(line) && !(healthy && !refused) ? Optional.<Obj>empty()
            : policies.blocking(from, service, a.port(), needs.serving(service).toList());
        if (policy.isPresent()) {
            s.means(Code.NETPOL_BLOCKING, Ref.of(policy.get()), Map.of("from", from.ref(), "to", "svc/" + service.name()));
            return;
        }
        edges.add(edge(s, a, Ref.of(service)));
        s.meansNamed(healthy ? answering(s.told(), service) : s.told().code(), s.told().object(), Map.of());
    }

    /** What it is when that which it needs is ready by now: a matter of its next start, or an error of its own that came later. */
    private Code answering(Finding f, Obj service) {
        var later = f.code() == Code.CRASH_DEPENDENCY_UNREACHABLE && LogReading.ownErrorLater(log(f));
        var young = f.code() == Code.INIT_WAITING && seen.age(Optional.of(f.since())) < Code.STILL_PROGRESSING.young;
        return young || readySince(service, f) ? Code.STILL_PROGRESSING : later ? Code.CRASH_APP_ERROR : f.code();
    }

    /** It failed before what it needs became ready; its next start may well succeed. */
    private boolean readySince(Obj service, Finding f) {
        var selector = service.map("/spec/selector");
        var failed = f.code() == Code.INIT_WAITING ? snapshot.at().minusSeconds(30) : f.since();
        return snapshot.all("Pod").stream().filter(p -> p.labels().entrySet().containsAll(selector.entrySet()))
            .flatMap(p -> Observed.since(p.condition("Ready")).stream()).min(Comparator.naturalOrder())
            .filter(failed::isBefore).isPresent();
    }

    /** The name exists and yet does not resolve: the pod asks another DNS, may not ask, or the cluster's DNS is down. */
    private void unresolvable(Complaint s, Obj from, Obj service, Address a) {
        if (service.time("/metadata/creationTimestamp").filter(t -> t.isAfter(s.told().since())).isPresent()) {
            s.means(s.told().as(Code.STILL_PROGRESSING, s.told().object())); // it failed before the Service was there
            return;
        }
        var pod = a.host().replaceFirst("\\..*", "");
        if (a.host().contains(".svc.") && !a.host().matches(".*\\.svc\\.cluster\\.local\\.?")
            || !a.host().matches(IP) && !pod.equalsIgnoreCase(service.name()) && snapshot.find("Pod", pod).isEmpty()) {
            absent(s, a, Optional.empty(), "");
            return;
        }
        var spec = Dependencies.podSpec(from);
        var policy = spec.path("dnsPolicy").asString("ClusterFirst");
        var host = spec.path("hostNetwork").asBoolean(false) && policy.equals("ClusterFirst");
        if (policy.equals("Default") || policy.equals("None") || host) {
            s.means(Code.POD_DNS_POLICY, s.told().object(), Map.of("dnsPolicy", policy));
        } else if (!dnsBlocked(s)) {
            unresolved.putIfAbsent(s.owner(), s);
        }
    }
}
