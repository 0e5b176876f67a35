//SOURCES ../diagnosis/Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Where things are in a slot, and which of them answer. */
class AddressesTest {
    private static ensure_ready.Addresses of(String... objects) {
        var scene = new Scene();
        for (var object : objects) {
            scene.add(object);
        }
        return ensure_ready.Addresses.of(scene.snapshot());
    }

    private static String service(String name, String selector, int port) {
        return "kind: Service\nmetadata: {name: " + name + "}\nspec: {selector: " + selector + ", ports: [{port: " + port + "}]}";
    }

    private static String slice(String service, boolean ready) {
        return "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: "
            + service + "-1, labels: {kubernetes.io/service-name: "
            + service + "}}\nendpoints: [{addresses: [10.0.0.1], conditions: {ready: " + ready + "}}]";
    }

    @Test
    void aServiceAnswersWhenAnEndpointIsReady() {
        assertEquals(List.of(new ensure_ready.Addresses.Service("db", List.of(5432), false),
            new ensure_ready.Addresses.Service("other", List.of(1), null),
            new ensure_ready.Addresses.Service("web", List.of(80), true)),
            of(service("web", "{app: web}", 80), service("db", "{app: db}", 5432),
                service("other", "{}", 1), slice("web", true), slice("db", false)).services());
    }

    @Test
    void nobodyKnowsWhatAnswersWhereEndpointsCannotBeRead() {
        assertEquals(List.of(new ensure_ready.Addresses.Service("web", List.of(80), null)), of(service("web", "{app: web}", 80))
            .services());
    }

    @Test
    void anIngressHasTheAddressesOfItsPathsAndAnswersWhenAllOfItsServicesDo() {
        var ingress = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: shop}
            spec:
              tls: [{hosts: [shop.example]}]
              rules:
              - {host: shop.example, http: {paths: [{path: /, backend: {service: {name: web, port: {number: 80}}}}, {path: /api,
                  backend: {service: {name: %s, port: {name: http}}}}]}}
              - {http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}}
            status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
            """;
        var urls = List.of("https://shop.example/", "https://shop.example/api", "http://*/");
        assertEquals(new ensure_ready.Addresses.Ingress("shop", urls, "192.0.2.1", List.of("web:80", "web:http"), true),
            of(ingress.formatted("web"), service("web", "{app: web}", 80), slice("web", true)).ingresses().get(0));
        assertEquals(false, of(ingress.formatted("db"), service("web", "{app: web}", 80),
            service("db", "{app: db}", 1), slice("web", true), slice("db", false))
            .ingresses().get(0).ready());
        assertEquals(null, of(ingress.formatted("gone"), service("web", "{app: web}", 80), slice("web", true)).ingresses().get(0).ready());
    }
}
