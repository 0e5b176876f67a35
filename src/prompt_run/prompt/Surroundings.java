package prompt_run.prompt;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import prompt_run.text.Redactor;
import tools.jackson.databind.JsonNode;

/** Where things are, and what renders the manifests, as the report has it: names, ports, addresses and a command of known shapes alone. */
public final class Surroundings {
    private static final Pattern URL = Pattern.compile("https?://(\\*|[a-z0-9*]([-a-z0-9.]{0,251}[a-z0-9])?)(/[A-Za-z0-9_./()*-]{0,99})?");
    private static final Pattern BACKEND = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9-]{1,15}");
    private static final Pattern COMMAND = Pattern.compile("[A-Za-z0-9./][\\w ./:=,{}'\"|;@+-]{0,299}");
    private static final int MOST = 20;

    static Map<String, Object> of(JsonNode report, Redactor redactor) {
        var services = report.path("services");
        return Map.of("services", services(services, false), "silent", services(services, true),
            "ingresses", report.path("ingresses").valueStream().flatMap(Surroundings::ingress).limit(MOST).toList(),
            "renderer", redactor.mask(InfraView.matching(COMMAND, report.path("renderer"))));
    }

    /** {@code web:80}; without a port it is no address. */
    private static List<String> services(JsonNode services, boolean silent) {
        return services.valueStream().filter(s -> silent == !s.path("ready").asBoolean(true)).flatMap(s -> {
            var name = InfraView.matching(InfraView.OBJECT_NAME, s.path("name"));
            return s.path("ports").valueStream().filter(p -> !name.isEmpty() && p.isInt()).limit(3).map(p -> name + ":" + p.intValue());
        }).limit(MOST).toList();
    }

    private static Stream<Map<String, Object>> ingress(JsonNode ingress) {
        return ingress.path("urls").valueStream().map(url -> InfraView.matching(URL, url)).filter(url -> !url.isEmpty())
            .map(url -> Map.of("url", url, "ready", ingress.path("ready").asBoolean(true),
                "backends", InfraView.texts(ingress.path("backends"), b -> InfraView.matching(BACKEND, b))));
    }
}
