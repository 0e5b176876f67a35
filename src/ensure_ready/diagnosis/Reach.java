package ensure_ready.diagnosis;

import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What symptoms that name a host come down to: no such name, no such port, a policy, DNS, or the workload behind it. Pure. */
public final class Reach {
    private static final Pattern UNKNOWN_HOST =
        Pattern.compile("(?i)(?:lookup |ENOTFOUND |EAI_AGAIN |translate host name \"|bad address '|UnknownHostException: |unknown host:? ?'?|resolve host:? '?\"?|can't resolve '|in upstream \"|nslookup: can't resolve '|"
        + "can't find |getaddrinfo for |Failed to resolve '?|Name does not resolve:? ?|host '|"
        + "tcp connect \\(|resolve server '?|resolve address:? ?|Error -\\d+ connecting to |for target (?:dns:/*)?|connect to (?=\\S+/<unresolved>)|(?<![\\w.-])(?=[\\w.-]+:\\d{2,5}: \\[Errno -))([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)");
    private static final Pattern NO_NAME =
        Pattern.compile("(?i)no such host|\\bENOTFOUND|not translate host name|bad address|unknown ?host|unknown \\w+ server host|"
        + "resolve (?:server|address)|DNS resolution failed|name resolution failed|<unresolved>|"
        + "could not resolve host|can't resolve|host not found in upstream|name or service not known|does not resolve|NXDOMAIN|nodename nor servname|failed to resolve|can't find");
    private static final Pattern DNS_DOWN =
        Pattern.compile("(?i)EAI_AGAIN|temporary failure|server misbehaving|SERVFAIL|lookup .*(i/o timeout|timed? ?out|refused)|no servers could be reached");
    private static final Pattern SLOW = Pattern.compile("(?i)timed? ?out|timeout|ETIMEDOUT|deadline exceeded|SYN_SENT");
    private static final Pattern WORD =
        Pattern.compile("(?:://(?:[^@/\\s]*@)?|[\\s\"'(=@/\\[]|^)([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?:[:/](\\d{2,5}))?(?=$|[\\s\"'),;:/\\]\\\\?])");
    private static final Pattern PORT = Pattern.compile("(?i)\\bport[ :=]+(\\d{2,5})");
    private final Facts facts;
    private final Snapshot snapshot;
    private final Wiring wiring;
    private final Set<String> unready;
    private final Consumer<Wiring.Edge> edge;
    private final Policies policies;
    private final Map<String, Finding> unresolved = new TreeMap<>();

