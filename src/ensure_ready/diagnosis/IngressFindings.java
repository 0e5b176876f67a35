package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.CustomFindings;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.readiness.CustomStatus;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** Ingresses that lead nowhere: a class, a Service, a port or a certificate that does not exist. Pure. */
public record IngressFindings(Observed seen) {
    Stream<Finding> find() {
        return seen.snapshot.all("Ingress").stream()
            .flatMap(i -> Stream.of(type(i), Dependencies.backends(i).flatMap(b -> backend(i, b).stream()),
            certificates(i)).flatMap(s -> s));
    }

    private Finding finding(Code code, Obj ingress, String path, String value) {
        return seen.fault(code, ingress, Evidence.field(ingress, path, value));
    }

    private Stream<Finding> type(Obj ingress) {
        var annotated = ingress.text("/spec/ingressClassName").isEmpty();
        var type = annotated ? ingress.annotation("kubernetes.io/ingress.class") : ingress.text("/spec/ingressClassName");
        return !ingress.has("/spec/ingressClassName") || seen.exists("IngressClass", type) ? Stream.of()
            : Stream.of(finding(Code.INGRESS_CLASS_MISSING, ingress, "spec.ingressClassName", type).with(Map.of("class", type)));
    }

    private Optional<Finding> backend(Obj ingress, JsonNode backend) {
        var name = Json.text(backend, "name");
        if (!seen.snapshot.knows("Service")) {
            return Optional.empty();
        }
        var service = seen.snapshot.find("Service", name);
        if (service.isEmpty()) {
            return Optional.of(finding(Code.INGRESS_BACKEND_MISSING, ingress, "spec.rules.backend.service.name", name)
                .with(Map.of("service", name, "nearMiss", NearMiss.of(name, seen.snapshot.all("Service")))));
        }
        var port = backend.at("/port/name").asString(backend.at("/port/number").asString(""));
        return port.isEmpty() || has(service.get(), port) ? Optional.empty()
            : Optional.of(finding(Code.INGRESS_BACKEND_PORT, ingress, "spec.rules.backend.service.port", name + ":" + port)
                .with(Map.of("service", name, "port", port)));
    }

    private static boolean has(Obj service, String port) {
        return service.text("/spec/type").equals("ExternalName") || service.list("/spec/ports").stream()
            .anyMatch(p -> Json.text(p, "port").equals(port) || Json.text(p, "name").equals(port));
    }

    private Stream<Finding> certificates(Obj ingress) {
        var issued = ingress.json().at("/metadata/annotations").toString().contains("cert-manager.io/")
            && seen.age(ingress) < Code.INGRESS_TLS_SECRET_MISSING.young;
        return ingress.list("/spec/tls").stream().map(t -> Json.text(t, "secretName"))
            .filter(s -> !issued && !s.isEmpty() && !seen.exists("Secret", s)).distinct()
            .filter(s -> CustomFindings.maker(seen.snapshot, s).filter(m -> CustomStatus.gates(m, seen.snapshot)
                && CustomStatus.of(m, seen.snapshot).against()).isEmpty()) // which is told itself
            .map(s -> finding(Code.INGRESS_TLS_SECRET_MISSING, ingress, "spec.tls.secretName", s).with(Map.of("name", s)));
    }
}
