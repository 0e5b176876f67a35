package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.model.Ref;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Follows the edges from every symptom to its causes. Cycles count as one place. */
public final class Roots {
    private final Graph graph;
    private final Map<Ref, Integer> component = new HashMap<>();
    private final Map<Integer, Set<Ref>> members = new TreeMap<>();
    private final Map<Integer, Map<String, List<Finding>>> known = new HashMap<>();
    private final Map<Ref, Integer> index = new HashMap<>();
    private final Map<Ref, Integer> low = new HashMap<>();
    private final ArrayList<Ref> stack = new ArrayList<>();

    Roots(Graph graph) {
        this.graph = graph;
    }

    List<Root> find() {
        graph.nodes().stream().filter(n -> !index.containsKey(n)).forEach(this::tarjan);
        var roots = new TreeMap<String, Root>();
        for (var node : graph.unready()) {
            roots(component.get(node)).forEach((key, findings) -> {
                var root = roots.computeIfAbsent(key, k -> new Root(k, new ArrayList<>(), new TreeMap<>()));
                findings.stream().filter(f -> !root.findings().contains(f)).forEach(root.findings()::add);
                if (findings.stream().noneMatch(f -> f.owner().equals(node))) {
                    root.explains().put(node, trail(node, findings));
                }
            });
        }
        graph.nodes().stream().flatMap(n -> graph.strong(n).stream()).filter(graph::standsAlone)
            .forEach(f -> roots.computeIfAbsent(Merge.key(f), k -> new Root(k, new ArrayList<>(List.of(f)), new TreeMap<>())));
        return Merge.synonyms(List.copyOf(roots.values()));
    }

    /** Components come out children first (Tarjan). */
    private void tarjan(Ref node) {
        index.put(node, index.size());
        low.put(node, index.get(node));
        stack.add(node);
        for (var edge : graph.followed(node)) {
            if (!index.containsKey(edge.to())) {
                tarjan(edge.to());
                low.merge(node, low.get(edge.to()), Math::min);
            } else if (stack.contains(edge.to())) {
                low.merge(node, index.get(edge.to()), Math::min);
            }
        }
        if (low.get(node).equals(index.get(node))) {
            var at = stack.indexOf(node);
            var own = new TreeSet<>(stack.subList(at, stack.size()));
            stack.subList(at, stack.size()).clear();
            own.forEach(n -> component.put(n, members.size()));
            members.put(members.size(), own);
        }
    }

    private Map<String, List<Finding>> roots(int place) {
        if (!known.containsKey(place)) {
            known.put(place, compute(place));
        }
        return known.get(place);
    }

    private Map<String, List<Finding>> compute(int place) {
        var own = members.get(place);
        var strong = own.stream().flatMap(n -> graph.strong(n).stream()).toList();
        if (!strong.isEmpty()) {
            return keyed(strong);
        }
        var below = new TreeMap<String, List<Finding>>();
        own.forEach(n -> graph.followed(n).stream().map(e -> component.get(e.to()))
            .filter(c -> c != place).distinct().forEach(c -> below.putAll(roots(c))));
        if (below.values().stream().flatMap(List::stream).anyMatch(f -> f.code().role != Code.Role.PROGRESS)) {
            below.values().removeIf(l -> l.stream().allMatch(f -> f.code().role == Code.Role.PROGRESS));
        }
        if (!below.isEmpty()) {
            return below;
        }
        var weak = own.stream().flatMap(n -> graph.weak(n).stream()).toList();
        if (own.stream().filter(n -> !graph.weak(n).isEmpty()).count() > 1
            && weak.stream().anyMatch(f -> f.code().family != Code.Family.CUSTOM)) {
            return Map.of("cycle|" + own.stream().map(Ref::toString).collect(Collectors.joining(",")), List.of(cycle(weak, own)));
        }
        var progress = own.stream().flatMap(n -> graph.progress(n).stream()).toList();
        // which keeps no pod from starting
        var nameless = weak.stream().allMatch(f -> f.code() == Code.STS_HEADLESS_SVC_MISSING && !f.wants().named());
        return keyed(weak.isEmpty() || nameless && graph.young(progress) ? progress : decisive(weak));
    }

    /** A Job that failed is told by its pod, if that tells anything. */
    private static List<Finding> decisive(List<Finding> weak) {
        var inner = weak.stream().filter(f -> f.code().role != Code.Role.WRAPPER).toList();
        return inner.isEmpty() ? weak : inner;
    }

    private static Finding cycle(List<Finding> weak, Set<Ref> own) {
        var first = weak.get(0);
        return Finding.of(Code.UNKNOWN, first.owner(), first.owner(), first.since(), weak.stream()
            .flatMap(f -> f.evidence().stream()).toList())
            .with(Map.of("cycle", own.stream().filter(n -> !n.is("Service")).map(Ref::toString).collect(Collectors.joining(", "))));
    }

    private static Map<String, List<Finding>> keyed(List<Finding> findings) {
        var keyed = new TreeMap<String, List<Finding>>();
        findings.forEach(f -> keyed.computeIfAbsent(Merge.key(f), k -> new ArrayList<>()).add(f));
        return keyed;
    }

    /** The shortest trail from a symptom to where one of these findings stands. */
    private Root.Trail trail(Ref from, List<Finding> findings) {
        var goals = findings.stream().map(Finding::owner).collect(Collectors.toSet());
        var came = new HashMap<Ref, Edge>();
        var queue = new ArrayList<>(List.of(from));
        for (int i = 0; i < queue.size(); i++) {
            var at = queue.get(i);
            if (goals.contains(at)) {
                return Root.Trail.of(back(came, from, at));
            }
            for (var edge : graph.followed(at)) {
                if (!edge.to().equals(from) && came.putIfAbsent(edge.to(), edge) == null) {
                    queue.add(edge.to());
                }
            }
        }
        return Root.Trail.of(List.of());
    }

    private static List<Edge> back(Map<Ref, Edge> came, Ref from, Ref to) {
        var trail = new LinkedList<Edge>();
        for (var at = to; !at.equals(from); at = trail.getFirst().from()) {
            trail.addFirst(came.get(at));
        }
        return trail;
    }
}