    Reach(Facts facts, Wiring wiring, Set<String> unready, Consumer<Wiring.Edge> edge) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
        this.wiring = wiring;
        this.unready = unready;
        this.edge = edge;
        this.policies = new Policies(facts.snapshot);
    }

    void find() {
        for (var f : List.copyOf(facts.found)) {
            if (unready.contains(Diagnosis.node(f))) {
                symptom(f);
            }
        }
        if (unresolved.size() >= 2) {
            unresolved.values().forEach(f -> replace(f, Code.DNS_CLUSTER_FAILURE, "Service", "kube-dns", Map.of()));
        }
        settings();
    }

    private void symptom(Finding f) {
        if (f.code() == Code.SECRET_MISSING) {
            CustomFindings.maker(snapshot, f.objectName())
                .filter(m -> facts.found.stream().anyMatch(x -> Diagnosis.node(x).equals(Wiring.key(m))))
                .ifPresent(m -> {
                edge.accept(new Wiring.Edge(Diagnosis.node(f), Wiring.key(m), "made by " + m.ref(), 1, ""));
                replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("weak", "true", "named", m.ref()));
            });
        } else if (f.code() == Code.INIT_WAITING || f.code() == Code.CRASH_DEPENDENCY_UNREACHABLE
            || f.code() == Code.PROBE_READINESS_FAILING && f.params()
            .containsKey("log")) {
            targets(f).forEach((target, line) -> target(f, target, line));
        } else if (f.code() == Code.CRASH_APP_ERROR || f.code() == Code.CRASH_AUTH_FAILED || f.code() == Code.PROBE_READINESS_FAILING) {
            var named = named(f, lines(f));
            if (f.code() == Code.CRASH_AUTH_FAILED) {
                named.keySet().stream().findFirst().map(t -> wiring.service(t.host()))
                    .filter(Optional::isPresent).or(() -> Optional.of(mentioned(f)))
                    .flatMap(s -> s).ifPresent(s -> replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("target", s.name())));
            } else {
                named.keySet().forEach(t -> broken(f, t));
            }
        }
    }

    /** A general error that names a Service whose workload is not ready is most likely that one's. */
    private void broken(Finding f, Wait.Target t) {
        wiring.service(t.host()).filter(s -> wiring.behind(s).stream().anyMatch(w -> unready.contains(w) && !w.equals(Diagnosis.node(f))))
            .ifPresent(s -> {
            edge.accept(new Wiring.Edge(Diagnosis.node(f), "Service/" + s.name(), "log:" + s.name(), 0.9, t.port()));
            replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("weak", "true", "named", s.name()));
        });
    }

    /** Who refuses the credentials, when the log does not say: the only Service that the settings name. */
    private Optional<Obj> mentioned(Finding f) {
        var services = wiring.mentions(Diagnosis.node(f)).stream().map(m -> wiring.service(m.host()))
            .flatMap(Optional::stream).map(Obj::name).distinct()
            .toList();
        return services.size() == 1 ? snapshot.find("Service", services.get(0)) : Optional.empty();
    }

    private List<String> lines(Finding f) {
        return f.evidence().stream().filter(e -> e.source().equals("log")).map(Evidence::message).toList();
    }

    /**
     * What the symptom waits for, each with the text that says so: the log first, which is what happened; else the init container's
     * command.
     */
    private Map<Wait.Target, String> targets(Finding f) {
        var log = facts.snapshot.logs().get(f.params().getOrDefault("pod", "") + "/" + f.container());
        var told = new LinkedHashMap<>(named(f, lines(f)));
        if (told.isEmpty() && log != null) {
            told.putAll(named(f, LogReading.around(log.lines())));
        }
        var text = String.join("\n", lines(f));
        if (told.isEmpty() && NO_NAME.matcher(text).find()) {
            nowhere(f).ifPresent(t -> told.put(t, text));
        }
        for (var target : f.params().getOrDefault("waitsFor", "").split(",")) {
            var host = target.replaceFirst(":\\d+$", "");
            if (!host.isEmpty() && told.keySet().stream().noneMatch(t -> wiring.local(t.host()).equals(wiring.local(host)))) {
                told.put(new Wait.Target(host, target.contains(":") ? target.substring(target.indexOf(':') + 1) : ""), told.isEmpty()
                    ? text : "");
            }
        }
        return told;
    }

    /** The name that cannot be resolved, when the log does not say which: the only one in the settings that no Service has. */
    private Optional<Wait.Target> nowhere(Finding f) {
        var hosts = wiring.mentions(Diagnosis.node(f)).stream()
            .filter(m -> wiring.local(m.host()).isPresent() && wiring.service(m.host()).isEmpty())
            .collect(Collectors.toMap(Wiring.Mention::host, Wiring.Mention::port, (a, b) -> a, TreeMap::new));
        return hosts.size() == 1 && snapshot.knows("Service")
            ? Optional.of(new Wait.Target(hosts.firstKey(), hosts.firstEntry().getValue())) : Optional.empty();
    }

    private Map<Wait.Target, String> named(Finding f, List<String> lines) {
        var found = new LinkedHashMap<Wait.Target, String>();
        for (var line : lines) {
            var unknown = UNKNOWN_HOST.matcher(line);
            if ((NO_NAME.matcher(line).find() || DNS_DOWN.matcher(line).find()) && unknown.find() && !unknown.group(1)
                .matches("\\d+(\\.\\d+){3}|on|for|address|name")) {
                found.putIfAbsent(new Wait.Target(unknown.group(1), ""), line);
                continue;
            }
            var port = Messages.part(line, PORT);
            var words = WORD.matcher(line);
            while (words.find()) {
                var host = words.group(1);
                var own = wiring.service(host).isPresent() && !wiring.behind(wiring.service(host).get()).contains(Diagnosis.node(f));
                if (own || host.equals("localhost") || host.equals("127.0.0.1")) {
                    found.putIfAbsent(new Wait.Target(host, words.group(2) != null ? words.group(2) : port), line);
                } else {
                    wiring.byAddress(host, facts).filter(w -> !w.equals(Diagnosis.node(f)))
                        .ifPresent(w -> edge.accept(new Wiring.Edge(Diagnosis.node(f), w, "log:" + host, 0.9, "")));
                }
            }
        }
        return found;
    }

    private void target(Finding f, Wait.Target t, String line) {
        var service = wiring.service(t.host());
        var local = wiring.local(t.host());
        if (t.host().equals("localhost") || t.host().startsWith("127.")) {
            replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("named", t.toString()));
        } else if (service.isPresent()) {
            reachable(f, t, service.get(), line);
        } else if (local.isPresent() && failedToApply(local.get())) {
            edge.accept(new Wiring.Edge(Diagnosis.node(f), "Service/" + local.get(), via(f, t), 0.9, t.port()));
            replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("named", t.toString()));
        } else if (local.isPresent() && snapshot.knows("Service") || NO_NAME.matcher(line).find()) {
            absent(f, t, local, line);
        }
    }

    private boolean failedToApply(String service) {
        return snapshot.applied("Service", service).filter(a -> a.result() == Result.failed).isPresent();
    }

    private static String via(Finding f, Wait.Target t) {
        return f.code() == Code.INIT_WAITING ? f.params().getOrDefault("via", "init:" + f.container()) + " " + t : "log:" + t;
    }

    /** No Service of that name. A log that was refused by an address proves that the name did resolve. */
    private void absent(Finding f, Wait.Target t, Optional<String> local, String line) {
        var host = local.orElse(t.host());
        if (dnsBlocked(f, line)) {
            return;
        }
        var workload = wiring.templates().values().stream().filter(w -> w.name().equals(host) && !Wiring.key(w).equals(Diagnosis.node(f)))
            .findFirst();
        var params = new HashMap<>(Map.of("host", host, "nearMiss", Near.of(host, snapshot.all("Service")), "named", t.toString()));
        setting(f, t.host()).ifPresent(s -> params.put("setting", s));
        var set = snapshot.all("StatefulSet").stream().filter(x -> x.text("/spec/serviceName").equals(host)).findFirst();
        if (set.isPresent()) {
            replace(f, Code.STS_HEADLESS_SVC_MISSING, "StatefulSet", set.get().name(), params);
        } else if (workload.isPresent() && local.isPresent()) {
            replace(f, Code.SVC_MISSING, "Service", host, params);
        } else if (f.code() == Code.INIT_WAITING && local.isPresent()) {
            replace(f, Code.DEPENDENCY_SERVICE_MISSING, "Service", host, params);
        } else {
            replace(f, Code.DNS_NAME_UNKNOWN, f.objectKind(), f.objectName(), params);
        }
    }

    private Optional<String> setting(Finding f, String host) {
        return wiring.mentions(Diagnosis.node(f)).stream().filter(m -> m.host().equals(host)).map(Wiring.Mention::via).findFirst();
    }

    private boolean dnsBlocked(Finding f, String line) {
        var from = wiring.templates().get(Diagnosis.node(f));
        if (from == null) {
            return false;
        }
        var policy = policies.withoutDns(Wiring.labels(from));
        if (DNS_DOWN.matcher(line).find() && policy.isPresent()) {
            replace(f, Code.NETPOL_BLOCKING, "NetworkPolicy", policy.get().name(), Map.of("direction", "egress to DNS"));
            return true;
        }
        return false;
    }

    private void reachable(Finding f, Wait.Target t, Obj service, String line) {
        var node = Diagnosis.node(f);
        var from = wiring.templates().get(node);
        // a headless name resolves once a pod is ready
        var waits = wiring.behind(service).isEmpty() || wiring.behind(service).stream().anyMatch(unready::contains);
        if ((NO_NAME.matcher(line).find() || DNS_DOWN.matcher(line).find()) && from != null && !waits) {
            name(f, from, service);
            return;
        }
        if (!t.port().isEmpty() && !serves(service, t.port())) {
            replace(f, Code.ENV_PORT_MISMATCH, f.objectKind(), f.objectName(), Map.of("address", service.name() + ":" + t.port(), "served",
                served(service), "named", t.toString(), "setting", setting(f, t.host()).orElse("")));
            return;
        }
        var healthy = wiring.behind(service).stream().noneMatch(unready::contains) && !wiring.behind(service).isEmpty();
        var policy = from == null || !healthy && line.toLowerCase(Locale.ROOT).contains("refused") ? Optional.<Obj>empty()
            : wiring.behind(service).stream().map(w -> policies.blocking(Wiring.labels(from), Wiring.labels(wiring.templates().get(w)),
                ports(service, t.port(), w))).flatMap(Optional::stream).findFirst();
        if (policy.isPresent() && (SLOW.matcher(line).find() || healthy && !line.toLowerCase(Locale.ROOT).contains("refused"))) {
            replace(f, Code.NETPOL_BLOCKING, "NetworkPolicy", policy.get()
                .name(), Map.of("from", from.ref(), "to", "svc/" + service.name()));
            return;
        }
        edge.accept(new Wiring.Edge(node, "Service/" + service.name(), via(f, t), f.code() == Code.INIT_WAITING ? 0.95 : 0.9, t.port()));
        var later = healthy && f.code() == Code.CRASH_DEPENDENCY_UNREACHABLE && LogReading.ownErrorLater(snapshot.logs()
            .get(f.params().getOrDefault("pod", "") + "/" + f.container()));
        replace(f, healthy && readySince(service, f) ? Code.STILL_PROGRESSING
            : later ? Code.CRASH_APP_ERROR : f.code(), f.objectKind(), f.objectName(),
            Map.of("named", t.toString()));
    }

    /** The name exists and yet does not resolve: the pod asks another DNS, may not ask, or the cluster's DNS is down. */
    private void name(Finding f, Obj from, Obj service) {
        if (service.time("/metadata/creationTimestamp").filter(t -> t.isAfter(f.since())).isPresent()) {
            replace(f, Code.STILL_PROGRESSING, f.objectKind(), f.objectName(), Map.of()); // it failed before the Service was there
            return;
        }
        var spec = Wiring.template(from).path("spec");
        var policy = spec.path("dnsPolicy").asText("ClusterFirst");
        var host = spec.path("hostNetwork").asBoolean() && policy.equals("ClusterFirst");
        if (policy.equals("Default") || policy.equals("None") || host) {
            replace(f, Code.POD_DNS_POLICY, f.objectKind(), f.objectName(), Map.of("dnsPolicy", policy));
            return;
        }
        var blocked = policies.withoutDns(Wiring.labels(from));
        if (blocked.isPresent()) {
            replace(f, Code.NETPOL_BLOCKING, "NetworkPolicy", blocked.get().name(), Map.of("direction", "egress to DNS"));
        } else {
            unresolved.putIfAbsent(Diagnosis.node(f), f);
        }
    }

    static boolean serves(Obj service, String port) {
        var ports = service.list("/spec/ports");
        return ports.isEmpty() || service.text("/spec/type").equals("ExternalName")
            || ports.stream().anyMatch(p -> p.path("port").asText().equals(port)
            || service.text("/spec/clusterIP").equals("None") && WiringFindings.target(p).equals(port)
            || p.path("nodePort").asText().equals(port));
    }

    private static String served(Obj service) {
        return service.list("/spec/ports").stream().map(p -> p.path("port").asText()).collect(Collectors.joining(","));
    }

    private Set<String> ports(Obj service, String port, String workload) {
        var ports = new LinkedHashSet<String>();
        service.list("/spec/ports").stream().filter(p -> port.isEmpty() || p.path("port").asText().equals(port))
            .map(WiringFindings::target).forEach(ports::add);
        Wiring.template(wiring.templates().get(workload)).at("/spec/containers").forEach(c -> c.path("ports").forEach(p -> {
            if (ports.contains(p.path("name").asText()) || ports.contains(p.path("containerPort").asText())) {
                ports.add(p.path("containerPort").asText());
                ports.add(p.path("name").asText(p.path("containerPort").asText()));
            }
        }));
        return ports;
    }

    /** It failed before what it needs became ready; its next start may well succeed. */
    private boolean readySince(Obj service, Finding f) {
        var selector = service.map("/spec/selector");
        var since = snapshot.all("Pod").stream().filter(p -> p.labels().entrySet().containsAll(selector.entrySet()))
            .map(p -> Findings.time(p.condition("Ready"))).filter(Objects::nonNull).min(Comparator.naturalOrder());
        var failed = f.code() == Code.INIT_WAITING ? snapshot.at().minusSeconds(30) : f.since();
        return since.isPresent() && since.get().isAfter(failed);
    }

    /**
     * What the settings of a workload alone prove: an address with a port that its Service does not serve, a name that only lacks its
     * Service.
     */
    private void settings() {
        wiring.templates().forEach((node, workload) -> {
            var spec = Wiring.template(workload).path("spec");
            for (var m : wiring.mentions(node)) {
                if (m.confidence() < 0.8 || m.port().isEmpty()) {
                    continue;
                }
                var service = wiring.service(m.host());
                if (service.isPresent()) {
                    setting(node, workload, m, service.get());
                } else {
                    wiring.local(m.host()).filter(h -> snapshot.knows("Service")).ifPresent(h -> lacking(node, workload, m, h));
                }
            }
            var search = spec.path("dnsConfig").path("searches").toString();
            var outside = spec.path("dnsPolicy").asText().equals("Default") || spec.path("dnsPolicy").asText().equals("None")
                && !search.contains("svc");
            if (outside && wiring.mentions(node).stream().anyMatch(m -> m.confidence() >= 0.8 && wiring.service(m.host()).isPresent())) {
                once(Code.POD_DNS_POLICY, node, workload, workload.kind(), workload.name(),
                    Findings.spec(workload, "spec.template.spec.dnsPolicy",
                    spec.path("dnsPolicy").asText()), Map.of("dnsPolicy", spec.path("dnsPolicy").asText()));
            }
        });
    }

    private void setting(String node, Obj workload, Wiring.Mention m, Obj service) {
        if (!serves(service, m.port())) {
            once(Code.ENV_PORT_MISMATCH, node, workload, workload.kind(), workload.name(),
                Findings.spec(workload, m.via(), service.name() + ":" + m.port()),
                Map.of("address", service.name() + ":" + m.port(), "served", served(service), "setting", m.via()));
            return;
        }
        wiring.behind(service).stream().filter(w -> !w.equals(node))
            .map(w -> policies.blocking(Wiring.labels(workload), Wiring.labels(wiring.templates().get(w)), ports(service, m.port(), w)))
            .flatMap(Optional::stream).findFirst()
            .ifPresent(p -> once(Code.NETPOL_BLOCKING, node, workload, "NetworkPolicy", p.name(), Findings.spec(p, "spec", "does not allow "
                + workload.ref() + " to reach svc/" + service.name()), Map.of("from", workload.ref(), "to", "svc/" + service.name())));
    }

    private void lacking(String node, Obj workload, Wiring.Mention m, String host) {
        var there = wiring.templates().values().stream()
            .anyMatch(w -> w.name().equals(host) && WiringFindings.open(w).contains(m.port()) && !Wiring.key(w)
            .equals(node));
        if (there && !failedToApply(host)) {
            once(Code.SVC_MISSING, node, workload, "Service", host, Findings.spec(workload, m.via(), host + ":" + m.port()),
                Map.of("host", host, "setting", m.via()));
        }
    }

    private void once(Code code, String node, Obj workload, String kind, String name, Evidence evidence, Map<String, String> params) {
        var told = facts.found.stream()
            .anyMatch(f -> f.code() == code && Diagnosis.node(f).equals(node) && f.objectKind().equals(kind) && f.objectName()
            .equals(name));
        if (!told) {
            facts.add(code, kind, name, new String[] {workload.kind(), workload.name()}, "", null, List.of(evidence), params);
        }
    }

    private void replace(Finding f, Code code, String kind, String name, Map<String, String> more) {
        var params = new TreeMap<>(f.params());
        params.putAll(more);
        var now = facts.found.stream()
            .filter(o -> o == f || o.since().equals(f.since()) && o.container().equals(f.container()) && Diagnosis.node(o)
            .equals(Diagnosis.node(f)) && o.evidence().equals(f.evidence())).reduce((a, b) -> b);
        if (now.isPresent() && now.get() != f && now.get().code().role == Code.Role.CAUSE) {
            // a second thing is missing as well
            facts.found.add(new Finding(code, kind, name, f.ownerKind(), f.ownerName(), f.container(), f.since(), f.evidence(), params));
            return;
        }
        now.ifPresent(facts.found::remove);
        facts.found.add(new Finding(code, kind, name, f.ownerKind(), f.ownerName(), f.container(), f.since(), f.evidence(),
            Collections.unmodifiableMap(params)));
    }
}
