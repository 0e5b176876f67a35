package ensure_ready.diagnosis;

import ensure_ready.findings.Address;
import ensure_ready.findings.WaitCommands;
import ensure_ready.model.Pods;
import ensure_ready.model.References;
import ensure_ready.model.Snapshot;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** The hosts that a pod template names: in commands, variables, arguments, ConfigMaps and Secrets. Pure. */
public final class Mentions {
    private static final String NAME = "(?:[A-Za-z0-9.-]*[A-Za-z0-9])?";
    private static final Pattern URL =
        Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^@/\\s]*@)?([A-Za-z0-9]" + NAME + ")(?::(\\d{1,5}))?");
    private static final Pattern HOST_PORT =
        Pattern.compile("(?:^|[\\s,;=@(\\[/'\"])([A-Za-z]" + NAME + "):(\\d{2,5})(?=$|[\\s,;/)\\]'\"?])");
    private static final Pattern DSN =
        Pattern.compile("(?i)\\b(?:host|server|data source)=([A-Za-z]" + NAME + ")(?:.{0,80}?\\bport=(\\d{1,5}))?");
    private static final Pattern HOST = Pattern.compile("[a-z](?:[a-z0-9.-]*[a-z0-9])?");
    private static final Pattern KEY = Pattern.compile("(?i)(HOST(S|NAME)?|ADDR(ESS)?|UR[LI]|DSN|BROKERS?|SERVERS?|ENDPOINT|SERVICE)$");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\((\\w+)\\)");
    private final Snapshot snapshot;
    private final LinkedHashSet<Mention> found = new LinkedHashSet<>();

    private Mentions(Snapshot snapshot) {
        this.snapshot = snapshot;
    }

    static List<Mention> of(JsonNode spec, Snapshot snapshot) {
        var mentions = new Mentions(snapshot);
        mentions.commands(spec);
        mentions.settings(spec);
        mentions.objects(spec);
        return List.copyOf(mentions.found);
    }

    private void commands(JsonNode spec) {
        spec.path("initContainers").forEach(c -> WaitCommands.targets(c)
            .forEach(t -> found.add(new Mention(t, Edge.Origin.INIT, "init:" + Json.text(c, "name") + " " + t, 0.95))));
        spec.path("containers").forEach(c -> WaitCommands.targets(c)
            .forEach(t -> found.add(new Mention(t, Edge.Origin.SPEC, "command:" + Json.text(c, "name") + " " + t, 0.8))));
    }

    private void settings(JsonNode spec) {
        Pods.specs(spec).forEach(c -> {
            variables(c).forEach((key, value) -> setting(via(c, key), key, value));
            setting("args", "", WaitCommands.words(c));
        });
    }

    private static String via(JsonNode container, String key) {
        for (var e : container.path("env")) {
            var from = e.at("/valueFrom/configMapKeyRef");
            if (from.isObject() && Json.text(e, "name").equals(key)) {
                return "configmap " + Json.text(from, "name") + " " + Json.text(from, "key");
            }
        }
        return "env " + key;
    }

    /** Whole ConfigMaps, and of Secrets the hosts that stand in them. */
    private void objects(JsonNode spec) {
        References.of(spec).stream().filter(r -> r.kind().equals("ConfigMap") && r.key().isEmpty())
            .forEach(r -> object("configmap ", r, "/data"));
        References.of(spec).stream().filter(r -> r.kind().equals("Secret")).forEach(r -> object("secret ", r, "/hosts"));
    }

    private void object(String kind, References.Ref r, String data) {
        snapshot.find(r.kind(), r.name())
            .ifPresent(o -> addresses(new TreeMap<>(o.map(data)))
            .forEach((key, value) -> setting(kind + r.name() + " " + key, key, value)));
    }

    /** A container's variables with ConfigMap values filled in and {@code $(NAME)} expanded. */
    private Map<String, String> variables(JsonNode container) {
        var env = new TreeMap<String, String>();
        for (var e : container.path("env")) {
            var from = e.at("/valueFrom/configMapKeyRef");
            env.put(Json.text(e, "name"), from.isObject() ? snapshot.find("ConfigMap", Json.text(from, "name"))
                .map(m -> m.at("/data").path(Json.text(from, "key")).asString("")).orElse("") : Json.text(e, "value"));
        }
        env.replaceAll((k, v) -> VARIABLE.matcher(v).replaceAll(m -> Matcher.quoteReplacement(env.getOrDefault(m.group(1), m.group()))));
        return addresses(env);
    }

    private static Map<String, String> addresses(Map<String, String> settings) {
        settings.replaceAll((k, v) -> HOST.matcher(v).matches() && KEY.matcher(k).find() ? paired(settings, k, v) : v);
        return settings;
    }

    /** DB_HOST and DB_PORT are one address written in two. */
    private static String paired(Map<String, String> env, String key, String host) {
        var port = env.getOrDefault(key.replaceFirst("(?i)(HOST(NAME)?|ADDR(ESS)?|SERVER)$", "PORT"), "");
        return port.matches("\\d{2,5}") ? host + ":" + port : host;
    }

    private void setting(String via, String key, String value) {
        var address = KEY.matcher(key).find();
        for (var pattern : List.of(URL, HOST_PORT, DSN)) {
            var match = pattern.matcher(value);
            while (match.find()) {
                var port = match.group(2) == null ? "" : match.group(2);
                found.add(new Mention(new Address(match.group(1), port), Edge.Origin.SPEC, via,
                    port.isEmpty() ? 0.6 : pattern != HOST_PORT || address ? 0.8 : 0.7));
            }
        }
        Stream.of(value.split("[,\\s]+")).filter(host -> address && HOST.matcher(host).matches())
            .forEach(host -> found.add(new Mention(new Address(host, ""), Edge.Origin.SPEC, via, 0.6)));
    }
}
