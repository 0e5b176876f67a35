import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What a real registry and a real runtime say when an image cannot be had. */
@Tag("cluster")
class RealNodeImagesTest {

    @TestFactory
    Stream<DynamicTest> everySituationEndsAsItShould() {
        return RealNodeLab.tests(List.of(
            Situation.fails("the tag is not there", "IMAGE_NOT_FOUND Deployment/api", image("registry.test:5000/lab/app:9")),
            Situation.fails("the repository is not there", "IMAGE_NOT_FOUND Deployment/api", image("registry.test:5000/lab/nothing:1")),
            Situation.fails("a password is asked for, and no secret is given", "IMAGE_AUTH Deployment/api",
                image("registry.test:5001/lab/private:1")),
            Situation.fails("the password is wrong", "IMAGE_AUTH Deployment/api",
                secret("registry.test:5001", "wrong") + withSecret("registry.test:5001/lab/private:1")),
            Situation.fails("the secret is for another registry", "IMAGE_AUTH Deployment/api",
                secret("elsewhere.test", "lab") + withSecret("registry.test:5001/lab/private:1")),
            Situation.fails("the secret is not there", "IMAGE_PULL_SECRET_MISSING Secret/pull",
                withSecret("registry.test:5001/lab/private:1")),
            Situation.ready("the password is right", secret("registry.test:5001", "lab") + withSecret("registry.test:5001/lab/private:1")),
            Situation.late("a registry without TLS is asked by TLS", "IMAGE_REGISTRY_UNREACHABLE Deployment/api",
                image("plain.test:5000/lab/app:1")).within(40),
            Situation.late("the certificate is signed by nobody known", "IMAGE_REGISTRY_UNREACHABLE Deployment/api",
                image("registry.test:5443/lab/secure:1")).within(40),
            Situation.failsLate("the registry's host has no address", "IMAGE_REGISTRY_UNREACHABLE Deployment/api",
                image("registry.example.com/lab/app:1")).within(260),
            Situation.failsLate("nobody listens there", "IMAGE_REGISTRY_UNREACHABLE Deployment/api", image("registry.test:5999/lab/app:1"))
                .within(260),
            Situation.late("the registry says too many requests", "IMAGE_RATE_LIMITED Deployment/api",
                image("faulty.test:5080/429/app:1")).within(40),
            Situation.late("the registry is broken", "IMAGE_REGISTRY_UNREACHABLE Deployment/api", image("faulty.test:5080/500/app:1"))
                .within(40),
            Situation.fails("the registry forbids it", "IMAGE_AUTH Deployment/api", image("faulty.test:5080/403/app:1")),
            Situation.fails("the image is for another processor", "IMAGE_PLATFORM_MISMATCH Deployment/api",
                image("registry.test:5000/lab/foreign:1")),
            Situation.fails("it is never pulled, and not there", "IMAGE_NEVER_PULL Deployment/api",
                Stacks.app("image: registry.test:5000/lab/app:unpulled\nimagePullPolicy: Never")),
            Situation.fails("the name has capital letters", "IMAGE_NAME_INVALID Deployment/api", image("registry.test:5000/Lab/App:1"))));
    }

    private static String image(String image) {
        return Stacks.app("image: " + image);
    }

    private static String withSecret(String image) {
        return Stacks.app("api", "image: " + image, "imagePullSecrets: [{name: pull}]");
    }

    private static String secret(String host, String password) {
        return """
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: pull}
            type: kubernetes.io/dockerconfigjson
            stringData:
              .dockerconfigjson: '{"auths": {"%s": {"username": "lab", "password": "%s"}}}'
            """.formatted(host, password);
    }
}
